namespace Weir.Engine.Windows;

using Weir.Engine.Time;

/// <summary>Measures from the highest timestamp, which need not be that of the last event.</summary>
internal sealed class TimeEvictor<T>(long size) : Evictor<T>
{
    public override string Description => $"time {size}";

    public override void EvictBefore(IKeptEvents<T> window)
    {
        IReadOnlyList<KeptEvent<T>> events = window.Events;
        if (events.Count == 0 || !events[0].Time.HasValue)
            return;
        EventTime cutoff = events.Max(each => each.Time).Minus(size);
        window.RemoveWhere(each => each.Time <= cutoff);
    }
}
