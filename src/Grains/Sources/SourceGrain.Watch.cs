namespace Weir.Grains.Sources;

using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using Weir.Contracts.Topics;
using Weir.Grains.Jobs;
using Weir.Grains.Streams;
using Weir.Protocol.Logs;

/// <summary>Whether deliveries come.</summary>
internal sealed partial class SourceGrain
{
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(2);
    private long _deliveries;
    private long _underWay;
    private long _end;
    private string? _problem;
    private SourcePulse _pulse;

    /// <summary>
    /// Looks again and again whether deliveries come while there is something to read. They came if their count moved,
    /// they still come if one is under way, and they need not come while the source waits for others.
    /// </summary>
    private void Watch(SourceRun run)
    {
        _pulse = default;
        _problem = null;
        IGrainTimer timer = this.RegisterGrainTimer(() => LookAsync(run), new GrainTimerCreationOptions
        {
            DueTime = options.Value.DeliveryPatience,
            Period = options.Value.DeliveryPatience,
            Interleave = true,
        });
        run.WhenClosed(timer.Dispose);
    }

    private async Task LookAsync(SourceRun run)
    {
        if (run.IsClosed || run.IsWaiting || run.Program.HasEnded || _underWay > 0)
        {
            _pulse = default;
            return;
        }

        try
        {
            var now = new SourcePulse(run.Program.Next, _deliveries, await ReadEndAsync(run));
            bool isStalled = _pulse.End > _pulse.Next && now.End > now.Next
                && (_pulse.Next, _pulse.Deliveries) == (now.Next, now.Deliveries);
            _pulse = now;
            if (!isStalled || run.IsClosed || run.IsWaiting || _underWay > 0)
                return;
            LogStalled(run.Program.Topic, run.Program.Partition, now.Next, now.End);
            await ReadOnAsync(run, now.End);
        }
        catch (EventLogException damage) when (damage.Error is EventLogError.Corrupt or EventLogError.OffsetExpired)
        {
            Fail(run, damage);
        }
        catch (Exception fault)
        {
            // The log or the stream's records do not answer at present: this looks again.
            NoteOutage(run, fault);
            LogNotLooked(run.Program.Topic, run.Program.Partition, fault);
        }
    }

    /// <summary>
    /// The log does not answer at present. The source waits, where it stands: nothing is wrong with the job. Deliveries may
    /// not come by themselves when the log is back, so whoever looks next subscribes again if there is something to read.
    /// </summary>
    private void NoteOutage(SourceRun run, Exception fault)
    {
        _problem = fault.Message;
        _pulse = new SourcePulse(run.Program.Next, _deliveries, long.MaxValue);
    }

    private async Task<long> ReadEndAsync(SourceRun run)
    {
        PartitionInfo partition = await log.DescribeAsync(new TopicPartition(run.Program.Topic, run.Program.Partition));
        _problem = null;
        return _end = partition.Next;
    }

    /// <summary>Asks for the end; where there is no answer the one that was known last stays.</summary>
    private async Task FindEndAsync(SourceRun run)
    {
        try
        {
            await ReadEndAsync(run).WaitAsync(EndPatience);
        }
        catch (TimeoutException)
        {
            _problem ??= $"The log has not answered for {EndPatience.TotalSeconds} s.";
        }
        catch (EventLogException away) when (Outages.Is(away))
        {
            _problem = away.Message;
        }
    }

    /// <summary>
    /// Subscribes again, and reads what is there without waiting for that to help: where the stream's records have lost
    /// the agent, no subscription does.
    /// </summary>
    private async Task ReadOnAsync(SourceRun run, long end)
    {
        Task subscribing = SubscribeAsync(run);
        var place = new TopicPartition(run.Program.Topic, run.Program.Partition);
        while (!run.IsClosed && !run.IsWaiting && run.Program.Next < end)
        {
            long from = run.Program.Next;
            LogFetch fetch = await log.ReadAsync(place, from, ReadLimits.Default);
            await OnNextAsync(new EventBatchBlock
            {
                Topic = place.Topic,
                Partition = place.Partition,
                Asked = from,
                From = fetch.From,
                Next = fetch.Next,
                Batches = [.. fetch.Batches.Select(batch => WireBatch.Of(in batch))],
            });
            if (run.Program.Next == from)
                break;
        }

        await subscribing;
    }

    [LoggerMessage(
        EventId = 122,
        Level = LogLevel.Warning,
        Message = "{Topic}/{Partition}: nothing was delivered at {Next} although the log ends at {End}; reading again")]
    private partial void LogStalled(string topic, int partition, long next, long end);

    [LoggerMessage(
        EventId = 123, Level = LogLevel.Warning, Message = "{Topic}/{Partition}: it is not known whether more is there")]
    private partial void LogNotLooked(string topic, int partition, Exception fault);
}

/// <summary>Where a source stood when it was last looked at.</summary>
/// <param name="Next">The next offset it would read.</param>
/// <param name="Deliveries">How many deliveries had come.</param>
/// <param name="End">Where the log ended.</param>
internal readonly record struct SourcePulse(long Next, long Deliveries, long End);
