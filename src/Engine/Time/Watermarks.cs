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
        long bound = Milliseconds(outOfOrder);
        return Create($"bounded({bound})", () => new BoundedWatermarks(bound), idleAfter);
    }

    /// <summary>Timestamps never fall: <see cref="Bounded"/> with a bound of zero.</summary>
    /// <param name="idleAfter">As for <see cref="Bounded"/>.</param>
    public static WatermarkStrategy Monotonous(TimeSpan? idleAfter = null) => Bounded(TimeSpan.Zero, idleAfter);

    private static WatermarkStrategy Create(string description, Func<WatermarkGenerator> generator, TimeSpan? idleAfter)
    {
        if (idleAfter is not { } span)
            return new WatermarkStrategy(description, generator, idleAfterMilliseconds: null);
        ArgumentOutOfRangeException.ThrowIfLessThan(span, TimeSpan.FromMilliseconds(1), nameof(idleAfter));
        return new WatermarkStrategy($"{description} idle({Milliseconds(span)})", generator, Milliseconds(span));
    }

    private static long Milliseconds(TimeSpan span) => span.Ticks / TimeSpan.TicksPerMillisecond;
}

/// <summary>A way to derive watermarks; made by <see cref="Watermarks"/>.</summary>
public sealed class WatermarkStrategy
{
    internal WatermarkStrategy(string description, Func<WatermarkGenerator> generator, long? idleAfterMilliseconds)
    {
        Description = description;
        Generator = generator;
        IdleAfterMilliseconds = idleAfterMilliseconds;
    }

    internal string Description { get; }

    internal Func<WatermarkGenerator> Generator { get; }

    internal long? IdleAfterMilliseconds { get; }
}
