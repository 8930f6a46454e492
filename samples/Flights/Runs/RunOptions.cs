namespace Weir.Samples.Flights.Runs;

/// <summary>What a run is asked for on the command line.</summary>
internal sealed record RunOptions
{
    /// <summary>The directory of daily files.</summary>
    public required string Data { get; init; }

    /// <summary>Where the results go, and the embedded silo's data.</summary>
    public required string Out { get; init; }

    /// <summary>The gateways of a running cluster, with commas between; null: a silo in this process.</summary>
    public required string? Cluster { get; init; }

    /// <summary>Partition count of the topic of flights.</summary>
    public required int Partitions { get; init; }

    /// <summary>The job's own options.</summary>
    public required FlightsOptions Flights { get; init; }

    /// <summary>Whether the data of an interrupted run is removed instead of used.</summary>
    public required bool Fresh { get; init; }

    /// <summary>After how many flights sent the process kills itself; null: never.</summary>
    public required long? KillAfter { get; init; }

    /// <summary>Whether standard output is a JSON summary and nothing else.</summary>
    public required bool Json { get; init; }
}
