namespace Weir.Grains.Jobs;

using Weir.Grains.Hosting;
using Weir.Protocol.Checkpoints;

/// <summary>Whether a job can go on where a checkpoint stands, which may be of an earlier version of it.</summary>
internal static class RestoreRules
{
    /// <summary>Why it can not, or null.</summary>
    /// <param name="job">The job as it is now.</param>
    /// <param name="from">The checkpoint.</param>
    /// <param name="leavesOutState">Whether state of operators that are gone may be left out.</param>
    public static string? Refusal(HostedJob job, Manifest from, bool leavesOutState)
    {
        var now = job.KeyPlan.OperatorNames
            .Select((name, index) => (name, Groups: job.KeyPlan.InstancesOf(index)))
            .ToDictionary(each => each.name, each => each.Groups);
        string[] gone = [.. from.Operators
            .Where(each => !now.ContainsKey(each.Name) && HasState(from, each.Name))
            .Select(each => $"'{each.Name}'")];
        if (gone.Length > 0 && !leavesOutState)
            return $"Checkpoint {from.Number} holds state of operators that '{job.Name}' has no more: "
                + $"{string.Join(", ", gone)}. Give them their names again, or start it with unmatched state allowed to "
                + "leave their state out.";
        return null;
    }

    /// <summary>Why it can not because its input has other partitions now, or null.</summary>
    public static string? Refusal(HostedJob job, Manifest from, IReadOnlyDictionary<string, int> partitions)
    {
        foreach (string topic in job.Graph.Inputs.Select(input => input.Name))
        {
            if (from.Partitions.TryGetValue(topic, out int before) && before != partitions[topic])
                return $"The topic '{topic}' had {before} partitions at checkpoint {from.Number} of '{job.Name}' and has "
                    + $"{partitions[topic]} now, and what the job holds belongs to the old ones. Start it anew.";
        }

        return null;
    }

    private static bool HasState(Manifest manifest, string operatorName) => manifest.Reports.Any(report =>
        report.Chain.Count > 0
        && report.Participant.StartsWith($"operator {operatorName}, group ", StringComparison.Ordinal));
}
