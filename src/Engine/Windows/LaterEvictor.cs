namespace Weir.Engine.Windows;

/// <summary>Does both its parts after the result, in their order.</summary>
internal sealed class LaterEvictor<T>(Evictor<T> inner) : Evictor<T>
{
    public override string Description => $"{inner.Description} after";

    public override void EvictAfter(IKeptEvents<T> window)
    {
        inner.EvictBefore(window);
        inner.EvictAfter(window);
    }
}
