namespace Weir.Contracts.Jobs;

using Orleans.Concurrency;

/// <summary>What becomes of the output that a job has written beyond the point from which it starts anew.</summary>
public enum OutputChoice
{
    /// <summary>No choice: a start that needs one is refused.</summary>
    None = 0,

    /// <summary>What was written beyond that point is removed, and the new output takes its place.</summary>
    Replace = 1,

    /// <summary>What was written stays, and the new output comes after it.</summary>
    Append = 2,

    /// <summary>
    /// What was written stays, and the new output goes to a topic or sink of its own, <c>NAME.LINEAGE</c>.
    /// </summary>
    Fork = 3,
}

/// <summary>From where and how a job is started.</summary>
[GenerateSerializer]
[Immutable]
[Alias("Weir.StartOptions")]
public sealed record StartOptions
{
    /// <summary>From the last checkpoint, or from the beginning of the input if there is none.</summary>
    public static readonly StartOptions Default = new();

    /// <summary>A checkpoint's number or a savepoint's name; null: the last checkpoint.</summary>
    [Id(0)]
    public string? From { get; init; }

    /// <summary>From the beginning of the retained input, without any state. Default: false.</summary>
    [Id(1)]
    public bool Anew { get; init; }

    /// <summary>
    /// What becomes of output beyond the point from which the job starts. Needed for every start that is not from the
    /// latest checkpoint, and for one with a changed graph.
    /// </summary>
    [Id(2)]
    public OutputChoice Outputs { get; init; }

    /// <summary>Choices for single topics or sinks, by name, in place of <see cref="Outputs"/>.</summary>
    [Id(3)]
    public Dictionary<string, OutputChoice> OutputsOf { get; init; } = [];

    /// <summary>
    /// Leaves out state of operators that the job has no more; without it they are named and the start is refused.
    /// </summary>
    [Id(4)]
    public bool AllowUnmatchedState { get; init; }

    /// <summary>
    /// Accepts that a sink which can not tell repeated output gets some of it twice, where a damaged checkpoint forces
    /// the job back behind one whose output is out already.
    /// </summary>
    [Id(5)]
    public bool AcceptDuplicates { get; init; }

    /// <summary>
    /// The job takes over the savepoint that it starts from: once it has completed a checkpoint of its own, the
    /// savepoint is an ordinary checkpoint and goes when newer ones take its place. Default: false, it stays until it is
    /// deleted.
    /// </summary>
    [Id(6)]
    public bool Claim { get; init; }
}

/// <summary>How a job is stopped.</summary>
[GenerateSerializer]
[Immutable]
[Alias("Weir.StopOptions")]
public sealed record StopOptions
{
    /// <summary>At once; what was read since the last checkpoint is read again by the next start.</summary>
    public static readonly StopOptions Default = new();

    /// <summary>The name of a savepoint to take first; null: none.</summary>
    [Id(0)]
    public string? Savepoint { get; init; }

    /// <summary>
    /// Before that the watermark is raised to the maximum, so that all windows and timers fire: for a job that is not
    /// to go on. Default: false.
    /// </summary>
    [Id(1)]
    public bool Drain { get; init; }

    /// <summary>
    /// Which request this is, so that one whose answer was lost can be repeated. The client gives it one of its own if it
    /// is empty.
    /// </summary>
    [Id(2)]
    public Guid Request { get; init; }
}

/// <summary>A checkpoint that is kept, or a savepoint.</summary>
[GenerateSerializer]
[Immutable]
[Alias("Weir.CheckpointDescription")]
public sealed record CheckpointDescription
{
    /// <summary>Its number; it grows over all epochs of the job.</summary>
    [Id(0)]
    public required long Number { get; init; }

    /// <summary>The epoch that took it.</summary>
    [Id(1)]
    public required long Epoch { get; init; }

    /// <summary>The line of output history that it belongs to.</summary>
    [Id(2)]
    public required long Lineage { get; init; }

    /// <summary>The savepoint's name, or null.</summary>
    [Id(3)]
    public string? Savepoint { get; init; }

    /// <summary>When it was begun.</summary>
    [Id(4)]
    public required DateTimeOffset TakenAt { get; init; }

    /// <summary>How long it took until it was complete.</summary>
    [Id(5)]
    public required TimeSpan Duration { get; init; }

    /// <summary>Bytes of state that it refers to.</summary>
    [Id(6)]
    public required long Bytes { get; init; }

    /// <summary>Bytes that were written for it; the rest it shares with those before.</summary>
    [Id(7)]
    public required long WrittenBytes { get; init; }
}

/// <summary>How the checkpoints of a running job go.</summary>
[GenerateSerializer]
[Immutable]
[Alias("Weir.CheckpointStatus")]
public sealed record CheckpointStatus
{
    /// <summary>The last complete one, or null.</summary>
    [Id(0)]
    public CheckpointDescription? Last { get; init; }

    /// <summary>How many in a row have not completed; 0: all is well.</summary>
    [Id(1)]
    public int Failed { get; init; }

    /// <summary>What the one under way waits for, or why the last one did not complete; null if all is well.</summary>
    [Id(2)]
    public string? Problem { get; init; }

    /// <summary>
    /// Whether the last one holds all that there is: nothing has changed since, so that none is taken, however old it is.
    /// </summary>
    [Id(3)]
    public bool IsCurrent { get; init; }
}

/// <summary>A participant's part in a checkpoint.</summary>
/// <param name="Checkpoint">The checkpoint.</param>
/// <param name="Epoch">The epoch of the job when it was asked for.</param>
/// <param name="Partitions">The partition count of every topic of the job.</param>
/// <param name="Report">The part itself.</param>
[GenerateSerializer]
[Immutable]
[Alias("Weir.CheckpointPart")]
public sealed record CheckpointPart(
    [property: Id(0)] long Checkpoint,
    [property: Id(1)] long Epoch,
    [property: Id(2)] Dictionary<string, int> Partitions,
    [property: Id(3)] ReadOnlyMemory<byte> Report);
