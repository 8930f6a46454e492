namespace Weir.Grains.Jobs;

using Weir.Contracts;
using Weir.Contracts.Jobs;
using Weir.Grains.Hosting;

/// <summary>What must hold before a participant begins an epoch.</summary>
internal static class EpochRules
{
    /// <exception cref="WeirException">This silo's graph is not the one that the epoch was planned with.</exception>
    public static void CheckFingerprint(HostedJob job, EpochPlan plan)
    {
        if (job.Graph.Fingerprint != plan.Fingerprint)
            throw new WeirException(
                WeirError.JobFailed,
                $"The job '{job.Name}' has the graph {job.Graph.Fingerprint} on this silo and "
                + $"{plan.Fingerprint} on the one that started it: all silos must run the same version of the job.");
    }
}
