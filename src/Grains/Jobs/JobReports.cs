namespace Weir.Grains.Jobs;

using Orleans.Runtime;
using Weir.Contracts;
using Weir.Contracts.Jobs;
using Weir.Engine.Operators;

/// <summary>
/// Brings a participant's report to its job. A report that is lost would leave the job waiting for ever, and to repeat
/// one is harmless, so it is repeated until it is heard.
/// </summary>
internal static class JobReports
{
    private const int Attempts = 20;

    /// <summary>Reports without being waited for: the job may be waiting for the participant at this moment.</summary>
    public static void Send(Func<Task> report) => SendAsync(report).Ignore();

    /// <summary>Reports that a participant can not go on. What only does not answer at present is no failure of it.
    /// </summary>
    public static void SendFailure(IJobGrain job, long epoch, string participant, Exception fault) => Send(() =>
        Outages.Is(fault)
            ? job.ReportLostAsync(epoch, participant, fault.Message)
            : job.ReportFailureAsync(epoch, participant, Explain(participant, fault), PermanentRefusals.Is(fault)));

    /// <summary>What went wrong, and where: a failed function says that itself.</summary>
    private static string Explain(string participant, Exception fault) =>
        fault is OperatorFailedException or SourceFailedException ? fault.Message : $"{participant}: {fault.Message}";

    private static async Task SendAsync(Func<Task> report)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                await report();
                return;
            }
            catch (Exception fault) when (attempt < Attempts
                && fault is OrleansException or TimeoutException or WeirException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(Math.Min(50 << attempt, 5000)));
            }
        }
    }
}
