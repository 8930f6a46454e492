namespace Weir.Engine.Operators;

using Weir.Engine.Codecs;
using Weir.Engine.Graph;
using Weir.Engine.Joins;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Engine.Timers;

/// <summary>
/// Joins each left event with the version of its key that was valid at its time, for a key group: the newest right
/// event that is not later. A left event waits until the watermark reaches its time, so that no such version can come
/// any more.
/// Invariants, for keys that are not in quarantine: no left event at or below the watermark waits; of the versions at or
/// below it, the newest is held, or none if it says that there is none any more.
/// </summary>
/// <remarks>
/// Versions at 10 and 20, left events at 5, 15 and 25: the watermark 15 gives (5, none) and (15, version 10); the
/// watermark 25 frees the version 10 and gives (25, version 20). Results are in order of time, those of equal time in
/// order of arrival, over all keys of the group.
/// </remarks>
internal sealed class TemporalJoinOperator<TKey, TLeft, TRight, TOut> : JoinOperator<TKey, TLeft, TRight, TOut>
    where TKey : notnull
{
    private readonly VersionRule<TLeft, TRight, TOut> _rule;
    private readonly TimedRows<Waiting<TLeft>> _waiting;
    private readonly TimedRows<TRight> _versions;
    private readonly RowSchedule _results = new();
    private readonly RowSchedule _cleanups = new();
    private long _nextOrder;

    public TemporalJoinOperator(TemporalJoinNode<TKey, TLeft, TRight, TOut> node, Stage stage)
        : base(node, stage)
    {
        _rule = node.Rule;
        _waiting = new TimedRows<Waiting<TLeft>>(new WaitingCodec<TLeft>(stage.Plan.Codecs.For<TLeft>()));
        _versions = new TimedRows<TRight>(stage.Plan.Codecs.For<TRight>());
    }

    protected override string StateSchema => $"waiting {_waiting.Schema}, versions {_versions.Schema}";

    protected override void OnLeft(int row, in TLeft value, EventTime time)
    {
        // The versions of that time may have been freed.
        if (time <= Watermark)
        {
            TakeLateLeft(in value, time);
            RemoveRowIfEmpty(row);
            return;
        }

        _waiting.Add(row, time, new Waiting<TLeft>(value, _nextOrder++));
        AskForResult(row);
    }

    protected override void OnRight(int row, in TRight value, EventTime time)
    {
        // Asked already here, so that a version on which this fails is the event that has failed.
        _rule.Ends?.Invoke(value);
        if (time > Watermark)
        {
            _versions.Set(row, time, in value);
            _cleanups.Ask(row, time);
            return;
        }

        // What was given stays, but left events still to come are to see it unless a newer version is known.
        TakeLateRight(in value, time);
        _versions.Set(row, time, in value);
        RemoveOldVersions(row);
        RemoveRowIfEmpty(row);
    }

    public override EventTime NextEventTimer => EventTime.Min(_results.Next, _cleanups.Next);

    protected override void OnWatermark()
    {
        while (_results.TryTake(Watermark, out int row))
        {
            // What is held for the key came after this; the key catches up when it is released.
            if (IsHeld(row))
                continue;
            Keys.Touch(row);
            if (!GiveGuarded(row))
                continue;
            AskForResult(row);
            RemoveRowIfEmpty(row);
        }

        while (_cleanups.TryTake(Watermark, out int row))
        {
            if (IsHeld(row))
                continue;
            Keys.Touch(row);
            RemoveOldVersions(row);
            AskForCleanup(row);
            RemoveRowIfEmpty(row);
        }
    }

    protected override bool CatchUp(int row)
    {
        while (TryPeekPending(row, Watermark, out _, out _))
        {
            if (!GiveGuarded(row))
                return false;
        }

        RemoveOldVersions(row);
        _results.Forget(row);
        _cleanups.Forget(row);
        AskForResult(row);
        AskForCleanup(row);
        return true;
    }

    protected override bool TryPeekPending(
        int row, EventTime watermark, out Either<TLeft, TRight> value, out EventTime time)
    {
        (value, time) = (default, EventTime.None);
        if (_waiting.IsEmpty(row) || _waiting.Times(row)[0] > watermark)
            return false;
        value = Either<TLeft, TRight>.Left(_waiting.Values(row)[0].Value);
        time = _waiting.Times(row)[0];
        return true;
    }

    protected override void GivePending(int row)
    {
        EventTime time = _waiting.Times(row)[0];
        TLeft left = _waiting.Values(row)[0].Value;
        int version = _versions.EndOf(row, time) - 1;
        if (version >= 0 && !EndsValidity(row, version))
            Emit(row, _rule.Combine(left, _versions.Values(row)[version]), time);
        else if (_rule.KeepsUnmatched)
            Emit(row, _rule.Combine(left, default), time);
        DropPending(row);
    }

    protected override void DropPending(int row) => _waiting.RemoveFirst(row, 1);

    protected override bool IsRowEmpty(int row) => _waiting.IsEmpty(row) && _versions.IsEmpty(row);

    public override void WriteCounters(ByteWriter writer)
    {
        base.WriteCounters(writer);
        writer.WriteSigned(_nextOrder);
    }

    public override void ReadCounters(ByteReader reader)
    {
        base.ReadCounters(reader);
        _nextOrder = Math.Max(_nextOrder, reader.ReadSigned());
    }

    protected override void WriteRow(int row, ByteWriter writer, RowTimers timers)
    {
        _waiting.Write(row, writer);
        _versions.Write(row, writer);
    }

    protected override void ReadRow(int row, ByteReader reader, RowTimers timers)
    {
        _waiting.Read(row, reader);
        _versions.Read(row, reader);
        AskForResult(row);
        AskForCleanup(row);
    }

    protected override void InspectRow(
        int row, List<OpenWindow> windows, List<PendingTimer> timers, List<HeldState> state)
    {
        if (!_waiting.IsEmpty(row))
            state.Add(new HeldState("waiting", Array.ConvertAll(_waiting.Describe(row), each => each.Value)));
        if (!_versions.IsEmpty(row))
            state.Add(new HeldState("versions", _versions.Describe(row)));
    }

    private void RemoveOldVersions(int row)
    {
        int newest = _versions.EndOf(row, Watermark) - 1;
        if (newest < 0)
            return;
        _versions.RemoveFirst(row, EndsValidity(row, newest) ? newest + 1 : newest);
    }

    // It did not fail on the version when that came, so it is no pure function: no event is to blame, and the job fails.
    private bool EndsValidity(int row, int version)
    {
        try
        {
            return _rule.Ends?.Invoke(_versions.Values(row)[version]) == true;
        }
        catch (Exception fault)
        {
            throw new OperatorFailedException(Call(Keys.Key(row), _versions.Times(row)[version], null), fault);
        }
    }

    private void AskForResult(int row)
    {
        if (!_waiting.IsEmpty(row))
            _results.Ask(row, _waiting.Times(row)[0], _waiting.Values(row)[0].Order);
    }

    private void AskForCleanup(int row)
    {
        ReadOnlySpan<EventTime> times = _versions.Times(row);
        int next = _versions.EndOf(row, Watermark);
        if (next < times.Length)
            _cleanups.Ask(row, times[next]);
    }
}
