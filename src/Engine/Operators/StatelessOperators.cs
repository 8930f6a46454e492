namespace Weir.Engine.Operators;

using Weir.Engine.Time;

internal sealed class Filter<T>(Func<T, bool> predicate, Receiver<T> next) : Receiver<T>
{
    public override void OnEvent(in T value, EventTime time)
    {
        if (predicate(value))
            next.OnEvent(in value, time);
    }
}

internal sealed class Map<TIn, TOut>(Func<TIn, TOut> map, Receiver<TOut> next) : Receiver<TIn>
{
    public override void OnEvent(in TIn value, EventTime time)
    {
        TOut mapped = map(value);
        next.OnEvent(in mapped, time);
    }
}

internal sealed class FlatMap<TIn, TOut>(Func<TIn, IEnumerable<TOut>> map, Receiver<TOut> next) : Receiver<TIn>
{
    public override void OnEvent(in TIn value, EventTime time)
    {
        foreach (TOut mapped in map(value))
            next.OnEvent(in mapped, time);
    }
}
