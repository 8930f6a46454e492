namespace Weir.Engine.Windows;

/// <summary>Removes from the front what is more than the limit.</summary>
internal sealed class CountEvictor<T>(int max) : Evictor<T>
{
    public override string Description => $"count {max}";

    public override void EvictBefore(IKeptEvents<T> window)
    {
        if (window.Events.Count > max)
            window.RemoveFirst(window.Events.Count - max);
    }
}
