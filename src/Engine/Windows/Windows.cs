namespace Weir.Engine.Windows;

using Weir.Engine.Time;
using Weir.Engine.Timers;

/// <summary>The kinds of windows. Windows are half-open, <c>[start, end)</c>.</summary>
public static class Windows
{
    /// <summary>
    /// Windows of a fixed size, one after the other: of 60 s, an event at 61 s belongs to [60 s, 120 s).
    /// </summary>
    /// <param name="size">1 ms or more.</param>
    /// <param name="offset">Shifts the boundaries; its magnitude is below <paramref name="size"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">A parameter is out of its range.</exception>
    public static WindowSpec Tumbling(TimeSpan size, TimeSpan offset = default)
    {
        long milliseconds = Positive(size, nameof(size));
        return new WindowSpec(new TumblingWindows(milliseconds, Offset(offset, milliseconds)), TimeSpan.Zero);
    }

    /// <summary>
    /// Windows of a fixed size that begin every <paramref name="slide"/>: of 60 s by 20 s, an event at 61 s belongs to
    /// [20 s, 80 s), [40 s, 100 s) and [60 s, 120 s).
    /// </summary>
    /// <param name="size">1 ms or more; need not be a multiple of <paramref name="slide"/>, nor as large.</param>
    /// <param name="slide">1 ms or more; an event is in at most 10 000 windows.</param>
    /// <param name="offset">Shifts the boundaries; its magnitude is below <paramref name="slide"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">A parameter is out of its range.</exception>
    public static WindowSpec Sliding(TimeSpan size, TimeSpan slide, TimeSpan offset = default)
    {
        long sizeMilliseconds = Positive(size, nameof(size));
        long slideMilliseconds = Positive(slide, nameof(slide));
        if (sizeMilliseconds / slideMilliseconds > SlidingWindows.MaxPerEvent)
            throw new ArgumentOutOfRangeException(
                nameof(slide), slide, $"An event would be in more than {SlidingWindows.MaxPerEvent} windows.");
        return new WindowSpec(
            new SlidingWindows(sizeMilliseconds, slideMilliseconds, Offset(offset, slideMilliseconds)), TimeSpan.Zero);
    }

    /// <summary>
    /// Windows of activity: an event opens [t, t + gap), and windows of a key that overlap or touch become one.
    /// </summary>
    /// <param name="gap">1 ms or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">A parameter is out of its range.</exception>
    public static WindowSpec Session(TimeSpan gap) =>
        new(new SessionWindows(Positive(gap, nameof(gap))), TimeSpan.Zero);

    /// <summary>
    /// Windows of activity with a gap that follows from the event: it opens [t, t + gap), and windows of a key that
    /// overlap or touch become one.
    /// </summary>
    /// <param name="gap">A pure function; zero or more, where zero is the empty window at the event's time.</param>
    public static WindowSpec Session<T>(Func<T, TimeSpan> gap)
    {
        ArgumentNullException.ThrowIfNull(gap);
        return new WindowSpec(new SessionWindows<T>(gap), TimeSpan.Zero);
    }

    /// <summary>
    /// One window per key for all of time. It never fires by itself: give it a trigger, such as
    /// <see cref="Triggers.Count"/> or <see cref="Triggers.EndOfStream"/>.
    /// </summary>
    public static WindowSpec Global() => new(new GlobalWindow(), TimeSpan.Zero) { Domain = TimeDomain.Processing };

    /// <summary>
    /// Windows of a number of events per key, in order of arrival. Without a slide, windows of 3 give the events 1 to
    /// 3, then 4 to 6, and forget them. With one, every <paramref name="slide"/> events they give the last
    /// <paramref name="size"/>: 3 by 2 gives 1 to 2, then 2 to 4, then 4 to 6.
    /// </summary>
    /// <remarks>
    /// It is the global window with a trigger of its own, and with an evictor if there is a slide; one that is stated
    /// replaces it. A window that is not full when the input ends gives nothing. Source: Flink's countWindow.
    /// </remarks>
    /// <param name="size">1 or more.</param>
    /// <param name="slide">1 or more; also more than <paramref name="size"/>. Default: none.</param>
    /// <exception cref="ArgumentOutOfRangeException">A parameter is out of its range.</exception>
    public static WindowSpec Count(int size, int? slide = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(size);
        return new WindowSpec(new GlobalWindow(), TimeSpan.Zero)
        {
            Domain = TimeDomain.Processing,
            CountTrigger = slide is { } step ? Triggers.Count(step) : Triggers.Purging(Triggers.Count(size)),
            KeepsLast = slide is null ? null : size,
        };
    }

    /// <summary>As <see cref="Tumbling"/>, by the ingestion clock when the event arrives.</summary>
    /// <param name="size">1 ms or more.</param>
    /// <param name="offset">Shifts the boundaries; its magnitude is below <paramref name="size"/>.</param>
    public static WindowSpec TumblingProcessingTime(TimeSpan size, TimeSpan offset = default) =>
        Tumbling(size, offset).ByClock();

    /// <summary>As <see cref="Sliding"/>, by the ingestion clock when the event arrives.</summary>
    /// <param name="size">1 ms or more; need not be a multiple of <paramref name="slide"/>, nor as large.</param>
    /// <param name="slide">1 ms or more; an event is in at most 10 000 windows.</param>
    /// <param name="offset">Shifts the boundaries; its magnitude is below <paramref name="slide"/>.</param>
    public static WindowSpec SlidingProcessingTime(TimeSpan size, TimeSpan slide, TimeSpan offset = default) =>
        Sliding(size, slide, offset).ByClock();

    /// <summary>As <see cref="Session(TimeSpan)"/>, by the ingestion clock when the event arrives.</summary>
    /// <param name="gap">1 ms or more.</param>
    public static WindowSpec SessionProcessingTime(TimeSpan gap) => Session(gap).ByClock();

    /// <summary>
    /// As <see cref="Session{T}(Func{T, TimeSpan})"/>, by the ingestion clock when the event arrives.
    /// </summary>
    /// <param name="gap">A pure function; zero or more.</param>
    public static WindowSpec SessionProcessingTime<T>(Func<T, TimeSpan> gap) => Session(gap).ByClock();

    internal static long Positive(TimeSpan span, string name)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(span, TimeSpan.FromMilliseconds(1), name);
        return span.Ticks / TimeSpan.TicksPerMillisecond;
    }

    private static long Offset(TimeSpan offset, long below)
    {
        long milliseconds = offset.Ticks / TimeSpan.TicksPerMillisecond;
        if (milliseconds <= -below || milliseconds >= below)
            throw new ArgumentOutOfRangeException(
                nameof(offset), offset, "The offset must be smaller than the step of the windows.");
        return milliseconds;
    }
}
