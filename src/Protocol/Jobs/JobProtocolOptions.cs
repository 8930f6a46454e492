namespace Weir.Protocol.Jobs;

using Weir.Protocol.Checkpoints;

/// <summary>What a job's coordinator has to know of the job.</summary>
public sealed record JobShape
{
    /// <summary>Name of the job.</summary>
    public required string Job { get; init; }

    /// <summary>The graph.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>Partition counts of the job's topics.</summary>
    public required IReadOnlyDictionary<string, int> Partitions { get; init; }

    /// <summary>The operators, in the order of the graph.</summary>
    public required IReadOnlyList<ManifestOperator> Operators { get; init; }

    /// <summary>Everybody whose report a checkpoint needs: sources and groups, in a fixed order.</summary>
    public required IReadOnlyList<JobParticipant> Participants { get; init; }
}

/// <summary>How a job's coordinator works.</summary>
public sealed record JobProtocolOptions
{
    /// <summary>When checkpoints are taken and how many are kept.</summary>
    public CheckpointOptions Checkpoints { get; init; } = new();

    /// <summary>No checkpoint gets a number up to this one: they are in use, or were. Default: 0.</summary>
    public long LastNumber { get; init; }

    /// <summary>When a failed job begins a new epoch.</summary>
    public RestartStrategy Restart { get; init; } = RestartStrategy.Default;

    /// <summary>
    /// When the next epoch begins after participants were lost with their silo: the first time at once, then after these
    /// delays. Default: 200 ms, 400 ms … 5 s; after an epoch that ran for 10 s, at once again.
    /// </summary>
    public RestartStrategy.ExponentialDelay Loss { get; init; } = new()
    {
        Initial = TimeSpan.FromMilliseconds(100),
        Maximum = TimeSpan.FromSeconds(5),
        ResetAfter = TimeSpan.FromSeconds(10),
    };

    /// <summary>
    /// Who has not confirmed is told again after this; so often, too, the record is looked at while nothing changes.
    /// Default: 5 s.
    /// </summary>
    public TimeSpan RepeatAfter { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Whether the line of output history goes on when the latest checkpoint is damaged and an older one has to do. Right
    /// only where a replay gives the same output in the same order: then it is stored once. Default: no, a new line
    /// begins.
    /// </summary>
    public bool KeepLineageOnFallback { get; init; }

    /// <summary>
    /// Whether an older checkpoint may do where the line of output history would not go on: output beyond it may be
    /// there already, and is written again. Default: no, the job stops and says so.
    /// </summary>
    public bool AcceptsDuplicates { get; init; }
}
