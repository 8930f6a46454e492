namespace Weir.Grains.Jobs;

using Orleans.Runtime;
using Weir.Contracts;

/// <summary>
/// Brings a participant's report to its job. A report that is lost would leave the job waiting for ever, and to repeat
/// one is harmless, so it is repeated until it is heard.
/// </summary>
internal static class JobReports
{
    private const int Attempts = 20;

    /// <summary>Reports without being waited for: the job may be waiting for the participant at this moment.</summary>
    public static void Send(Func<Task> report) => SendAsync(report).Ignore();

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
