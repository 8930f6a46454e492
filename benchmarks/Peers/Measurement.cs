namespace Weir.Benchmarks.Peers;

using System.Text.Json.Serialization;

/// <summary>A contestant's run.</summary>
internal sealed record Measurement
{
    [JsonPropertyName("name")]
    public required string Name { get; init; }

    [JsonPropertyName("keys")]
    public required int Keys { get; init; }

    /// <summary><c>uniform</c> or <c>zipf</c>.</summary>
    [JsonPropertyName("distribution")]
    public required string Distribution { get; init; }

    [JsonPropertyName("events")]
    public required int Events { get; init; }

    [JsonPropertyName("events_per_second")]
    public required double EventsPerSecond { get; init; }

    /// <summary>CPU time of the whole process during the run, all threads.</summary>
    [JsonPropertyName("cpu_ns_per_event")]
    public required double CpuNanosecondsPerEvent { get; init; }

    [JsonPropertyName("alloc_bytes_per_event")]
    public required double AllocatedBytesPerEvent { get; init; }

    /// <summary>Number of sums that came out.</summary>
    [JsonPropertyName("results")]
    public required long Results { get; init; }

    /// <summary>The same for the same sums, in any order.</summary>
    [JsonPropertyName("checksum")]
    public required string Checksum { get; init; }
}

/// <summary>Everything that was measured.</summary>
internal sealed record Report(
    [property: JsonPropertyName("machine")] string Machine,
    [property: JsonPropertyName("rows")] IReadOnlyList<Measurement> Rows);
