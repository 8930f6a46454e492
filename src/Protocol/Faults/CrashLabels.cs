namespace Weir.Protocol.Faults;

/// <summary>
/// Every place where tests kill the process, in the order of an event's and a checkpoint's life. Invariant: each label
/// is passed in the product, and the faults program has rounds for each.
/// </summary>
public static class CrashLabels
{
    /// <summary>A client's append has come, the log knows nothing of it.</summary>
    public const string AppendBefore = "append.before";

    /// <summary>The log has written a transaction, not committed it.</summary>
    public const string AppendBeforeCommit = "append.before-commit";

    /// <summary>The log has committed; whoever appended does not know it.</summary>
    public const string AppendAfterCommit = "append.after-commit";

    /// <summary>The log has answered, the client has not been answered.</summary>
    public const string AppendAfter = "append.after";

    /// <summary>A source is given a block of batches.</summary>
    public const string DeliveryBefore = "delivery.before";

    /// <summary>A source has read a block, and its slices are on their way.</summary>
    public const string DeliveryAfter = "delivery.after";

    /// <summary>A key group is about to apply a slice.</summary>
    public const string SliceBefore = "slice.before";

    /// <summary>A key group has applied a slice, and what it emitted has not left.</summary>
    public const string SliceAfter = "slice.after";

    /// <summary>The coordinator has begun a checkpoint and asked no source.</summary>
    public const string BarrierBefore = "barrier.before";

    /// <summary>The coordinator has asked one source for a barrier; the others are still to be asked.</summary>
    public const string BarrierBetweenSources = "barrier.between-sources";

    /// <summary>A source is asked for a barrier.</summary>
    public const string BarrierBeforeSource = "barrier.before-source";

    /// <summary>A source has recorded its position; no slice with the barrier has left.</summary>
    public const string BarrierAfterCut = "barrier.after-cut";

    /// <summary>The barrier of a source is on its way to all key groups.</summary>
    public const string BarrierAfterSource = "barrier.after-source";

    /// <summary>A key group has the barrier on a channel, and may wait for others.</summary>
    public const string BarrierArrived = "barrier.arrived";

    /// <summary>A key group has the barrier on all channels and has captured nothing.</summary>
    public const string CopyBefore = "copy.before";

    /// <summary>A key group has captured what changed and has not forwarded the barrier.</summary>
    public const string CopyAfter = "copy.after";

    /// <summary>A key group has forwarded the barrier.</summary>
    public const string BarrierAfterGroup = "barrier.after-group";

    /// <summary>What a key group captured has been copied, and nothing of it is stored.</summary>
    public const string CopyEnd = "copy.end";

    /// <summary>A file of segments is to be written and does not exist.</summary>
    public const string SegmentBefore = "segment.before";

    /// <summary>A part of a file is written, further parts are not.</summary>
    public const string SegmentBetweenParts = "segment.between-parts";

    /// <summary>A file is written and not yet durable.</summary>
    public const string SegmentBeforeSync = "segment.before-sync";

    /// <summary>A file's bytes are durable, its name in the directory is not.</summary>
    public const string SegmentBeforeDirectorySync = "segment.before-directory-sync";

    /// <summary>A file and its name are durable, and nobody knows.</summary>
    public const string SegmentAfter = "segment.after";

    /// <summary>A participant is about to report.</summary>
    public const string ReportBefore = "report.before";

    /// <summary>A participant has reported.</summary>
    public const string ReportAfter = "report.after";

    /// <summary>The coordinator is given a report and has not counted it.</summary>
    public const string ReportReceived = "report.received";

    /// <summary>Every participant has reported, there is no manifest.</summary>
    public const string ManifestBefore = "manifest.before";

    /// <summary>The manifest is durable, and the job's record does not name it.</summary>
    public const string ManifestAfter = "manifest.after";

    /// <summary>The job's record is about to name the checkpoint.</summary>
    public const string RecordBefore = "record.before";

    /// <summary>The job's record names the checkpoint: it is complete, and nobody has been told.</summary>
    public const string RecordAfter = "record.after";

    /// <summary>A participant is told that its checkpoint is complete and has published nothing of it.</summary>
    public const string CommitBefore = "commit.before";

    /// <summary>Staged output of a complete checkpoint is about to be appended to a topic.</summary>
    public const string OutputBefore = "output.before";

    /// <summary>Staged output has been appended to one partition, not to the others.</summary>
    public const string OutputAfter = "output.after";

    /// <summary>Staged output is about to be given to a sink.</summary>
    public const string SinkBefore = "sink.before";

    /// <summary>A sink has written output and not made it durable.</summary>
    public const string SinkBeforeCommit = "sink.before-commit";

    /// <summary>A sink has made output durable, and the caller does not know.</summary>
    public const string SinkAfterCommit = "sink.after-commit";

    /// <summary>A participant has published everything and not said so.</summary>
    public const string ConfirmBefore = "confirm.before";

    /// <summary>The coordinator has counted that a participant has published.</summary>
    public const string ConfirmAfter = "confirm.after";

    /// <summary>A job is about to begin a new epoch.</summary>
    public const string EpochBefore = "epoch.before";

    /// <summary>The new epoch is stored, and nothing runs in it.</summary>
    public const string EpochAfter = "epoch.after";

    /// <summary>The manifest to restore from has been read and its files have not been looked at.</summary>
    public const string RestoreManifest = "restore.manifest";

    /// <summary>The files are there; no group has been opened.</summary>
    public const string RestoreVerified = "restore.verified";

    /// <summary>A key group has opened its chain and loaded nothing.</summary>
    public const string RestoreBeforeLoad = "restore.before-load";

    /// <summary>A key group has loaded its rows.</summary>
    public const string RestoreAfterLoad = "restore.after-load";

    /// <summary>Staged output that an earlier epoch did not confirm is about to be appended again.</summary>
    public const string RestoreBeforeOutput = "restore.before-output";

    /// <summary>Groups are open; no source is.</summary>
    public const string RestoreBeforeSources = "restore.before-sources";

    /// <summary>A key group is about to apply its first slice after a restore.</summary>
    public const string RestoreBeforeFirstSlice = "restore.before-first-slice";

    /// <summary>A savepoint is asked for and not recorded.</summary>
    public const string SavepointBefore = "savepoint.before";

    /// <summary>What a savepoint needs is about to be kept for good.</summary>
    public const string SavepointBeforePin = "savepoint.before-pin";

    /// <summary>What a savepoint needs is kept for good, and its owner has not been told.</summary>
    public const string SavepointAfterPin = "savepoint.after-pin";

    /// <summary>A chain is about to be folded.</summary>
    public const string FoldBefore = "fold.before";

    /// <summary>The folded base is stored and has not been read back.</summary>
    public const string FoldBeforeReadBack = "fold.before-read-back";

    /// <summary>The folded base has been read back, and the chain is still the one that is used.</summary>
    public const string FoldAfterReadBack = "fold.after-read-back";

    /// <summary>A checkpoint is to be removed, and the job's record refers to it.</summary>
    public const string RemovalBefore = "removal.before";

    /// <summary>The job's record does not refer to the checkpoint any more; its files are there.</summary>
    public const string RemovalAfterReference = "removal.after-reference";

    /// <summary>One of several files of a removed checkpoint is gone.</summary>
    public const string RemovalBetweenFiles = "removal.between-files";

    /// <summary>All files of a removed checkpoint are gone.</summary>
    public const string RemovalAfter = "removal.after";

    /// <summary>The log is about to be told that input below a checkpoint is not needed any more.</summary>
    public const string PinBefore = "pin.before";

    /// <summary>A job is stopping: its final checkpoint is complete, and its record says that it runs.</summary>
    public const string StopBefore = "stop.before";

    /// <summary>All labels, in the order above.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        AppendBefore, AppendBeforeCommit, AppendAfterCommit, AppendAfter, DeliveryBefore, DeliveryAfter,
        SliceBefore, SliceAfter, BarrierBefore, BarrierBetweenSources, BarrierBeforeSource, BarrierAfterCut,
        BarrierAfterSource, BarrierArrived, CopyBefore, CopyAfter, BarrierAfterGroup, CopyEnd,
        SegmentBefore, SegmentBetweenParts, SegmentBeforeSync, SegmentBeforeDirectorySync, SegmentAfter, ReportBefore,
        ReportAfter, ReportReceived, ManifestBefore, ManifestAfter, RecordBefore, RecordAfter, CommitBefore, OutputBefore,
        OutputAfter, SinkBefore, SinkBeforeCommit, SinkAfterCommit, ConfirmBefore, ConfirmAfter, EpochBefore,
        EpochAfter, RestoreManifest, RestoreVerified, RestoreBeforeLoad, RestoreAfterLoad, RestoreBeforeOutput,
        RestoreBeforeSources, RestoreBeforeFirstSlice, SavepointBefore, SavepointBeforePin, SavepointAfterPin,
        FoldBefore, FoldBeforeReadBack, FoldAfterReadBack, RemovalBefore, RemovalAfterReference,
        RemovalBetweenFiles, RemovalAfter, PinBefore, StopBefore,
    ];
}
