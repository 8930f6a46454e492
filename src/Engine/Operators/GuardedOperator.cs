namespace Weir.Engine.Operators;

using Weir.Engine.Codecs;
using Weir.Engine.Errors;
using Weir.Engine.Graph;
using Weir.Engine.State;
using Weir.Engine.Time;
using Weir.Engine.Timers;

/// <summary>
/// An operator of one input type whose function may fail. It decides what becomes of an event or timer that fails:
/// the job fails, a dead letter is written, or the key is held. Invariant: under the last two, what a failed call did
/// is undone, so state, timers and emissions are those of the calls that succeeded.
/// </summary>
internal abstract partial class GuardedOperator<TKey, TIn, TOut> : KeyedOperator<TKey, TOut>
    where TKey : notnull
{
    private readonly OperatorNode<TKey, TOut> _node;
    private readonly Stage _stage;
    private readonly ErrorHandling<TIn>? _errors;
    private readonly Receiver<DeadLetter<TIn>>? _deadLetters;
    private readonly HeldKeys<TIn>? _held;
    private readonly ByteReader _undoReader = new();
    private readonly Action<bool, int, StoredTimer> _undoEventTimer;
    private readonly Action<bool, int, StoredTimer> _undoClockTimer;

    protected GuardedOperator(OperatorNode<TKey, TOut> node, Stage stage)
        : base(node, stage)
    {
        _node = node;
        _stage = stage;
        _errors = (ErrorHandling<TIn>?)node.Errors;
        _deadLetters = _errors?.DeadLetters?.Receivers(stage);
        if (_errors is { Quarantines: true })
            _held = new HeldKeys<TIn>(stage.Plan.Codecs.For<TIn>());
        stage.IsGuarded = _errors is not null;
        Undo = _errors is null ? null : new ByteWriter();
        _undoEventTimer = (wasAdded, owner, timer) => OnTimerUndone(wasAdded, owner, timer, TimeDomain.Event);
        _undoClockTimer = (wasAdded, owner, timer) => OnTimerUndone(wasAdded, owner, timer, TimeDomain.Processing);
    }

    public sealed override int Quarantined => _held?.Count ?? 0;

    /// <summary>What a failed call would have to be undone with; null if a failure ends the job.</summary>
    protected ByteWriter? Undo { get; }

    protected abstract TKey KeyOf(in TIn value);

    /// <summary>Applies an event. If the row has become empty, it is removed last, after all that can fail.</summary>
    protected abstract void OnEvent(int row, in TIn value, EventTime time);

    /// <summary>Applies a timer that was taken from its queue; removes the row as <see cref="OnEvent"/> does.</summary>
    protected abstract void OnDueTimer(DueTimer timer, TimeDomain domain);

    /// <summary>The row of a timer, or -1 if the timer is stale.</summary>
    protected abstract int RowOfTimer(int owner, int tag);

    /// <summary>Remembers what the row owns beside timers and view, in <see cref="Undo"/>.</summary>
    protected abstract void SaveRow(int row);

    /// <summary>Brings it back; of the reader, what <see cref="SaveRow"/> wrote is left.</summary>
    protected abstract void UndoRow(int row, ByteReader reader);

    /// <summary>A timer that was added is removed again, or one that was removed is back in its queue.</summary>
    protected abstract void OnTimerUndone(bool wasAdded, int owner, StoredTimer timer, TimeDomain domain);

    /// <summary>A timer that was taken and failed counts as pending again.</summary>
    protected abstract void KeepTimer(DueTimer timer, TimeDomain domain);

    /// <summary>A pending timer that was taken from its queue is given up without a call.</summary>
    protected abstract void DropTimer(DueTimer timer, TimeDomain domain);

    /// <summary>Applies events without giving their keys rows, as long as that is possible.</summary>
    /// <returns>The first event that has not been applied.</returns>
    protected virtual int ApplyOthers(Slice<TIn> events, int from, int to) => from;

    /// <summary>Applies events that were added up before they came.</summary>
    protected virtual void ApplyPartials(Slice slice, int from, int to) =>
        throw new NotSupportedException($"The operator '{_node.Name}' takes events one by one.");

    public sealed override void Apply(Slice slice, int from, int to)
    {
        if (slice is not Slice<TIn> events)
        {
            ApplyPartials(slice, from, to);
            return;
        }

        from = ApplyOthers(events, from, to);
        if (from == to)
            return;
        if (_errors is not null)
            ApplyGuarded(events, from, to);
        else if (Keys.Count < ReadAhead.FewestKeys)
            ApplyEach(events, from, to);
        else
            ApplyAhead(events, from, to);
    }

    public sealed override IReadOnlyList<QuarantinedKey> ListQuarantined() =>
        _held is null ? [] : [.. _held.All.Select(each => Describe(each.Key, each.Value))];

    protected sealed override void OnTimer(DueTimer timer, TimeDomain domain)
    {
        int row = RowOfTimer(timer.Owner, timer.Tag);
        if (row < 0)
            return;
        Keys.Touch(row);
        if (_errors is not null)
        {
            if (_held?.Find(row) is { } held)
                held.Parked.Add((domain, timer));
            else
                FireGuarded(row, timer, domain);
            return;
        }

        try
        {
            OnDueTimer(timer, domain);
        }
        catch (Exception fault) when (fault is not OperatorFailedException)
        {
            throw new OperatorFailedException(TimerCall(row, timer), fault);
        }
    }

    protected sealed override void BeforeTimer(DueTimer timer)
    {
        if (RowOfTimer(timer.Owner, timer.Tag) is >= 0 and var row)
            Keys.CopyFirst(row);
    }

    protected sealed override void BeforeLook()
    {
        foreach (KeyValuePair<int, HeldKey<TIn>> held in _held?.All ?? [])
            Unpark(held.Value);
    }

    protected sealed override bool IsHeld(int row) => _held?.Find(row) is not null;

    protected sealed override QuarantinedKey? HeldOf(int row) =>
        _held?.Find(row) is { } held ? Describe(row, held) : null;

    protected sealed override void WriteHeld(int row, ByteWriter writer)
    {
        if (_held is null)
            writer.WriteBool(false);
        else
            _held.Write(row, writer);
    }

    protected sealed override void ReadHeld(int row, ByteReader reader)
    {
        if (!reader.ReadBool())
            return;
        if (_held is null)
            throw StateSchemaException.NoQuarantine(_node.Name);
        _held.Read(row, reader);
    }

    protected sealed override void CheckHeld()
    {
        foreach ((int row, HeldKey<TIn> held) in _held?.All ?? [])
        {
            int channels = _stage.Plan.ChannelCount(_node.Index, _stage.Instance);
            bool hasCause = held.Timer is not null || CountOf(row, held) > 0;
            bool isForeign = held.Events.Exists(each => (uint)each.Channel >= (uint)channels);
            if (!hasCause || isForeign || !held.IsInOrder(Watermark, Clock))
                throw new CorruptDataException("a key in quarantine holds events that can not have come");
            if (held.Timer is { } at && !TimersOf(at.Domain).All().Any(each =>
                each.Timer.Sequence == at.Sequence && RowOfTimer(each.Owner, each.Timer.Tag) == row))
                throw new CorruptDataException($"a key in quarantine has not the timer {at.Sequence} that failed");
        }
    }

    private void ApplyEach(Slice<TIn> events, int from, int to)
    {
        for (int i = from; i < to; i++)
        {
            TKey key = KeyOf(in events.Values[i]);
            try
            {
                OnEvent(RowOf(key), in events.Values[i], events.Times[i]);
            }
            catch (Exception fault) when (fault is not OperatorFailedException)
            {
                throw Failed(key, events, i, fault);
            }
        }
    }

    protected OperatorFailedException Failed(TKey key, Slice<TIn> events, int at, Exception fault) =>
        Failed(key, events.Times[at], (events.Target.Channel, events.OffsetAt(at)), fault);

    protected OperatorFailedException Failed(
        TKey key, EventTime time, (int Channel, long Offset) origin, Exception fault) =>
        new(Call(key, time, OriginOf(origin.Channel, origin.Offset)), fault);

    private void ApplyGuarded(Slice<TIn> events, int from, int to)
    {
        for (int i = from; i < to; i++)
            ApplyGuarded(KeyOf(in events.Values[i]), new HeldEvent<TIn>(
                events.Values[i], events.Times[i], Watermark, Clock, events.Target.Channel, events.OffsetAt(i)));
    }

    private void ApplyGuarded(TKey key, in HeldEvent<TIn> each)
    {
        int row = RowOf(key);
        if (_held?.Find(row) is { } held)
        {
            if (CountOf(row, held) >= _errors!.Bound)
                throw new OperatorFailedException(
                    Call(key, each.Time, OriginOf(each.Channel, each.Offset)), new QuarantineFullException(held.Error));
            held.Events.Add(each);
            return;
        }

        Begin(row);
        try
        {
            TIn value = each.Value;
            OnEvent(row, in value, each.Time);
        }
        catch (Exception fault) when (IsPoison(fault))
        {
            UndoAttempt(row);
            FailedCall call = Call(key, each.Time, OriginOf(each.Channel, each.Offset));
            if (_held is not null)
            {
                Hold(row, call, fault).Events.Add(each);
                return;
            }

            DeadLetters++;
            SendLetter(call, each.Value, OperatorFailedException.Reason(fault));
            RemoveRowIfEmpty(row);
        }
    }

    /// <summary>False if the timer failed.</summary>
    private bool FireGuarded(int row, DueTimer timer, TimeDomain domain)
    {
        Begin(row);
        try
        {
            OnDueTimer(timer, domain);
            return true;
        }
        catch (Exception fault) when (IsPoison(fault))
        {
            UndoAttempt(row);
            KeepTimer(timer, domain);
            FailedCall call = TimerCall(row, timer);
            if (_held is not null)
            {
                HeldKey<TIn> held = Hold(row, call, fault);
                held.Timer = (domain, timer.Sequence);
                held.Parked.Add((domain, timer));
                return false;
            }

            DropTimer(timer, domain);
            DeadLetters++;
            SendLetter(call, default, OperatorFailedException.Reason(fault));
            RemoveRowIfEmpty(row);
            return false;
        }
    }

    // Memory that runs out says nothing about the event.
    private static bool IsPoison(Exception fault) => fault is not (OperatorFailedException or OutOfMemoryException);

    private void Begin(int row)
    {
        _stage.Begin();
        EventTimers.Begin();
        ClockTimers.Begin();
        Undo!.Clear();
        View?.Write(row, Undo);
        SaveRow(row);
    }

    private void UndoAttempt(int row)
    {
        _stage.Undo();
        EventTimers.Undo(_undoEventTimer);
        ClockTimers.Undo(_undoClockTimer);
        _undoReader.Reset(Undo!.WrittenMemory);
        View?.Clear(row);
        View?.Read(row, _undoReader);
        UndoRow(row, _undoReader);
    }

    private HeldKey<TIn> Hold(int row, FailedCall call, Exception fault)
    {
        var held = new HeldKey<TIn>(OperatorFailedException.Sentence(call, fault), Watermark, Clock);
        _held!.Add(row, held);
        return held;
    }

    private void Unpark(HeldKey<TIn> held)
    {
        foreach ((TimeDomain domain, DueTimer timer) in held.Parked)
            TimersOf(domain).PutBack(new StoredTimer(timer.Time, timer.Tag, timer.Sequence), timer.Owner);
        held.Parked.Clear();
    }

    private EventOrigin OriginOf(int channel, long offset) =>
        _stage.Plan.OriginOf(new SliceTarget(_node.Index, _stage.Instance, channel, 0), offset);

    protected FailedCall Call(TKey key, EventTime time, EventOrigin? origin) =>
        new(_node.Name, _stage.Plan.KeyText(key), time, origin);

    private FailedCall TimerCall(int row, DueTimer timer) =>
        Call(Keys.Key(row), timer.Time, null) with { IsTimer = true };

    private void SendLetter(FailedCall call, TIn? value, string error)
    {
        if (_deadLetters is null)
            return;
        bool isOfTopic = call.Origin?.Offset is not null;
        var letter = new DeadLetter<TIn>(
            value,
            error,
            call.Operator,
            call.Key ?? "",
            isOfTopic ? call.Origin!.Name : "",
            isOfTopic ? call.Origin!.Instance : -1,
            call.Origin?.Offset ?? -1,
            call.Time)
        {
            IsTimer = call.IsTimer,
        };
        _stage.Begin();
        _deadLetters.OnEvent(in letter, call.Time);
    }
}
