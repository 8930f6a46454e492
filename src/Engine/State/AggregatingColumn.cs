namespace Weir.Engine.State;

using Weir.Engine.Aggregates;

/// <summary>The accumulators of all keys of a group: each addition is folded in at once.</summary>
internal sealed class AggregatingColumn<TIn, TAccumulator, TResult>(
    AggregatingSlot<TIn, TAccumulator, TResult> slot, ElementCodec<TAccumulator> codec, CurrentRow current)
    : CellColumn<TAccumulator>(slot, codec, current), IAggregatingState<TIn, TResult>
{
    private readonly IAggregator<TIn, TAccumulator, TResult> _aggregator = slot.Aggregator;

    public override string Kind => "aggregating";

    public TResult? Value => TryRead(Row, out TAccumulator accumulator) ? _aggregator.Result(in accumulator) : default;

    public void Add(TIn value)
    {
        int row = Row;
        if (!TryGoOn(row, out TAccumulator accumulator))
            accumulator = _aggregator.Create();
        _aggregator.Add(ref accumulator, in value);
        Put(row, accumulator);
    }

    protected override object? Show(in TAccumulator cell) => _aggregator.Result(in cell);
}
