namespace Weir.Engine.Windows;

using System.Globalization;
using Weir.Engine.Time;

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
        return new Evictor<T>($"count {max}", events =>
        {
            if (events.Count > max)
                events.RemoveRange(0, events.Count - max);
        });
    }

    /// <summary>
    /// Keeps the events whose timestamp is less than a span below the highest one of the window: with 2 s and a highest
    /// of 5 s, an event at 3 s goes and one at 3.001 s stays. Nothing is removed if the first event has no timestamp.
    /// </summary>
    /// <param name="size">1 ms or more.</param>
    public static Evictor<T> Time<T>(TimeSpan size)
    {
        long milliseconds = Windows.Positive(size, nameof(size));
        return new Evictor<T>($"time {milliseconds}", events =>
        {
            if (events.Count == 0 || !events[0].Time.HasValue)
                return;
            EventTime cutoff = events.Max(each => each.Time).Minus(milliseconds);
            events.RemoveAll(each => each.Time <= cutoff);
        });
    }

    /// <summary>Removes the events that are as far from the last one as a threshold, or farther.</summary>
    /// <param name="threshold">The least distance that is too much.</param>
    /// <param name="distance">A pure function of an event and the last one.</param>
    public static Evictor<T> Delta<T>(double threshold, Func<T, T, double> distance)
    {
        ArgumentNullException.ThrowIfNull(distance);
        string description = string.Create(CultureInfo.InvariantCulture, $"delta {threshold}");
        return new Evictor<T>(description, events =>
        {
            if (events.Count == 0)
                return;
            T last = events[^1].Value;
            events.RemoveAll(each => distance(each.Value, last) >= threshold);
        });
    }
}

/// <summary>Removes events from a window when it fires; made by <see cref="Evictors"/>.</summary>
/// <typeparam name="T">The type of the events.</typeparam>
public sealed class Evictor<T>
{
    private readonly string _description;
    private readonly Action<List<KeptEvent<T>>> _evict;

    internal Evictor(string description, Action<List<KeptEvent<T>>> evict)
    {
        _description = description;
        _evict = evict;
    }

    internal bool IsAfter { get; private init; }

    internal string Description => $"evict {_description} {(IsAfter ? "after" : "before")}";

    /// <summary>
    /// Removes the events after the window's result was made of all of them, in place of before. Default: before.
    /// </summary>
    public Evictor<T> After() => new(_description, _evict) { IsAfter = true };

    internal void Evict(List<KeptEvent<T>> events) => _evict(events);
}

/// <summary>An event that a window keeps, with its timestamp or none.</summary>
internal readonly record struct KeptEvent<T>(T Value, EventTime Time);
