namespace Weir.Contracts.Jobs;

using Orleans.Concurrency;

/// <summary>A checkpoint as one file.</summary>
/// <param name="Checkpoint">Its number.</param>
/// <param name="Savepoint">The savepoint's name, or null.</param>
/// <param name="Length">Bytes of the file.</param>
[GenerateSerializer]
[Immutable]
[Alias("Weir.ExportPlan")]
public sealed record ExportPlan(
    [property: Id(0)] long Checkpoint, [property: Id(1)] string? Savepoint, [property: Id(2)] long Length);

/// <summary>How a savepoint is brought in.</summary>
[GenerateSerializer]
[Immutable]
[Alias("Weir.ImportOptions")]
public sealed record ImportOptions
{
    /// <summary>As it is in the file.</summary>
    public static readonly ImportOptions Default = new();

    /// <summary>The savepoint's name here; null: the one that it has, or <c>imported-NUMBER</c>.</summary>
    [Id(0)]
    public string? Name { get; init; }

    /// <summary>
    /// Leaves out where the sources stood: a job that starts from it has its state, and reads the retained input from
    /// its beginning. For a log that is not the one that the savepoint was taken over. Default: false.
    /// </summary>
    [Id(1)]
    public bool StateOnly { get; init; }
}

/// <summary>A place for a checkpoint in a job's record.</summary>
/// <param name="Number">The number that nothing else gets.</param>
/// <param name="Epoch">The epoch under which files are stored that are to outlive the one that runs.</param>
[GenerateSerializer]
[Immutable]
[Alias("Weir.ReservedCheckpoint")]
public sealed record ReservedCheckpoint([property: Id(0)] long Number, [property: Id(1)] long Epoch);
