namespace Weir.Samples.Flights.Results;

using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

/// <summary>
/// What a run was asked for, as far as its results depend on it. It lies beside the silo's data, so that nobody goes on
/// with that data for something else.
/// </summary>
internal sealed record RunMark
{
    /// <summary>The end of the name of a mark that is being written.</summary>
    public const string Partial = ".partial";

    private static readonly JsonSerializerOptions Format = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
    };

    /// <summary>Names and sizes of the input files.</summary>
    public required string[] Files { get; init; }

    /// <summary>Partition count of the topic of flights.</summary>
    public required int Partitions { get; init; }

    /// <summary>The job's own options.</summary>
    public required FlightsOptions Flights { get; init; }

    /// <summary>Whether a running cluster has the silo's part.</summary>
    public bool IsInCluster { get; init; }

    /// <summary>
    /// The name under which the flights are sent. In a cluster, which keeps what it was sent, each input has one of its own.
    /// </summary>
    [JsonIgnore]
    public string ProducerName => IsInCluster
        ? $"flights-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', Files)))[..8])}"
        : "flights-sample";

    /// <summary>Whether the silo's data is of no use any more: the results are complete, or the run was given up.
    /// </summary>
    public bool IsOver { get; init; }

    /// <summary>The mark in a file; null if there is none, or something else.</summary>
    public static RunMark? Read(string file)
    {
        if (!File.Exists(file))
            return null;
        try
        {
            return JsonSerializer.Deserialize<RunMark>(File.ReadAllBytes(file), Format);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Writes it in place of what the file holds; there is no moment at which half of it is there.</summary>
    public void Write(string file)
    {
        string partial = file + Partial;
        File.WriteAllBytes(partial, JsonSerializer.SerializeToUtf8Bytes(this, Format));
        File.Move(partial, file, overwrite: true);
    }

    /// <summary>What differs, in words for the user; null if both are the same run.</summary>
    public string? Difference(RunMark other)
    {
        if (Partitions != other.Partitions)
            return $"--partitions {Partitions}";
        if (Flights.OutOfOrder != other.Flights.OutOfOrder)
            return $"--out-of-order {Runs.Duration.Format(Flights.OutOfOrder)}";
        if (Flights.Lateness != other.Flights.Lateness)
            return $"--lateness {Runs.Duration.Format(Flights.Lateness)}";
        if (IsInCluster != other.IsInCluster)
            return IsInCluster ? "--cluster" : "no --cluster";
        return Files.AsSpan().SequenceEqual(other.Files) ? null : "other files in --data";
    }
}
