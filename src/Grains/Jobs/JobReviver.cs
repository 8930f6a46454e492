namespace Weir.Grains.Jobs;

using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Weir.Contracts.Jobs;
using Weir.Grains.Hosting;
using Weir.Grains.Placement;

/// <summary>
/// Asks every job of this silo, at start, every few seconds and when silos have come or gone, whether it should run and
/// does. This is what brings jobs back after a silo died; it keeps no state, so any number of silos may do it.
/// </summary>
internal sealed partial class JobReviver(
    IGrainFactory grains,
    JobRegistry jobs,
    SiloLayout layout,
    IOptions<WeirOptions> options,
    ILogger<JobReviver> logger)
    : BackgroundService
{
    // A job that does not answer must not keep the others waiting. It goes on with what it does meanwhile.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    // A wait that ends without a change is no failure.
    private const ConfigureAwaitOptions UnlessLate =
        ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Before it knows of any silo a job would be opened on none of them, and move at once.
        await layout.WhenNotAsync(0).WaitAsync(stoppingToken).ConfigureAwait(UnlessLate);

        // A silo that stops begins nothing: what it began would end with it.
        while (!stoppingToken.IsCancellationRequested && !layout.IsStopping)
        {
            int version = layout.Current.Version;
            await Task.WhenAll(jobs.Jobs.Select(job => EnsureAsync(job.Name)));
            await layout.WhenNotAsync(version)
                .WaitAsync(options.Value.RevivalPeriod, stoppingToken)
                .ConfigureAwait(UnlessLate);
        }
    }

    private async Task EnsureAsync(string job)
    {
        try
        {
            await grains.GetGrain<IJobGrain>($"j:{job}").EnsureAsync().WaitAsync(Patience);
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            LogNotRevived(job, fault);
        }
    }

    [LoggerMessage(
        EventId = 110,
        Level = LogLevel.Warning,
        Message = "Job {Job} could not be looked after; trying again soon")]
    private partial void LogNotRevived(string job, Exception fault);
}
