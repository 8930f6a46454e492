namespace Weir.Engine.Joins;

using Weir.Engine.Streams;
using Weir.Engine.Windows;

/// <summary>Gives the events of a window to a function by side.</summary>
internal sealed class CoGroupProcess<TKey, TLeft, TRight, TOut>(
    Action<CoGrouped<TLeft, TRight>, IWindowContext<TKey, TOut>> function)
    : WindowProcess<TKey, Either<TLeft, TRight>, TOut>
    where TKey : notnull
{
    public override void Process(
        IReadOnlyList<Either<TLeft, TRight>> events, IWindowContext<TKey, TOut> window) =>
        function(CoGrouped<TLeft, TRight>.Of(events), window);
}

/// <summary>
/// All pairs of a left event and a right one of a window, by the left one's arrival and then by the right one's. A
/// window with two left events and three right ones gives six.
/// </summary>
internal sealed class PairProcess<TKey, TLeft, TRight, TOut>(Func<TLeft, TRight, TOut> combine)
    : WindowProcess<TKey, Either<TLeft, TRight>, TOut>
    where TKey : notnull
{
    public override void Process(IReadOnlyList<Either<TLeft, TRight>> events, IWindowContext<TKey, TOut> window)
    {
        (IReadOnlyList<TLeft> lefts, IReadOnlyList<TRight> rights) = CoGrouped<TLeft, TRight>.Of(events);
        foreach (TLeft left in lefts)
        {
            foreach (TRight right in rights)
                window.Emit(combine(left, right));
        }
    }
}
