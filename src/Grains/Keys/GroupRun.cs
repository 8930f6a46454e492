namespace Weir.Grains.Keys;

using Weir.Contracts.Keys;
using Weir.Engine.Operators;
using Weir.Engine.Snapshots;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Grains.Checkpoints;
using Weir.Grains.Diagnostics;
using Weir.Grains.Exchange;
using Weir.Protocol.Faults;
using Weir.Protocol.Groups;

/// <summary>
/// One epoch of a key group: it applies what has arrived, as soon as it arrives, in turns of the group's grain, and
/// captures what changed when the barrier of a checkpoint has come on every channel; keys are copied then in turns
/// between those of events. Invariant: one pump runs at a time, and between two of its awaits the program is in a state
/// that may be read, and copied; what changes it holds its turn, so that other threads read it between two changes.
/// While calls to the outside leave no room it takes no slices: the inbox fills, senders wait, and an outcome wakes it.
/// The same holds while as much output is staged as may be, but for what stands before the barrier of a checkpoint that
/// waits for this group. What waits behind a barrier leaves the inbox: the barriers of other channels come through the
/// same one.
/// </summary>
internal sealed class GroupRun : IMeteredStage
{
    // A turn applies at most this much before it lets queries in.
    private const int WeightPerTurn = 4096;
    private const int FlushAt = 4096;

    // The pump: none, one that waits for a thread, one that works.
    private const int Idle = 0;
    private const int Woken = 1;
    private const int Pumping = 2;
    private readonly GroupContext _context;
    private readonly Action _ended;
    private readonly Action<Exception> _failed;
    private readonly GroupCalls? _calls;
    private int _pump;
    private bool _mustWork;
    private bool _isClosed;
    private bool _hasReportedEnd;
    private int _toldHeld;

    public GroupRun(GroupContext context, Action ended, Action<Exception> failed)
    {
        _context = context;
        _ended = ended;
        _failed = failed;
        Inbox = new GroupInbox(context.Task.Epoch, context.InboxBound, Wake);
        if (Program.Calls is not { } calls)
            return;

        // A restored program has calls to make though no event has come.
        _calls = new GroupCalls(calls, context.Time, Wake);
        _calls.Begin();
    }

    public GroupProgram Program => _context.Task.Program;

    public GroupInbox Inbox { get; }

    /// <summary>What is held while the program is read.</summary>
    public Lock Turn { get; } = new();

    public long Epoch => Inbox.Epoch;

    long IMeteredStage.EventsIn => Program.EventsIn;

    long IMeteredStage.EventsOut => _context.Outbox.EventsOut;

    long IMeteredStage.LateEvents => Program.LateEvents;

    int IMeteredStage.Keys => Program.Rows;

    EventTime IMeteredStage.Watermark => Program.Watermark;

    TimeSpan IMeteredStage.Blocked => _context.Outbox.Blocked;

    private bool HasArrivals => Volatile.Read(ref _pump) != Idle || Inbox.HasAny;

    private bool HasRoom => _calls?.HasRoom != false;

    // A checkpoint that is due is copied whatever is staged: that is what makes room.
    private bool MayApply => HasRoom && (_context.Demand.Gate.IsOpen || _context.Task.Due is not null);

    private bool HasWork =>
        !_isClosed && (_calls?.HasFinished == true || (MayApply && (_context.Task.HasWork || Inbox.HasAny)));

    /// <summary>Publishes what was staged for a checkpoint that is complete.</summary>
    public async Task CommitAsync(long checkpoint)
    {
        await _context.Duty.PublishAsync(checkpoint);
        Wake();
    }

    /// <summary>Lets go what waits for barriers of a checkpoint that was given up.</summary>
    public void Abort(long checkpoint)
    {
        _context.Task.Abort(checkpoint);
        _context.Duty.Abort(checkpoint);
        _context.Demand.Gate.Abort(checkpoint);
        Wake();
    }

    /// <summary>The job has ended.</summary>
    public Task FinishAsync() => _context.Duty.FinishAsync();

    /// <summary>What was being published when it was closed has come to an end.</summary>
    public Task WhenQuietAsync() => _context.Duty.WhenQuietAsync();

    /// <summary>Looks whether a restored program has ended already.</summary>
    public void Start()
    {
        _mustWork = true;
        Wake();
    }

    /// <summary>
    /// In a turn of the group's grain: applies what has arrived, if that waits for a thread. Who reads then sees it, as if
    /// the groups before this one had not been waited for.
    /// </summary>
    public void CatchUp()
    {
        if (Interlocked.CompareExchange(ref _pump, Pumping, Woken) == Woken)
            PumpAsync().Ignore();
    }

    /// <summary>Ends the epoch here and says why, unless it has ended already.</summary>
    public void Fail(Exception fault)
    {
        if (_isClosed)
            return;
        Close();
        _failed(fault);
    }

    /// <summary>
    /// Reads what the view holds for a key, on any thread; false if it is not to be had at once: the group has ended here,
    /// is not loaded yet, is at work or has work waiting, or each of its keys has a grain.
    /// </summary>
    public bool TryFind(ReadOnlyMemory<byte> key, out WireAnswer? answer)
    {
        answer = null;

        // A function that asks for the key that it works on would see half a change.
        if (Turn.IsHeldByCurrentThread || !Turn.TryEnter())
            return false;
        try
        {
            if (_isClosed || HasArrivals || !Program.IsLoaded || _context.Keys is not null)
                return false;
            answer = Program.Find(key) is { } found ? KeyReports.Of(found, Epoch) : null;
            return true;
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            // It fails in a call as well, which says how.
            return false;
        }
        finally
        {
            Turn.Exit();
        }
    }

    /// <summary>Drops what waits and applies nothing more; what was applied stays readable.</summary>
    public void Close()
    {
        lock (Turn)
            _isClosed = true;
        Inbox.Close();
        _calls?.Close();
        _context.Duty.Dispose();
        _context.Demand.Dispose();
        _context.Outbox.Dispose();
        _context.Keys?.Forget();
    }

    private void Wake()
    {
        if (Interlocked.CompareExchange(ref _pump, Woken, Idle) == Idle)
            PoolQueue.Shared.Run(CatchUp, _context.Scheduler);
    }

    private async Task PumpAsync()
    {
        try
        {
            if (_mustWork)
            {
                _mustWork = false;
                await WorkAsync();
            }

            do
            {
                while (HasWork)
                    await WorkAsync();

                // A full fence: whoever adds work after it is looked for below finds that no pump runs.
                Interlocked.Exchange(ref _pump, Idle);
            }
            while (HasWork && Interlocked.CompareExchange(ref _pump, Pumping, Idle) == Idle);
        }
        catch (Exception fault)
        {
            Fail(fault);
        }
    }

    private async Task WorkAsync()
    {
        int budget = WeightPerTurn;
        TakeOutcomes();
        if (MayApply)
            TakeSlices();
        while (MayApply && !_isClosed)
        {
            if (_context.Task.Due is { } checkpoint)
            {
                await CaptureAsync(checkpoint);
                continue;
            }

            if (!_context.Task.TryNext(out Slice? slice))
            {
                if (_context.Task.Due is not null)
                    continue;
                break;
            }

            budget -= slice.Weight;
            await ApplyAsync(slice);
            BeginCalls();
            if (Program.Held >= FlushAt)
                await FlushAsync();
            if (budget > 0)
                continue;
            await PoolQueue.Yield();
            budget = WeightPerTurn;
        }

        TellHeld();
        await FlushAsync();
        TellDemand();
        if (Program.WaitsForClock)
            RenewTicks();
        if (Program.HasEnded && !_hasReportedEnd)
        {
            _hasReportedEnd = true;
            _ended();
        }
    }

    // Channels are named only while something waits behind a barrier, and once when nothing does any more.
    private void TellHeld()
    {
        int held = _context.Task.HeldWeight;
        if (held == 0 && _toldHeld == 0)
            return;
        _toldHeld = held;
        Inbox.Hold(held == 0 ? [] : [.. Enumerable.Range(0, _context.Channels).Select(_context.Task.HeldWeightOf)]);
    }

    private void TellDemand()
    {
        if (_isClosed)
            return;
        _context.Demand.AskIfFull(Wake);
        if (_context.Task.HasChangedAlone)
            _context.Demand.TellChange(_context.Task.LastTaken);
    }

    private void TakeOutcomes()
    {
        if (_calls is null)
            return;
        lock (Turn)
            _calls.TakeFinished();
        BeginCalls();
    }

    private void BeginCalls()
    {
        if (_calls is null)
            return;
        lock (Turn)
            _calls.Begin();
    }

    private void TakeSlices()
    {
        Queue<Slice> taken = Inbox.TakeAll();
        while (taken.TryDequeue(out Slice? slice))
            _context.Task.Offer(slice);
    }

    /// <summary>
    /// Captures what belongs to a checkpoint: everything that was emitted goes before the barrier, and nothing is applied
    /// in between.
    /// </summary>
    private async ValueTask CaptureAsync(long checkpoint)
    {
        CrashPoint.Pass(CrashLabels.CopyBefore);
        Program.Flush(_context.Outbox);
        GroupCapture capture = _context.Keys is { } keys
            ? await Program.CaptureAsync(_context.Duty.NeedsBase, keys)
            : Capture();
        CrashPoint.Pass(CrashLabels.CopyAfter);
        Task copied = CopyAsync(capture.Copy);
        if (_isClosed)
            return;
        _context.Duty.Store(checkpoint, capture, Program.HasEnded, copied);
        Program.EmitBarrier(checkpoint);
        Program.Flush(_context.Outbox);
        _context.Demand.Gate.Take(checkpoint);
        _context.Task.Taken(checkpoint);
        CrashPoint.Pass(CrashLabels.BarrierAfterGroup);
        await _context.Outbox.DrainAsync();
    }

    private GroupCapture Capture()
    {
        lock (Turn)
            return Program.Capture(_context.Duty.NeedsBase);
    }

    private async Task CopyAsync(SegmentCopy? copy)
    {
        if (copy is null)
            return;
        try
        {
            await _context.Copies.CopyAsync(rows => IsCopied(copy, rows), Turn, () => _isClosed);
            CrashPoint.Pass(CrashLabels.CopyEnd);
        }
        catch (Exception fault)
        {
            Fail(fault);
        }
    }

    private static bool IsCopied(SegmentCopy copy, int rows)
    {
        if (!copy.Advance(rows))
            return false;
        copy.Finish();
        return true;
    }

    private ValueTask ApplyAsync(Slice slice)
    {
        bool wasLoaded = Program.IsLoaded;
        CrashPoint.Pass(wasLoaded ? CrashLabels.SliceBefore : CrashLabels.RestoreBeforeFirstSlice);
        if (slice.Barrier > 0)
            CrashPoint.Pass(CrashLabels.BarrierArrived);
        if (_context.Keys is { } keys)
            return ApplyToKeysAsync(slice, keys);
        lock (Turn)
            Program.Apply(slice);
        slice.Release();
        CrashPoint.Pass(wasLoaded || !Program.IsLoaded ? CrashLabels.SliceAfter : CrashLabels.RestoreAfterLoad);
        return ValueTask.CompletedTask;
    }

    private async ValueTask ApplyToKeysAsync(Slice slice, GrainKeyHost keys)
    {
        await Program.ApplyAsync(slice, keys);
        slice.Release();
    }

    private ValueTask FlushAsync()
    {
        Program.Flush(_context.Outbox);
        return _context.Outbox.DrainAsync();
    }

    private void RenewTicks()
    {
        foreach ((Topic topic, int partitions) in _context.Inputs)
            _context.Leases.Renew(topic.Name, partitions);
    }
}
