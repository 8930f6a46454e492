namespace Weir.Engine.Aggregates;

/// <summary>
/// A seed and a fold. It can not merge: a fold of two accumulators is not defined, so sessions refuse it.
/// </summary>
internal sealed class FoldAggregator<TIn, TAccumulator>(TAccumulator seed, Func<TAccumulator, TIn, TAccumulator> fold)
    : IAggregator<TIn, TAccumulator, TAccumulator>
{
    public TAccumulator Create() => seed;

    public void Add(ref TAccumulator accumulator, in TIn value) => accumulator = fold(accumulator, value);

    public void Merge(ref TAccumulator into, in TAccumulator from) =>
        throw new NotSupportedException("A seed with a fold can not merge two accumulators.");

    public TAccumulator Result(in TAccumulator accumulator) => accumulator;
}

/// <summary>Combines events of one type into one of the same type.</summary>
internal sealed class ReduceAggregator<T>(Func<T, T, T> reduce) : IAggregator<T, (bool Any, T Value), T>
{
    public (bool Any, T Value) Create() => default;

    public void Add(ref (bool Any, T Value) accumulator, in T value) =>
        accumulator = (true, accumulator.Any ? reduce(accumulator.Value, value) : value);

    public void Merge(ref (bool Any, T Value) into, in (bool Any, T Value) from)
    {
        if (from.Any)
            Add(ref into, from.Value);
    }

    public T Result(in (bool Any, T Value) accumulator) => accumulator.Value;
}
