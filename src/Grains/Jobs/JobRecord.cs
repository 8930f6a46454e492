namespace Weir.Grains.Jobs;

using Weir.Contracts.Jobs;

/// <summary>
/// What is stored of a job. It changes by compare-and-set: whoever holds an older version can not write, so a
/// coordinator that was cut off completes nothing.
/// </summary>
[GenerateSerializer]
[Alias("Weir.JobRecord")]
public sealed class JobRecord
{
    /// <summary>Whether the job should run; a silo that finds it so starts it again.</summary>
    [Id(0)]
    public bool ShouldRun { get; set; }

    /// <summary>Where it is in its life.</summary>
    [Id(1)]
    public JobState State { get; set; }

    /// <summary>Why it failed, or null.</summary>
    [Id(2)]
    public string? Failure { get; set; }

    /// <summary>Epoch, lineage and complete checkpoints; see <see cref="Protocol.Checkpoints.CheckpointRecord"/>.
    /// </summary>
    [Id(3)]
    public byte[] Checkpoints { get; set; } = [];

    /// <summary>
    /// Savepoints that lie beyond the checkpoint from which the job goes on, in the same form: they are kept, and no
    /// epoch begins with them by itself.
    /// </summary>
    [Id(4)]
    public byte[] Aside { get; set; } = [];

    /// <summary>What is shown of the checkpoints that are kept.</summary>
    [Id(5)]
    public List<CheckpointDescription> Shown { get; set; } = [];

    /// <summary>The graph with which the job was last started.</summary>
    [Id(6)]
    public string Fingerprint { get; set; } = "";

    /// <summary>Topics in whose place others are written in this lineage.</summary>
    [Id(7)]
    public Dictionary<string, string> Forks { get; set; } = [];

    /// <summary>Topics of which what was written beyond the start of this lineage is still to be removed.</summary>
    [Id(9)]
    public List<string> Replacing { get; set; } = [];

    /// <summary>Whether state of operators that the job has no more is left out.</summary>
    [Id(8)]
    public bool LeavesOutState { get; set; }

    /// <summary>
    /// The number of a savepoint that the job has taken over: with the next complete checkpoint it is one among others.
    /// 0: none.
    /// </summary>
    [Id(10)]
    public long Claimed { get; set; }

    /// <summary>The job that this one is a fork of, once it is one; null: it is no fork.</summary>
    [Id(11)]
    public string? ForkOf { get; set; }

    /// <summary>
    /// The checkpoints that forks of this job began with, by the name of the fork, each as a record of one: what they
    /// refer to is kept while the fork exists.
    /// </summary>
    [Id(12)]
    public Dictionary<string, byte[]> ForkPins { get; set; } = [];

    /// <summary>What <see cref="Engine.Streams.StreamJob.Version"/> said when the job was last started.</summary>
    [Id(13)]
    public string Version { get; set; } = "";

    /// <summary>The requests that led to savepoints, by the name of the savepoint.</summary>
    [Id(14)]
    public Dictionary<string, Guid> SavepointRequests { get; set; } = [];
}
