namespace Weir.Grains.Exchange;

using System.Diagnostics;
using Weir.Engine.Operators;
using Weir.Grains.Sinks;
using Weir.Protocol.Exchange;
using Weir.Protocol.Sinks;

/// <summary>
/// What one instance of a stage sends: slices through the exchange, events to topics and sinks, where they wait for a
/// checkpoint unless they are immediate. Whoever runs the stage flushes it into here and then drains this before taking
/// more input, so nothing that is on its way grows without bound.
/// </summary>
internal sealed class StageOutbox(
    (SiloExchange Here, FrameExchange Elsewhere, RemoteSender Sender) exchange,
    (string Name, long Epoch) job,
    StagedOutput staged,
    ImmediateOutput immediate)
    : IStageOutput, IDisposable
{
    private readonly SliceNumbers _numbers = new(job.Epoch);
    private readonly Queue<Slice> _slices = [];
    private Task _draining = Task.CompletedTask;
    private long _blocked;
    private long _blockedSince;

    /// <summary>Events sent, once for each place that they went to. Any thread.</summary>
    public long EventsOut { get; private set; }

    /// <summary>How long others were waited for, until now. Any thread.</summary>
    public TimeSpan Blocked => Stopwatch.GetElapsedTime(0, Volatile.Read(ref _blocked))
        + (Volatile.Read(ref _blockedSince) is > 0 and var since ? Stopwatch.GetElapsedTime(since) : TimeSpan.Zero);

    /// <inheritdoc/>
    public void Post(Slice slice)
    {
        _numbers.Stamp(slice);
        EventsOut += slice.Events;
        _slices.Enqueue(slice);
    }

    /// <inheritdoc/>
    public void Append(in OutputBatch batch)
    {
        EventsOut += batch.Count;
        StagedBatch placed = staged.Add(in batch);
        if (batch.IsImmediate)
            immediate.Add(in placed);
    }

    /// <summary>
    /// Completes when every slice is in its inbox, or on its way to another silo within the bounds of that, and the topics
    /// have room for more. Slices go out one after the other, also when a barrier is to be drained while a delivery waits
    /// for room.
    /// </summary>
    public ValueTask DrainAsync()
    {
        if (!_draining.IsCompleted)
            return new ValueTask(_draining = DrainAfterAsync(_draining));
        while (_slices.TryDequeue(out Slice? slice))
        {
            ValueTask posted = PostAsync(slice);
            if (!posted.IsCompletedSuccessfully)
                return new ValueTask(_draining = DrainRestAsync(posted));
        }

        return immediate.WhenRoomAsync();
    }

    /// <summary>
    /// Completes when all immediate output is stored: a checkpoint must not be complete before, since what it covers is
    /// not emitted again.
    /// </summary>
    public Task WhenStoredAsync() => immediate.WhenStoredAsync();

    /// <summary>Releases who waits for room elsewhere: the epoch has ended.</summary>
    public void Dispose() => exchange.Sender.Close();

    private async Task DrainAfterAsync(Task before)
    {
        await before;
        await DrainRestAsync(ValueTask.CompletedTask);
    }

    private async Task DrainRestAsync(ValueTask posted)
    {
        long since = Stopwatch.GetTimestamp();
        Volatile.Write(ref _blockedSince, since);
        try
        {
            await posted;
            while (_slices.TryDequeue(out Slice? slice))
                await PostAsync(slice);
            await immediate.WhenRoomAsync();
        }
        finally
        {
            Volatile.Write(ref _blockedSince, 0);
            Volatile.Write(ref _blocked, _blocked + Stopwatch.GetTimestamp() - since);
        }
    }

    private ValueTask PostAsync(Slice slice)
    {
        var address = new GroupAddress(job.Name, slice.Target.Operator, slice.Target.Group);
        if (!exchange.Sender.HasWaiting(slice.Target) && exchange.Here.TryPost(address, slice) is { } posted)
            return posted;
        RemoteChannel channel = exchange.Sender.ChannelOf(address, slice);
        if (channel.Add(slice))
            exchange.Elsewhere.Send(channel);
        return exchange.Sender.WhenRoomAsync();
    }
}
