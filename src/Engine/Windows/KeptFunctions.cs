namespace Weir.Engine.Windows;

using Weir.Engine.Operators;
using Weir.Engine.Streams;
using Weir.Engine.Time;

/// <summary>What is made of the events that a window keeps for its evictor.</summary>
internal abstract class KeptFunction<TKey, TIn, TOut>
    where TKey : notnull
{
    public abstract void Give(IReadOnlyList<TIn> events, WindowContext<TKey, TOut> window);

    public virtual void Close(WindowContext<TKey, TOut> window)
    {
    }

    /// <summary>What a view shows of the events, put into its column.</summary>
    public virtual void Keep(IReadOnlyList<TIn> events, (int Row, TimeRange Window) place, ViewColumn view)
    {
    }

    /// <summary>What a view shows of the events, or null.</summary>
    public virtual ReadOnlyMemory<byte>? Peek(IReadOnlyList<TIn> events, ViewColumn view) => null;
}

/// <summary>The user's function over all of them.</summary>
internal sealed class KeptProcess<TKey, TIn, TOut>(WindowProcess<TKey, TIn, TOut> function)
    : KeptFunction<TKey, TIn, TOut>
    where TKey : notnull
{
    public override void Give(IReadOnlyList<TIn> events, WindowContext<TKey, TOut> window) =>
        function.Process(events, window);

    public override void Close(WindowContext<TKey, TOut> window) => function.Clear(window);
}

/// <summary>One result, folded anew each time.</summary>
internal sealed class KeptAggregate<TKey, TIn, TResult>(Refold<TIn, TResult> refold)
    : KeptFunction<TKey, TIn, Windowed<TKey, TResult>>
    where TKey : notnull
{
    public override void Give(IReadOnlyList<TIn> events, WindowContext<TKey, Windowed<TKey, TResult>> window)
    {
        if (refold.CanFold(events))
            window.Emit(new Windowed<TKey, TResult>(window.Key, window.Window, refold.Fold(events)));
    }

    public override void Keep(IReadOnlyList<TIn> events, (int Row, TimeRange Window) place, ViewColumn view) =>
        ((ViewColumn<TResult>)view).Set(place.Row, place.Window, refold.Fold(events));

    public override ReadOnlyMemory<byte>? Peek(IReadOnlyList<TIn> events, ViewColumn view) =>
        ((ViewColumn<TResult>)view).Encode(refold.Fold(events));
}

/// <summary>The user's function over one result, folded anew each time.</summary>
internal sealed class KeptConclusion<TKey, TIn, TResult, TOut>(
    Refold<TIn, TResult> refold, WindowProcess<TKey, TResult, TOut> function)
    : KeptFunction<TKey, TIn, TOut>
    where TKey : notnull
{
    public override void Give(IReadOnlyList<TIn> events, WindowContext<TKey, TOut> window)
    {
        if (refold.CanFold(events))
            function.Process([refold.Fold(events)], window);
    }

    public override void Close(WindowContext<TKey, TOut> window) => function.Clear(window);
}

/// <summary>Folds events in one go, for an aggregator can not take out again what an evictor removes.</summary>
internal sealed class Refold<TIn, TResult>(Accumulators<TIn, TResult> scratch)
{
    /// <summary>Whether there is a result: a reduction of no events has none, while a sum has.</summary>
    public bool CanFold(IReadOnlyList<TIn> events) => events.Count > 0 || scratch.HasResultOfNothing;

    public TResult Fold(IReadOnlyList<TIn> events)
    {
        scratch.Clear(0);
        scratch.Touch(0);
        foreach (TIn value in events)
            scratch.Add(0, in value);
        TResult result = scratch.Result(0);
        scratch.Clear(0);
        return result;
    }
}
