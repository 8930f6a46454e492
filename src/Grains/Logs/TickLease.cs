namespace Weir.Grains.Logs;

using Microsoft.Extensions.Logging;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Protocol.Logs;

/// <summary>
/// Keeps the ingestion clock of one partition moving while somebody wants it: a tick is appended when nothing else was
/// for an interval. Invariant: one tick is under way at a time, and none is begun after the lease or the seal.
/// </summary>
internal sealed partial class TickLease(
    IEventLog log, TopicPartition partition, WeirLogOptions options, ILogger logger) : IDisposable
{
    private static readonly NewBatch Tick = new() { Kind = BatchKind.Tick, Schema = "" };

    private readonly Lock _gate = new();
    private ITimer? _timer;
    private DateTimeOffset _until;
    private bool _isDisposed;

    private DateTimeOffset Now => options.TimeProvider.GetUtcNow();

    /// <summary>Goes on for the length of a lease from now, and begins if it had ended.</summary>
    public void Extend()
    {
        lock (_gate)
        {
            if (_isDisposed)
                return;
            _until = Now + options.TickLease;
            _timer ??= options.TimeProvider.CreateTimer(
                _ => _ = TickAsync(), null, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Begins no further tick.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            End();
        }
    }

    private async Task TickAsync()
    {
        TimeSpan? wait = IsLeased() ? await TryTickAsync() : TimeSpan.Zero;
        lock (_gate)
        {
            // The lease is looked at again in here: it may have been extended meanwhile.
            if (wait is { } due && Now < _until)
                _timer?.Change(due, Timeout.InfiniteTimeSpan);
            else
                End();
        }
    }

    private bool IsLeased()
    {
        lock (_gate)
            return Now < _until;
    }

    /// <summary>When to look again, or null if the partition has ended.</summary>
    private async Task<TimeSpan?> TryTickAsync()
    {
        try
        {
            PartitionInfo extent = await log.DescribeAsync(partition);
            if (extent.IsSealed)
                return null;
            TimeSpan wait = UntilDue(extent.Stamp);
            if (wait > TimeSpan.Zero)
                return wait;
            await log.AppendAsync(new AppendRequest { Partition = partition, Batches = [Tick] });
            return options.TickInterval;
        }
        catch (EventLogException end) when (end.Error is EventLogError.Sealed or EventLogError.UnknownTopic)
        {
            return null;
        }
        catch (Exception failure)
        {
            LogTickFailed(logger, partition, failure);
            return options.TickInterval;
        }
    }

    private TimeSpan UntilDue(EventTime stamp)
    {
        if (stamp == EventTime.None)
            return TimeSpan.Zero;
        var ahead = TimeSpan.FromMilliseconds(stamp.Milliseconds - Now.ToUnixTimeMilliseconds());
        TimeSpan wait = ahead + options.TickInterval;
        // A stamp of a clock that is ahead of this one must not stop the ticks for as long as it is ahead.
        return wait <= options.TickInterval ? wait : options.TickInterval;
    }

    private void End()
    {
        _timer?.Dispose();
        _timer = null;
    }

    [LoggerMessage(
        EventId = 141,
        Level = LogLevel.Warning,
        Message = "The tick of {Partition} could not be appended; the next is tried")]
    private static partial void LogTickFailed(ILogger logger, TopicPartition partition, Exception failure);
}
