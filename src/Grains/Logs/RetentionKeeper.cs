namespace Weir.Grains.Logs;

using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Weir.Protocol.Logs;

/// <summary>
/// Applies the retention of all topics every now and then. It keeps no state and the log never removes what is pinned,
/// so any number of silos may do it.
/// </summary>
internal sealed partial class RetentionKeeper(
    IEventLog log, IOptions<WeirLogOptions> options, ILogger<RetentionKeeper> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.RetentionPeriod, options.Value.TimeProvider);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
                await ApplyAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The silo stops.
        }
    }

    private async Task ApplyAsync(CancellationToken cancellation)
    {
        try
        {
            await log.ApplyRetentionAsync(cancellation);
        }
        catch (Exception fault) when (fault is EventLogException or ObjectDisposedException)
        {
            LogNotApplied(fault);
        }
    }

    [LoggerMessage(
        EventId = 140, Level = LogLevel.Warning, Message = "Retention could not be applied; it is tried again later")]
    private partial void LogNotApplied(Exception fault);
}
