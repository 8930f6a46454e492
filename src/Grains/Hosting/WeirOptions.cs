namespace Weir.Grains.Hosting;

using Weir.Grains.Storage;
using Weir.Protocol.Checkpoints;
using Weir.Protocol.Jobs;
using Weir.Protocol.Sinks;

/// <summary>The settings of Weir on a silo; validated when the silo starts.</summary>
public sealed class WeirOptions
{
    /// <summary>
    /// Where an embedded silo keeps its event log and its records; created if need be. A cluster does not use it. Default:
    /// <c>weir-data</c> below the current directory.
    /// </summary>
    public string DataDirectory { get; set; } = "weir-data";

    /// <summary>
    /// The connection string of the PostgreSQL database of a cluster, version 15 or later, the same on all its silos.
    /// Event log, records, checkpoints and membership are in it, of one cluster alone; tables are created and migrated when
    /// a silo starts, and need no more than the right to create tables. Default: none, an embedded silo.
    /// </summary>
    public string? Database { get; set; }

    /// <summary>
    /// A directory for checkpoints instead of the database; it must be one that all silos share. Default: none.
    /// </summary>
    public string? SegmentDirectory { get; set; }

    /// <summary>Partitions of a topic that is created without saying how many, 1 to 1024. Default: 4.</summary>
    public int DefaultPartitions { get; set; } = 4;

    /// <summary>
    /// How many events may wait for a key group before its senders wait, 64 to 1 048 576. More smooths bursts and costs
    /// memory. Default: 4096.
    /// </summary>
    public int InboxEvents { get; set; } = 4096;

    /// <summary>
    /// How many events of output may wait for a checkpoint in each source partition and key group; with that many it takes
    /// no more input, and a checkpoint is begun at once. 1 or more. Default: 262 144.
    /// </summary>
    public long StagedEvents { get; set; } = StagingBound.Default.Events;

    /// <summary>The same in bytes. 1 or more. Default: 16 MiB.</summary>
    public long StagedBytes { get; set; } = StagingBound.Default.Bytes;

    /// <summary>How often a silo looks whether the jobs that should run do. Default: 5 s; 100 ms or more.</summary>
    public TimeSpan RevivalPeriod { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// For how long the silos must have been the same before jobs move to those that have come. Each move interrupts a job
    /// for a moment, so silos that come one after the other should count as one change. Default: 3 s; 0 to 10 minutes.
    /// </summary>
    public TimeSpan MoveDelay { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// How often batches beyond their topic's retention are removed, never past what a running job still has to read.
    /// Default: 1 minute; 100 ms or more.
    /// </summary>
    public TimeSpan RetentionPeriod { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// How often a running job takes a checkpoint while anything changes. Transactional output becomes visible with each,
    /// and a failure reads this much input again. Default: 1 s; 10 ms or more.
    /// </summary>
    public TimeSpan CheckpointInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long a checkpoint may take before it is given up; the job goes on and the next one takes over what it held.
    /// Default: 1 minute; 100 ms or more.
    /// </summary>
    public TimeSpan CheckpointTimeout { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How many complete checkpoints are kept beside savepoints, 1 to 1000. Default: 3.</summary>
    public int CheckpointsRetained { get; set; } = 3;

    /// <summary>Whether and when a failed job starts again by itself. Default: with growing pauses, for ever.</summary>
    public RestartStrategy RestartStrategy { get; set; } = RestartStrategy.Default;

    /// <summary>
    /// How long a source that waits for others keeps a delivery before it gives up its subscription; below the time
    /// after which a call is made again.
    /// </summary>
    internal TimeSpan AlignmentPatience { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// After how long without a delivery, although the log has more, a source subscribes again; it takes up to twice this
    /// to notice.
    /// </summary>
    internal TimeSpan DeliveryPatience { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>When the stored chain of a group gets a new base, and which of two ways.</summary>
    internal ChainPolicy Chains { get; set; } = ChainPolicy.Default;

    /// <summary>One sentence per setting that is out of its range.</summary>
    public IEnumerable<string> Faults()
    {
        if (Database is null && string.IsNullOrWhiteSpace(DataDirectory))
            yield return "DataDirectory is empty: name a directory that the silo may write to.";
        if (Database is not null && ClusterDatabase.FaultOf(Database) is { } fault)
            yield return $"Database {fault}.";
        if (Database is null && SegmentDirectory is not null)
            yield return "SegmentDirectory is set without Database: an embedded silo has its checkpoints in DataDirectory.";
        if (SegmentDirectory is not null && string.IsNullOrWhiteSpace(SegmentDirectory))
            yield return "SegmentDirectory is empty: name a directory that all silos share, or leave it out.";
        if (DefaultPartitions is < 1 or > 1024)
            yield return $"DefaultPartitions is {DefaultPartitions}: use 1 to 1024.";
        if (InboxEvents is < 64 or > 1_048_576)
            yield return $"InboxEvents is {InboxEvents}: use 64 to 1048576.";
        if (StagedEvents < 1)
            yield return $"StagedEvents is {StagedEvents}: use 1 or more.";
        if (StagedBytes < 1)
            yield return $"StagedBytes is {StagedBytes}: use 1 or more.";
        if (RevivalPeriod < TimeSpan.FromMilliseconds(100))
            yield return $"RevivalPeriod is {RevivalPeriod}: use 100 ms or more.";
        if (MoveDelay < TimeSpan.Zero || MoveDelay > TimeSpan.FromMinutes(10))
            yield return $"MoveDelay is {MoveDelay}: use 0 to 10 minutes.";
        if (RetentionPeriod < TimeSpan.FromMilliseconds(100))
            yield return $"RetentionPeriod is {RetentionPeriod}: use 100 ms or more.";
        if (CheckpointInterval < TimeSpan.FromMilliseconds(10))
            yield return $"CheckpointInterval is {CheckpointInterval}: use 10 ms or more.";
        if (CheckpointTimeout < TimeSpan.FromMilliseconds(100))
            yield return $"CheckpointTimeout is {CheckpointTimeout}: use 100 ms or more.";
        if (CheckpointsRetained is < 1 or > 1000)
            yield return $"CheckpointsRetained is {CheckpointsRetained}: use 1 to 1000.";
    }
}
