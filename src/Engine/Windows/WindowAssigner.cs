namespace Weir.Engine.Windows;

using Weir.Engine.Time;

/// <summary>Says which windows a timestamp belongs to.</summary>
internal abstract class WindowAssigner
{
    /// <summary>Whether windows of a key that overlap or touch become one.</summary>
    public virtual bool Merges => false;

    /// <summary>Puts the windows of a timestamp into <paramref name="windows"/>, which is empty.</summary>
    public abstract void Assign(EventTime time, List<TimeRange> windows);

    public abstract string Describe();

    /// <summary>The type of the events that it looks at, or null if it needs only their time.</summary>
    public virtual Type? EventType => null;

    /// <summary>
    /// The start of the window of a size that holds a timestamp: <c>t - floorMod(t - offset, size)</c>, also right for
    /// times before 1970. Size 60 s, offset 0: 61 s gives 60 s, -1 s gives -60 s. Saturates at the 64-bit limits.
    /// </summary>
    public static EventTime StartOf(EventTime time, long size, long offset)
    {
        Int128 remainder = ((Int128)time.Milliseconds - offset) % size;
        if (remainder < 0)
            remainder += size;
        return time.Minus((long)remainder);
    }
}

internal sealed class TumblingWindows(long size, long offset) : WindowAssigner
{
    public override void Assign(EventTime time, List<TimeRange> windows)
    {
        EventTime start = StartOf(time, size, offset);
        windows.Add(new TimeRange(start, start.Plus(size)));
    }

    public override string Describe() => $"tumbling {size} offset {offset}";
}

/// <summary>
/// From the last start at or before the timestamp back by the slide, while the window still holds it. Size 5, slide 2,
/// at 7: [6, 11) and [4, 9) hold it; [2, 7) ends at 7 and does not.
/// </summary>
internal sealed class SlidingWindows(long size, long slide, long offset) : WindowAssigner
{
    public const int MaxPerEvent = 10_000;

    public override void Assign(EventTime time, List<TimeRange> windows)
    {
        EventTime start = StartOf(time, slide, offset);
        EventTime before = time.Minus(size);
        while (start > before)
        {
            windows.Add(new TimeRange(start, start.Plus(size)));
            EventTime earlier = start.Minus(slide);
            if (earlier == start)
                break;
            start = earlier;
        }
    }

    public override string Describe() => $"sliding {size} by {slide} offset {offset}";
}

internal sealed class SessionWindows(long gap) : WindowAssigner
{
    public override bool Merges => true;

    public override void Assign(EventTime time, List<TimeRange> windows) =>
        windows.Add(new TimeRange(time, time.Plus(gap)));

    public override string Describe() => $"session {gap}";
}

/// <summary>An assigner that looks at the event as well.</summary>
internal interface IEventAssigner<in T>
{
    /// <summary>Puts the windows of an event into <paramref name="windows"/>, which is empty.</summary>
    void Assign(T value, EventTime time, List<TimeRange> windows);
}

/// <summary>Sessions whose gap follows from the event; a gap of zero gives the empty window at its time.</summary>
internal sealed class SessionWindows<T>(Func<T, TimeSpan> gap) : WindowAssigner, IEventAssigner<T>
{
    public override bool Merges => true;

    public override Type EventType => typeof(T);

    public override void Assign(EventTime time, List<TimeRange> windows) =>
        throw new InvalidOperationException("The gap of the session follows from the event.");

    public void Assign(T value, EventTime time, List<TimeRange> windows)
    {
        TimeSpan span = gap(value);
        if (span < TimeSpan.Zero)
            throw new InvalidOperationException($"The gap of a session is zero or more, and an event gives {span}.");
        windows.Add(new TimeRange(time, time + span));
    }

    public override string Describe() => "session by event";
}

/// <summary>All events of a key are in one window, which never ends.</summary>
internal sealed class GlobalWindow : WindowAssigner
{
    public override void Assign(EventTime time, List<TimeRange> windows) => windows.Add(TimeRange.All);

    public override string Describe() => "global";
}
