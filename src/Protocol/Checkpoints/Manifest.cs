namespace Weir.Protocol.Checkpoints;

using Weir.Engine.Time;

/// <summary>An operator at a checkpoint.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Groups">How many groups, or instances, it has.</param>
public readonly record struct ManifestOperator(string Name, int Groups);

/// <summary>
/// A checkpoint: what all participants of a job held at one barrier. Stored as a file; the job's record names it, and
/// only that makes the checkpoint complete.
/// </summary>
public sealed record Manifest
{
    /// <summary>The job.</summary>
    public required string Job { get; init; }

    /// <summary>The epoch in which it was taken.</summary>
    public required long Epoch { get; init; }

    /// <summary>Its number, which grows over all epochs.</summary>
    public required long Number { get; init; }

    /// <summary>The line of output history that it belongs to.</summary>
    public required long Lineage { get; init; }

    /// <summary>The graph.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>When it was begun, by the clock of the coordinator.</summary>
    public required EventTime TakenAt { get; init; }

    /// <summary>The name of the savepoint that it is, or null.</summary>
    public string? Savepoint { get; init; }

    /// <summary>Whether all input had ended: nothing is left to run after it.</summary>
    public bool IsFinal { get; init; }

    /// <summary>Partition counts of the job's topics.</summary>
    public required IReadOnlyDictionary<string, int> Partitions { get; init; }

    /// <summary>The operators, in the order of the graph.</summary>
    public required IReadOnlyList<ManifestOperator> Operators { get; init; }

    /// <summary>What each participant held.</summary>
    public required IReadOnlyList<ParticipantReport> Reports { get; init; }

    /// <summary>The names of all files that it refers to.</summary>
    public IEnumerable<string> Files =>
        Reports.SelectMany(report => report.References).Select(each => each.File).Distinct();

    /// <summary>The lengths that its files must have at least, by name.</summary>
    public IReadOnlyDictionary<string, long> Lengths => Reports.SelectMany(report => report.References)
        .GroupBy(each => each.File)
        .ToDictionary(file => file.Key, file => file.Max(each => each.End));

    /// <summary>What a participant held, or null if it did not exist.</summary>
    public ParticipantReport? ReportOf(string participant) =>
        Reports.FirstOrDefault(report => report.Participant == participant);
}
