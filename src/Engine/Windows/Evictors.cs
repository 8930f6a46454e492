namespace Weir.Engine.Windows;

/// <summary>
/// The ways to remove events from a window when it fires. What is removed is gone from the window's state. Source:
/// Flink's CountEvictor, TimeEvictor and DeltaEvictor.
/// </summary>
public static class Evictors
{
    /// <summary>Keeps the events that came last.</summary>
    /// <param name="max">How many, 1 or more.</param>
    public static Evictor<T> Count<T>(int max)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(max);
        return new CountEvictor<T>(max);
    }

    /// <summary>
    /// Keeps the events whose timestamp is less than a span below the highest one of the window: with 2 s and a highest
    /// of 5 s, an event at 3 s goes and one at 3.001 s stays. Nothing is removed if the first event has no timestamp.
    /// </summary>
    /// <param name="size">1 ms or more.</param>
    public static Evictor<T> Time<T>(TimeSpan size) =>
        new TimeEvictor<T>(Windows.Positive(size, nameof(size)));

    /// <summary>Removes the events that are as far from the last one as a threshold, or farther.</summary>
    /// <param name="threshold">The least distance that is too much.</param>
    /// <param name="distance">A pure function of an event and the last one.</param>
    public static Evictor<T> Delta<T>(double threshold, Func<T, T, double> distance)
    {
        ArgumentNullException.ThrowIfNull(distance);
        return new DeltaEvictor<T>(threshold, distance);
    }
}
