namespace Weir.Engine.Operators;

using Weir.Engine.Graph;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Engine.Timers;

/// <summary>What joins in event time share: the two sides, late events, results and failures.</summary>
internal abstract class JoinOperator<TKey, TLeft, TRight, TOut> : KeyedOperator<TKey, TOut>
    where TKey : notnull
{
    private readonly string _name;
    private readonly JobPlan _plan;
    private readonly Func<Either<TLeft, TRight>, TKey> _key;
    private readonly Receiver<TLeft>? _lateLeft;
    private readonly Receiver<TRight>? _lateRight;
    private readonly ViewColumn<TOut>? _view;

    protected JoinOperator(JoinNode<TKey, TLeft, TRight, TOut> node, Stage stage)
        : base(node, stage)
    {
        _name = node.Name;
        _plan = stage.Plan;
        _key = node.Key.Of;
        _lateLeft = node.LateLeft?.Receivers(stage);
        _lateRight = node.LateRight?.Receivers(stage);
        _view = View as ViewColumn<TOut>;
    }

    public sealed override void Apply(Slice slice, int from, int to)
    {
        var events = (Slice<Either<TLeft, TRight>>)slice;
        for (int i = from; i < to; i++)
        {
            Either<TLeft, TRight> value = events.Values[i];
            EventTime time = events.Times[i];
            TKey key = _key(value);
            try
            {
                if (!time.HasValue)
                    throw new InvalidOperationException(
                        "The event has no timestamp, and a join in event time needs one.");
                if (value.IsLeft(out TLeft? left, out TRight? right))
                    OnLeft(key, in left, time);
                else
                    OnRight(key, in right, time);
            }
            catch (Exception fault) when (fault is not OperatorFailedException)
            {
                throw new OperatorFailedException(
                    new FailedCall(_name, _plan.KeyText(key), time, OriginOf(slice, events.OffsetAt(i))), fault);
            }
        }
    }

    private EventOrigin OriginOf(Slice slice, long offset) => _plan.OriginOf(slice.Target, offset);

    protected abstract void OnLeft(TKey key, in TLeft value, EventTime time);

    protected abstract void OnRight(TKey key, in TRight value, EventTime time);

    protected void TakeLateLeft(in TLeft value, EventTime time)
    {
        LateEvents++;
        _lateLeft?.OnEvent(in value, time);
    }

    protected void TakeLateRight(in TRight value, EventTime time)
    {
        LateEvents++;
        _lateRight?.OnEvent(in value, time);
    }

    protected void Emit(int row, TOut result, EventTime time)
    {
        Output.OnEvent(in result, time);
        _view?.Set(row, TimeRange.All, result);
    }

    protected OperatorFailedException Failed(int row, EventTime time, Exception fault) =>
        new(new FailedCall(_name, _plan.KeyText(Keys.Key(row)), time, null), fault);

    protected sealed override void OnTimer(DueTimer timer, TimeDomain domain) =>
        throw new InvalidOperationException("A join sets no timers.");

    protected override ViewReading? ReadView(int row) => View?.IsEmpty(row) == false
        ? new ViewReading(View.Encode(row), null, Watermark == EventTime.MaxValue, Watermark)
        : null;
}
