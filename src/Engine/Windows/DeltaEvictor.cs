namespace Weir.Engine.Windows;

using System.Globalization;

/// <summary>Measures from the event that came last.</summary>
internal sealed class DeltaEvictor<T>(double threshold, Func<T, T, double> distance) : Evictor<T>
{
    public override string Description => string.Create(CultureInfo.InvariantCulture, $"delta {threshold}");

    public override void EvictBefore(IKeptEvents<T> window)
    {
        if (window.Events.Count == 0)
            return;
        T last = window.Events[^1].Value;
        window.RemoveWhere(each => distance(each.Value, last) >= threshold);
    }
}
