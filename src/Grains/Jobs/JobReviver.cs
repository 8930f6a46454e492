namespace Weir.Grains.Jobs;

using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Weir.Contracts.Jobs;
using Weir.Grains.Hosting;

/// <summary>
/// Asks every job of this silo, at start and every few seconds, whether it should run and does. This is what brings
/// jobs back after a silo died; it keeps no state, so any number of silos may do it.
/// </summary>
internal sealed partial class JobReviver(
    IGrainFactory grains, JobRegistry jobs, IOptions<WeirOptions> options, ILogger<JobReviver> logger)
    : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.RevivalPeriod);
        try
        {
            do
            {
                foreach (HostedJob job in jobs.Jobs)
                    await EnsureAsync(job.Name);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The silo stops.
        }
    }

    private async Task EnsureAsync(string job)
    {
        try
        {
            await grains.GetGrain<IJobGrain>($"j:{job}").EnsureAsync();
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
