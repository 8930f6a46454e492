namespace Weir.Engine.Time;

/// <summary>The ways in which a source derives its watermark from the timestamps of its events.</summary>
public static class Watermarks
{
    /// <summary>
    /// Events are out of order by at most <paramref name="outOfOrder"/>: the watermark is the highest timestamp minus
    /// that bound minus 1 ms. With a bound of 5 s, an event at 12:00:10.000 promises that nothing at or before
    /// 12:00:04.999 follows. It moves at the end of each batch.
    /// </summary>
    /// <param name="outOfOrder">Zero or more.</param>
    /// <param name="idleAfter">A partition without events for longer than this on the ingestion clock no longer holds
    /// the others back; null (the default): never. Must be positive.</param>
    public static WatermarkStrategy Bounded(TimeSpan outOfOrder, TimeSpan? idleAfter = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(outOfOrder, TimeSpan.Zero);
        return Create(new BoundedWatermarks(Milliseconds(outOfOrder)), idleAfter);
    }

    /// <summary>Timestamps never fall: <see cref="Bounded"/> with a bound of zero.</summary>
    /// <param name="idleAfter">As for <see cref="Bounded"/>.</param>
    public static WatermarkStrategy Monotonous(TimeSpan? idleAfter = null) => Bounded(TimeSpan.Zero, idleAfter);

    /// <summary>
    /// The events have timestamps, but these say nothing about what follows: the watermark stays at the minimum until
    /// the topic is sealed.
    /// </summary>
    /// <param name="idleAfter">As for <see cref="Bounded"/>.</param>
    public static WatermarkStrategy None(TimeSpan? idleAfter = null) => Create(new NoWatermarks(), idleAfter);

    /// <summary>A generator of the user's own; one object serves all partitions.</summary>
    /// <param name="generator">Looks at timestamps, or at the events themselves if it is a
    /// <see cref="WatermarkGenerator{T}"/> of the topic's type.</param>
    /// <param name="idleAfter">As for <see cref="Bounded"/>.</param>
    public static WatermarkStrategy Custom(WatermarkGenerator generator, TimeSpan? idleAfter = null)
    {
        ArgumentNullException.ThrowIfNull(generator);
        return Create(generator, idleAfter);
    }

    private static WatermarkStrategy Create(WatermarkGenerator generator, TimeSpan? idleAfter)
    {
        if (idleAfter is not { } span)
            return new WatermarkStrategy(generator, idleAfterMilliseconds: null);
        ArgumentOutOfRangeException.ThrowIfLessThan(span, TimeSpan.FromMilliseconds(1), nameof(idleAfter));
        return new WatermarkStrategy(generator, Milliseconds(span));
    }

    private static long Milliseconds(TimeSpan span) => span.Ticks / TimeSpan.TicksPerMillisecond;
}

/// <summary>A way to derive watermarks; made by <see cref="Watermarks"/>.</summary>
public sealed class WatermarkStrategy
{
    internal WatermarkStrategy(WatermarkGenerator generator, long? idleAfterMilliseconds)
    {
        Generator = generator;
        IdleAfterMilliseconds = idleAfterMilliseconds;
    }

    internal string Description => IdleAfterMilliseconds is { } idle
        ? $"{Generator.Description} idle({idle})"
        : Generator.Description;

    internal WatermarkGenerator Generator { get; }

    internal long? IdleAfterMilliseconds { get; }

    /// <summary>How the sources of a group wait for each other, or null.</summary>
    internal SourceAlignment? Alignment { get; private init; }

    /// <summary>
    /// Keeps this source from running far ahead: a partition whose watermark is above the lowest one of the group by
    /// more than <paramref name="maxDrift"/> takes no input until the others catch up. Idle and ended partitions do
    /// not count. Results are the same with it and without; what has to be kept for the slower ones is less.
    /// </summary>
    /// <remarks>
    /// A partition without any event counts as the lowest: without <c>idleAfter</c>, or the seal of its topic, it holds
    /// the group back as it holds back every window.
    /// </remarks>
    /// <param name="group">Sources of a job that name the same group wait for each other: 1 to 200 lower-case letters,
    /// digits, '.', '_' or '-'.</param>
    /// <param name="maxDrift">1 ms or more; how far a partition reads beyond it is at most one batch.</param>
    public WatermarkStrategy AlignedWith(string group, TimeSpan maxDrift)
    {
        ArgumentNullException.ThrowIfNull(group);
        return new WatermarkStrategy(Generator, IdleAfterMilliseconds)
        {
            Alignment = new SourceAlignment(group, maxDrift),
        };
    }
}

/// <summary>The group of sources that a source waits for.</summary>
/// <param name="Group">The group's name.</param>
/// <param name="MaxDrift">How far a partition may be ahead of the lowest of the group.</param>
public sealed record SourceAlignment(string Group, TimeSpan MaxDrift);
