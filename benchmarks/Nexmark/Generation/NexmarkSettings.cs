namespace Weir.Benchmarks.Nexmark.Generation;

using Weir.Engine.Time;

/// <summary>What the events depend on.</summary>
public sealed record NexmarkSettings
{
    /// <summary>Two generators of one seed make the same events. Default 1.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Events per second of event time, 1 or more; default 10 000, as published.</summary>
    public long EventsPerSecond { get; init; } = 10_000;

    /// <summary>The time of the first event; default: a minute and a half before a midnight.</summary>
    public EventTime Begin { get; init; } = EventTime.From(new DateTime(2026, 7, 14, 23, 58, 30, DateTimeKind.Utc));
}
