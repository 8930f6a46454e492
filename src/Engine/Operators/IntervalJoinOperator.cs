namespace Weir.Engine.Operators;

using Weir.Engine.Codecs;
using Weir.Engine.Graph;
using Weir.Engine.Joins;
using Weir.Engine.Time;
using Weir.Engine.Timers;

/// <summary>
/// Joins the events of two sides whose times lie an interval apart, for a key group. Each event meets those of the
/// other side that are held, and is held itself until the watermark says that it has met all.
/// Invariant: a row holds exactly the events that were not due for removal at the last step of the watermark; that of a
/// key in quarantine, those that were not when it was held.
/// </summary>
/// <remarks>
/// From -5 s to 10 s: a left event at 60 s meets right ones in [55 s, 70 s] and is freed when the watermark reaches
/// 70 s; a right one at 60 s meets left ones in [50 s, 65 s] and is freed at 65 s. An event below the watermark is
/// late; one at the watermark is not, though what it could have met may be freed. Source: Flink's IntervalJoinOperator.
/// </remarks>
internal sealed class IntervalJoinOperator<TKey, TLeft, TRight, TOut> : JoinOperator<TKey, TLeft, TRight, TOut>
    where TKey : notnull
{
    private readonly JoinInterval _interval;
    private readonly long _lower;
    private readonly long _upper;
    private readonly Func<TLeft, TRight, TOut> _combine;
    private readonly TimedRows<TLeft> _left;
    private readonly TimedRows<TRight> _right;
    private readonly RowSchedule _cleanups = new();

    public IntervalJoinOperator(IntervalJoinNode<TKey, TLeft, TRight, TOut> node, Stage stage)
        : base(node, stage)
    {
        _interval = node.Interval;
        _lower = node.Interval.Lower;
        _upper = node.Interval.Upper;
        _combine = node.Combine;
        _left = new TimedRows<TLeft>(stage.Plan.Codecs.For<TLeft>());
        _right = new TimedRows<TRight>(stage.Plan.Codecs.For<TRight>());
    }

    protected override string StateSchema => $"left {_left.Schema}, right {_right.Schema}";

    // A row says itself when it is due, by the interval: with another one it may be due sooner.
    protected override void WriteSchema(ByteWriter writer)
    {
        writer.WriteSigned(_lower);
        writer.WriteSigned(_upper);
    }

    protected override void ReadSchema(ByteReader reader)
    {
        reader.ReadSigned();
        reader.ReadSigned();
    }

    protected override void OnLeft(int row, in TLeft value, EventTime time)
    {
        if (time < Watermark)
        {
            TakeLateLeft(in value, time);
            RemoveRowIfEmpty(row);
            return;
        }

        int to = _right.EndOf(row, time.Plus(_upper));
        for (int i = _right.StartOf(row, time.Plus(_lower)); i < to; i++)
        {
            TOut result = _combine(value, _right.Values(row)[i]);
            Emit(row, result, EventTime.Max(time, _right.Times(row)[i]));
        }

        _left.Add(row, time, in value);
        _cleanups.Ask(row, _interval.LeftCleanup(time));
    }

    protected override void OnRight(int row, in TRight value, EventTime time)
    {
        if (time < Watermark)
        {
            TakeLateRight(in value, time);
            RemoveRowIfEmpty(row);
            return;
        }

        int to = _left.EndOf(row, time.Minus(_lower));
        for (int i = _left.StartOf(row, time.Minus(_upper)); i < to; i++)
        {
            TOut result = _combine(_left.Values(row)[i], value);
            Emit(row, result, EventTime.Max(time, _left.Times(row)[i]));
        }

        _right.Add(row, time, in value);
        _cleanups.Ask(row, _interval.RightCleanup(time));
    }

    public override EventTime NextEventTimer => _cleanups.Next;

    protected override void OnWatermark()
    {
        while (_cleanups.TryTake(Watermark, out int row))
        {
            // What is held for the key is still to meet what the row has; the key catches up when it is released.
            if (IsHeld(row))
                continue;
            Keys.Touch(row);
            RemoveDue(row);
            AskForCleanup(row);
            RemoveRowIfEmpty(row);
        }
    }

    protected override bool CatchUp(int row)
    {
        RemoveDue(row);
        _cleanups.Forget(row);
        AskForCleanup(row);
        return true;
    }

    protected override bool IsRowEmpty(int row) => _left.IsEmpty(row) && _right.IsEmpty(row);

    protected override void WriteRow(int row, ByteWriter writer, RowTimers timers)
    {
        _left.Write(row, writer);
        _right.Write(row, writer);
    }

    protected override void ReadRow(int row, ByteReader reader, RowTimers timers)
    {
        _left.Read(row, reader);
        _right.Read(row, reader);
        AskForCleanup(row);
    }

    protected override void InspectRow(
        int row, List<OpenWindow> windows, List<PendingTimer> timers, List<HeldState> state)
    {
        if (!_left.IsEmpty(row))
            state.Add(new HeldState("left", _left.Describe(row)));
        if (!_right.IsEmpty(row))
            state.Add(new HeldState("right", _right.Describe(row)));
    }

    private void RemoveDue(int row)
    {
        ReadOnlySpan<EventTime> left = _left.Times(row);
        int count = 0;
        while (count < left.Length && _interval.LeftCleanup(left[count]) <= Watermark)
            count++;
        _left.RemoveFirst(row, count);

        ReadOnlySpan<EventTime> right = _right.Times(row);
        count = 0;
        while (count < right.Length && _interval.RightCleanup(right[count]) <= Watermark)
            count++;
        _right.RemoveFirst(row, count);
    }

    private void AskForCleanup(int row)
    {
        if (!_left.IsEmpty(row))
            _cleanups.Ask(row, _interval.LeftCleanup(_left.Times(row)[0]));
        if (!_right.IsEmpty(row))
            _cleanups.Ask(row, _interval.RightCleanup(_right.Times(row)[0]));
    }
}
