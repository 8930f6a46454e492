namespace Weir.Contracts.Jobs;

using Weir.Engine.Time;

/// <summary>Where a job is in its life.</summary>
public enum JobState
{
    /// <summary>It does not run, and should not.</summary>
    Stopped = 0,

    /// <summary>Its participants are being opened.</summary>
    Starting = 1,

    /// <summary>It runs.</summary>
    Running = 2,

    /// <summary>All its input has ended and all its output is stored.</summary>
    Finished = 3,

    /// <summary>It could not go on; see <see cref="JobStatus.Failure"/>.</summary>
    Failed = 4,

    /// <summary>It has failed and will start again by itself; see <see cref="JobStatus.Failure"/>.</summary>
    Restarting = 5,
}

/// <summary>How a job is.</summary>
[GenerateSerializer]
[Immutable]
[Alias("Weir.JobStatus")]
public sealed record JobStatus
{
    /// <summary>Its name.</summary>
    [Id(0)]
    public required string Name { get; init; }

    /// <summary>Where it is in its life.</summary>
    [Id(1)]
    public required JobState State { get; init; }

    /// <summary>The attempt number; it grows at every start and restart.</summary>
    [Id(2)]
    public required long Epoch { get; init; }

    /// <summary>The fingerprint of its graph.</summary>
    [Id(3)]
    public string Fingerprint { get; init; } = "";

    /// <summary>Why it failed, or null.</summary>
    [Id(4)]
    public string? Failure { get; init; }

    /// <summary>Its sources' partitions.</summary>
    [Id(5)]
    public SourceStatus[] Sources { get; init; } = [];

    /// <summary>Its operators.</summary>
    [Id(6)]
    public OperatorStatus[] Operators { get; init; } = [];

    /// <summary>The views that it publishes.</summary>
    [Id(7)]
    public string[] Views { get; init; } = [];

    /// <summary>The topics that it writes.</summary>
    [Id(8)]
    public string[] Outputs { get; init; } = [];

    /// <summary>How its checkpoints go.</summary>
    [Id(9)]
    public CheckpointStatus Checkpoints { get; init; } = new();

    /// <summary>How often it has started again by itself since it was started.</summary>
    [Id(10)]
    public int Restarts { get; init; }

    /// <summary>The line of output history that it writes; it grows with every start that is not from the latest
    /// checkpoint.</summary>
    [Id(11)]
    public long Lineage { get; init; }

    /// <summary>The job that this one is a fork of; null if it is none.</summary>
    [Id(12)]
    public string? ForkOf { get; init; }
}

/// <summary>How far a job has read a partition.</summary>
/// <param name="Topic">The topic.</param>
/// <param name="Partition">The partition.</param>
/// <param name="Next">The offset of the first event not read.</param>
/// <param name="End">The offset that the next append gets; the lag is the difference.</param>
/// <param name="Watermark">The partition's watermark.</param>
/// <param name="IsIdle">Whether it is idle.</param>
[GenerateSerializer]
[Immutable]
[Alias("Weir.SourceStatus")]
public sealed record SourceStatus(
    [property: Id(0)] string Topic,
    [property: Id(1)] int Partition,
    [property: Id(2)] long Next,
    [property: Id(3)] long End,
    [property: Id(4)] EventTime Watermark,
    [property: Id(5)] bool IsIdle)
{
    /// <summary>Whether it takes no input until the sources that it is aligned with have caught up.</summary>
    [Id(6)]
    public bool IsWaiting { get; init; }

    /// <summary>Events that could not be processed and were written as dead letters, in this epoch.</summary>
    [Id(7)]
    public long DeadLetters { get; init; }

    /// <summary>Whether it has read something that the last checkpoint does not hold; mere ticks do not count.</summary>
    [Id(8)]
    public bool HasChanged { get; init; }

    /// <summary>Why it can not read at present, for example because the log does not answer; or null. The end is then the
    /// last one that was known.</summary>
    [Id(9)]
    public string? Problem { get; init; }
}

/// <summary>What an operator has done in this epoch, over all its key groups.</summary>
/// <param name="Name">The operator.</param>
/// <param name="Events">Events applied.</param>
/// <param name="LateEvents">Events that came too late.</param>
/// <param name="Keys">Keys with state.</param>
/// <param name="Watermark">The lowest watermark of its groups.</param>
[GenerateSerializer]
[Immutable]
[Alias("Weir.OperatorStatus")]
public sealed record OperatorStatus(
    [property: Id(0)] string Name,
    [property: Id(1)] long Events,
    [property: Id(2)] long LateEvents,
    [property: Id(3)] long Keys,
    [property: Id(4)] EventTime Watermark)
{
    /// <summary>Keys in quarantine.</summary>
    [Id(5)]
    public int Quarantined { get; init; }

    /// <summary>Events and timers that failed and were given up, or were discarded from quarantine.</summary>
    [Id(6)]
    public long DeadLetters { get; init; }
}
