namespace Weir.Grains.Sources;

using Weir.Contracts.Topics;
using Weir.Engine.Operators;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Grains.Checkpoints;
using Weir.Grains.Diagnostics;
using Weir.Grains.Exchange;
using Weir.Protocol.Faults;
using Weir.Protocol.Sources;

/// <summary>
/// One epoch of a source partition: it reads deliveries in order, one at a time, and hands what they give to the
/// exchange before it takes more. Invariant: whoever delivers twice, late or at once, each batch is processed once; the
/// barrier of a checkpoint goes between two batches, and does not wait for a delivery that waits for room.
/// </summary>
internal sealed class SourceRun(long epoch, SourceTask task, ParticipantParts parts, AlignmentLink? alignment)
    : IMeteredStage
{
    // Slices reach their groups in runs of about this many events: long enough to be cheap, short enough to be early.
    private const int FlushAt = 8192;
    private Action? _atEnd;
    private bool _isDrained;
    private long _heldBy;
    private TaskCompletionSource? _room;
    private Task _turn = Task.CompletedTask;

    public long Epoch => epoch;

    public SourceProgram Program => task.Program;

    public bool IsClosed { get; private set; }

    public long EventsIn { get; private set; }

    long IMeteredStage.EventsOut => parts.Outbox.EventsOut;

    long IMeteredStage.LateEvents => 0;

    int IMeteredStage.Keys => 0;

    EventTime IMeteredStage.Watermark => Program.Watermark;

    TimeSpan IMeteredStage.Blocked => parts.Outbox.Blocked;

    /// <summary>Whether it has read something since it was last cut.</summary>
    public bool HasChanged => task.HasChanged;

    /// <summary>Whether it takes no input until other sources have caught up.</summary>
    public bool IsWaiting => alignment?.MustWait == true;

    /// <summary>
    /// Takes a delivery of offsets <c>[from, next)</c> and completes when all of it has been handed on.
    /// </summary>
    public async Task<Admission> ReadAsync(long from, long next, WireBatch[] batches)
    {
        // Turns of one grain do not overlap, so taking a place in the queue needs no lock.
        Task before = _turn;
        var done = new TaskCompletionSource();
        _turn = done.Task;
        await before;
        try
        {
            bool takesNothing = IsClosed || _isDrained || alignment?.IsParked == true;
            Admission admission = takesNothing ? Admission.Repeats : task.Admit(from, next);
            if (admission == Admission.Continues)
                await ReadBatchesAsync(batches);
            return admission;
        }
        finally
        {
            done.SetResult();
        }
    }

    /// <summary>
    /// Cuts the input for a checkpoint: what was read goes before the barrier. Completes when the barrier is on its way.
    /// </summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="holds">Whether nothing is read behind the barrier until the checkpoint is complete.</param>
    public async Task CutAsync(long checkpoint, bool holds)
    {
        if (IsClosed)
            return;
        CrashPoint.Pass(CrashLabels.BarrierBeforeSource);
        Program.Flush(parts.Outbox);
        if (task.Cut(checkpoint) is not { } cut)
            return;
        parts.Demand.Gate.Take(checkpoint);
        _heldBy = holds ? checkpoint : 0;
        LookAtRoom();
        CrashPoint.Pass(CrashLabels.BarrierAfterCut);
        parts.Duty.Store(checkpoint, cut, Program.HasEnded);
        Program.EmitBarrier(checkpoint);
        await FlushAsync();
        CrashPoint.Pass(CrashLabels.BarrierAfterSource);
    }

    /// <summary>Ends the input here; completes when the end is on its way.</summary>
    public async Task DrainAsync()
    {
        if (IsClosed || Program.HasEnded)
            return;
        _isDrained = true;
        Program.RaiseWatermark(EventTime.MaxValue);
        task.Drained();
        parts.Demand.TellChange(task.LastCut);
        LookAtRoom();
        await FlushAsync();
    }

    /// <summary>A checkpoint is complete: what was staged for it is published.</summary>
    public async Task CommitAsync(long checkpoint)
    {
        task.Complete(checkpoint);
        if (checkpoint >= _heldBy)
            _heldBy = 0;
        LookAtRoom();
        await parts.Duty.PublishAsync(checkpoint);
        LookAtRoom();
    }

    /// <summary>A checkpoint was given up.</summary>
    public void Abort(long checkpoint)
    {
        task.Abort(checkpoint);
        parts.Duty.Abort(checkpoint);
    }

    /// <summary>The job has ended.</summary>
    public Task FinishAsync() => parts.Duty.FinishAsync();

    /// <summary>What was being published when it was closed has come to an end.</summary>
    public Task WhenQuietAsync() => parts.Duty.WhenQuietAsync();

    /// <summary>Reads nothing more.</summary>
    public void Close()
    {
        IsClosed = true;
        LookAtRoom();
        alignment?.Dispose();
        parts.Demand.Dispose();
        parts.Outbox.Dispose();
        parts.Duty.Dispose();
        _atEnd?.Invoke();
        _atEnd = null;
    }

    /// <summary>Does something when the run is closed.</summary>
    public void WhenClosed(Action end) => _atEnd += end;

    private async Task ReadBatchesAsync(WireBatch[] batches)
    {
        foreach (WireBatch wire in batches)
        {
            if (alignment?.MustWait == true && !await WaitAsync(alignment))
                return;
            if (!HasRoom)
                await WhenRoomAsync();
            if (IsClosed || _isDrained)
                return;
            EventBatch batch = wire.ToBatch();
            task.Read(in batch);
            EventsIn += batch.Count;
            if (task.HasChanged)
                parts.Demand.TellChange(task.LastCut);
            alignment?.OnProgress();
            if (Program.Held >= FlushAt)
                await FlushAsync();
        }

        await FlushAsync();
    }

    /// <summary>Waits for the other sources; what was read goes on its way first. False: read nothing more.</summary>
    private async Task<bool> WaitAsync(AlignmentLink link)
    {
        await FlushAsync();
        return await link.WhenAllowedAsync() && !IsClosed;
    }

    // Not the gate's word: a source may always be cut, so that it needs no input before a barrier to get there.
    private bool HasRoom => _heldBy == 0 && !parts.Demand.Gate.IsFull;

    /// <summary>Waits until output that is staged has gone; what was read goes on its way first.</summary>
    private async Task WhenRoomAsync()
    {
        await FlushAsync();
        while (!HasRoom && !IsClosed && !_isDrained)
        {
            _room = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            parts.Demand.AskIfFull(LookAtRoom);
            await _room.Task;
        }
    }

    private void LookAtRoom()
    {
        if (HasRoom || IsClosed || _isDrained)
            _room?.TrySetResult();
    }

    private ValueTask FlushAsync()
    {
        Program.Flush(parts.Outbox);
        return parts.Outbox.DrainAsync();
    }
}
