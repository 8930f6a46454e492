namespace Weir.Engine.Time;

/// <summary>
/// A half-open interval of time, <c>[Start, End)</c>: the extent of a window. A window of 60 s that starts at 60 s
/// holds the timestamps 60 000 ms to 119 999 ms.
/// </summary>
/// <param name="Start">The first instant inside.</param>
/// <param name="End">The first instant after.</param>
public readonly record struct TimeRange(EventTime Start, EventTime End)
{
    /// <summary>All of time: the extent of the global window.</summary>
    public static readonly TimeRange All = new(EventTime.MinValue, EventTime.MaxValue);

    /// <summary>The greatest timestamp inside, <c>End - 1 ms</c>; of <see cref="All"/> the 64-bit maximum.</summary>
    public EventTime MaxTimestamp =>
        End.Milliseconds is long.MinValue or long.MaxValue ? End : new EventTime(End.Milliseconds - 1);

    /// <summary>Whether two windows share an instant or touch; sessions that do are merged.</summary>
    public bool Intersects(TimeRange other) => Start <= other.End && End >= other.Start;

    /// <summary>The smallest window that covers both.</summary>
    public TimeRange Cover(TimeRange other) => new(EventTime.Min(Start, other.Start), EventTime.Max(End, other.End));

    /// <summary>Shown as <c>[start, end)</c>.</summary>
    public override string ToString() => $"[{Start}, {End})";
}
