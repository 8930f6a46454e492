namespace Weir.Benchmarks.Nexmark.Runs;

using Weir.Benchmarks.Nexmark.Oracle;

/// <summary>What was measured of a query while the job read the whole input as fast as it could.</summary>
internal sealed record Throughput
{
    /// <summary>From the start of the job until all its output was stored and visible.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>Of the whole process meanwhile.</summary>
    public required TimeSpan CpuTime { get; init; }

    /// <summary>The most memory that the process had meanwhile, in bytes.</summary>
    public required long PeakMemory { get; init; }

    /// <summary>Complete checkpoints.</summary>
    public required int Checkpoints { get; init; }

    /// <summary>The greatest state that a checkpoint referred to, in bytes.</summary>
    public required long CheckpointBytes { get; init; }

    /// <summary>The median of what a checkpoint wrote, in bytes.</summary>
    public required long WrittenBytes { get; init; }

    /// <summary>The median of the durations.</summary>
    public required TimeSpan CheckpointTime { get; init; }

    /// <summary>The longest duration.</summary>
    public required TimeSpan LongestCheckpoint { get; init; }
}

/// <summary>From append to result at half load; null where results have no stamps or none came in time.</summary>
internal sealed record Latency(long Results, double P50, double P99);

/// <summary>All figures of a query.</summary>
internal sealed record QueryFigures(
    string Query, string Title, long Events, Throughput Throughput, Latency? Latency, Comparison Comparison)
{
    public double EventsPerSecond => Events / Throughput.Elapsed.TotalSeconds;

    public double CpuMicroseconds => Throughput.CpuTime.TotalMicroseconds / Events;
}
