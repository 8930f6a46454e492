namespace Weir.Engine.Operators;

using Weir.Engine.Codecs;
using Weir.Engine.Graph;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Engine.Timers;

/// <summary>
/// What joins in event time share: the two sides, late events, results and failures. Invariant: whatever can fail comes
/// before the row is changed, so a failed call leaves nothing of the row to be undone.
/// </summary>
internal abstract class JoinOperator<TKey, TLeft, TRight, TOut> : GuardedOperator<TKey, Either<TLeft, TRight>, TOut>
    where TKey : notnull
{
    private readonly Func<Either<TLeft, TRight>, TKey> _key;
    private readonly Receiver<TLeft>? _lateLeft;
    private readonly Receiver<TRight>? _lateRight;
    private readonly ViewColumn<TOut>? _view;

    protected JoinOperator(JoinNode<TKey, TLeft, TRight, TOut> node, Stage stage)
        : base(node, stage)
    {
        _key = node.Key.Of;
        _lateLeft = node.LateLeft?.Receivers(stage);
        _lateRight = node.LateRight?.Receivers(stage);
        _view = View as ViewColumn<TOut>;
    }

    protected sealed override TKey KeyOf(in Either<TLeft, TRight> value) => _key(value);

    protected sealed override void OnEvent(int row, in Either<TLeft, TRight> value, EventTime time)
    {
        if (!time.HasValue)
            throw new InvalidOperationException("The event has no timestamp, and a join in event time needs one.");
        if (value.IsLeft(out TLeft? left, out TRight? right))
            OnLeft(row, in left, time);
        else
            OnRight(row, in right, time);
    }

    protected abstract void OnLeft(int row, in TLeft value, EventTime time);

    protected abstract void OnRight(int row, in TRight value, EventTime time);

    protected void TakeLateLeft(in TLeft value, EventTime time)
    {
        _lateLeft?.OnEvent(in value, time);
        LateEvents++;
    }

    protected void TakeLateRight(in TRight value, EventTime time)
    {
        _lateRight?.OnEvent(in value, time);
        LateEvents++;
    }

    protected void Emit(int row, TOut result, EventTime time)
    {
        Output.OnEvent(in result, time);
        _view?.Set(row, TimeRange.All, result);
    }

    // A join has no timers, and of its rows nothing is changed by what fails.
    protected sealed override void OnDueTimer(DueTimer timer, TimeDomain domain) =>
        throw new InvalidOperationException("A join sets no timers.");

    protected sealed override int RowOfTimer(int owner, int tag) => -1;

    protected sealed override void SaveRow(int row)
    {
    }

    protected sealed override void UndoRow(int row, ByteReader reader)
    {
    }

    protected sealed override void OnTimerUndone(bool wasAdded, int owner, StoredTimer timer, TimeDomain domain)
    {
    }

    protected sealed override void KeepTimer(DueTimer timer, TimeDomain domain)
    {
    }

    protected sealed override void DropTimer(DueTimer timer, TimeDomain domain)
    {
    }

    protected override ViewReading? ReadView(int row) => View?.IsEmpty(row) == false
        ? new ViewReading(View.Encode(row), null, Watermark == EventTime.MaxValue, Watermark)
        : null;
}
