namespace Weir.Samples.Flights.Runs;

/// <summary>What a run is asked for on the command line.</summary>
internal sealed record RunOptions
{
    /// <summary>The directory of daily files.</summary>
    public required string Data { get; init; }

    /// <summary>Where the results go, and the embedded silo's data.</summary>
    public required string Out { get; init; }

    /// <summary>Partition count of the topic of flights.</summary>
    public required int Partitions { get; init; }

    /// <summary>The job's own options.</summary>
    public required FlightsOptions Flights { get; init; }

    /// <summary>Whether standard output is a JSON summary and nothing else.</summary>
    public required bool Json { get; init; }
}
