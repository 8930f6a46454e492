namespace Weir.Benchmarks.Nexmark.Runs;

using Weir.Benchmarks.Nexmark.Queries;

/// <summary>What is run.</summary>
internal sealed record RunOptions
{
    /// <summary>The queries, in the order of the list.</summary>
    public required IReadOnlyList<NexmarkQuery> Queries { get; init; }

    /// <summary>Events of the input, persons, auctions and bids together; 1 or more.</summary>
    public required long Events { get; init; }

    /// <summary>See <see cref="Generation.NexmarkSettings.Seed"/>.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>See <see cref="Generation.NexmarkSettings.EventsPerSecond"/>.</summary>
    public long EventsPerSecond { get; init; } = 10_000;

    /// <summary>For how long each query runs at half load.</summary>
    public TimeSpan LatencyTime { get; init; } = TimeSpan.FromSeconds(15);
}
