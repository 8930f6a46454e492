namespace Weir.Protocol.Jobs;

using Weir.Protocol.Checkpoints;
using Weir.Protocol.Sources;

/// <summary>
/// What a job's grain has to do next; see <see cref="JobProtocol"/>. Each says which call answers it. An answer may come
/// late; without one the job does not go on, so what can not be done is answered as well. <see cref="ReadRecord"/> and
/// <see cref="WriteRecord"/> are done one after another, in their order, and answered once each.
/// </summary>
public abstract record JobAction
{
    private JobAction()
    {
    }

    /// <summary>Read the record anew; answer with <see cref="JobProtocol.OnRecordRead"/> or
    /// <see cref="JobProtocol.OnRecordUnavailable"/>.</summary>
    public sealed record ReadRecord : JobAction;

    /// <summary>
    /// Write the record if it is still as it was last read or written; answer with
    /// <see cref="JobProtocol.OnRecordWritten"/>.
    /// </summary>
    public sealed record WriteRecord(CheckpointRecord Record) : JobAction;

    /// <summary>Read a manifest, compare its checksum and decode it; answer with
    /// <see cref="JobProtocol.OnManifestRead"/>.</summary>
    public sealed record ReadManifest(CompleteCheckpoint Checkpoint) : JobAction;

    /// <summary>Look whether all files are there with at least these lengths; answer with
    /// <see cref="JobProtocol.OnFilesVerified"/>.</summary>
    public sealed record VerifyFiles(Manifest Manifest) : JobAction;

    /// <summary>Remove files of the job that nothing refers to and that were made in earlier epochs: all of its prefix
    /// but <paramref name="Kept"/>. Needs no answer.</summary>
    public sealed record RemoveOrphans(long BelowEpoch, IReadOnlyList<string> Kept) : JobAction;

    /// <summary>
    /// Open the groups, then the sources, in a new epoch, each with its report of the checkpoint; answer with
    /// <see cref="JobProtocol.OnOpened"/>, or <see cref="JobProtocol.OnFailure"/>.
    /// </summary>
    public sealed record Open(EpochStart Start) : JobAction;

    /// <summary>Compare the checksums of all segments of a checkpoint, while participants open; answer with
    /// <see cref="JobProtocol.OnContentsVerified"/>.</summary>
    public sealed record VerifyContents(Manifest Manifest) : JobAction;

    /// <summary>
    /// Ask every source for the barrier, and tell everybody which checkpoint is the last complete one. Needs no answer.
    /// </summary>
    /// <param name="Epoch">The epoch.</param>
    /// <param name="Number">The checkpoint.</param>
    /// <param name="Completed">The last complete one; 0: none.</param>
    /// <param name="Holds">See <see cref="CheckpointStart.Holds"/>.</param>
    public sealed record Trigger(long Epoch, long Number, long Completed, bool Holds) : JobAction;

    /// <summary>Tell everybody that a checkpoint was given up: nothing waits for its barriers any more. May be lost.
    /// </summary>
    public sealed record Abort(long Epoch, long Number, string Reason) : JobAction;

    /// <summary>
    /// Keep the input from where the checkpoint stands on, then write the manifest under a name of its own, durably;
    /// answer with <see cref="JobProtocol.OnManifestWritten"/> or <see cref="JobProtocol.OnManifestFailed"/>.
    /// </summary>
    public sealed record WriteManifest(Manifest Manifest) : JobAction;

    /// <summary>
    /// Tell participants that a checkpoint is complete: they append what became visible and then answer with
    /// <see cref="JobProtocol.OnConfirmed"/>. Repeated until all of <paramref name="Waiting"/> have.
    /// </summary>
    /// <param name="Epoch">The epoch.</param>
    /// <param name="Number">The checkpoint.</param>
    /// <param name="Waiting">Who has something to append and has not confirmed it.</param>
    /// <param name="IsFirst">Whether everybody is to be told, not only those.</param>
    public sealed record Commit(long Epoch, long Number, IReadOnlyList<string> Waiting, bool IsFirst) : JobAction;

    /// <summary>
    /// The record no longer refers to these checkpoints: let go of the input that was kept for them and remove the
    /// files. Needs no answer; what is left is removed at the next epoch.
    /// </summary>
    public sealed record Retire(IReadOnlyList<CompleteCheckpoint> Checkpoints, IReadOnlyList<string> Files) : JobAction;

    /// <summary>A savepoint is complete: whoever asked for it is to be told. Needs no answer.</summary>
    public sealed record SavepointDone(CompleteCheckpoint Savepoint) : JobAction;

    /// <summary>All output is stored: let participants finish their sinks; answer with
    /// <see cref="JobProtocol.OnOutputFinished"/>.</summary>
    public sealed record FinishOutput(long Epoch) : JobAction;

    /// <summary>Close the participants of an epoch, sources first. Needs no answer and may fail: they are fenced.
    /// </summary>
    public sealed record Close(long Epoch, string Reason) : JobAction;

    /// <summary>The job runs. Needs no answer.</summary>
    public sealed record Running(long Epoch) : JobAction;

    /// <summary>The job has finished, which is recorded. Needs no answer.</summary>
    public sealed record Finished(long Epoch) : JobAction;

    /// <summary>The job has failed for good, which is recorded if the record could be written. Needs no answer.
    /// </summary>
    public sealed record Failed(long Epoch, string Reason) : JobAction;

    /// <summary>
    /// The job goes on in another activation of its grain, which is to be brought about when the epoch is closed. Needs no
    /// answer: this coordinator does nothing more.
    /// </summary>
    public sealed record HandOver(long Epoch) : JobAction;

    /// <summary>Someone else runs the job: this coordinator ends here and does nothing more.</summary>
    public sealed record Superseded(long Epoch) : JobAction;
}

/// <summary>What an epoch begins with.</summary>
/// <param name="Epoch">The epoch.</param>
/// <param name="Lineage">The line of output history.</param>
/// <param name="Restored">The checkpoint; null: the beginning of the input.</param>
/// <param name="Later">By participant: digests of later checkpoints that are kept, to compare the replay with.</param>
public sealed record EpochStart(
    long Epoch, long Lineage, Manifest? Restored, IReadOnlyDictionary<string, IReadOnlyList<InputDigest>> Later);

/// <summary>How writing a record ended.</summary>
public enum RecordOutcome
{
    /// <summary>It is stored.</summary>
    Stored,

    /// <summary>It was not stored: the record is no longer what it was.</summary>
    Conflict,

    /// <summary>Nobody knows: there was no answer.</summary>
    Unknown,
}

/// <summary>What reading something stored gave.</summary>
public enum StoredState
{
    /// <summary>It is there and intact.</summary>
    Intact,

    /// <summary>It is missing or damaged.</summary>
    Damaged,

    /// <summary>The storage did not answer.</summary>
    Unavailable,
}

/// <summary>Where a job's coordinator is.</summary>
public enum JobPhase
{
    /// <summary>It has not begun.</summary>
    Idle,

    /// <summary>It reads the record.</summary>
    Reading,

    /// <summary>It records a new epoch.</summary>
    Claiming,

    /// <summary>It looks for a checkpoint to begin with.</summary>
    Loading,

    /// <summary>It opens the participants.</summary>
    Opening,

    /// <summary>The job runs.</summary>
    Running,

    /// <summary>An epoch failed and the next one begins after a while.</summary>
    Waiting,

    /// <summary>All output is stored; the end is being recorded.</summary>
    Finishing,

    /// <summary>The job has finished.</summary>
    Finished,

    /// <summary>The job has failed for good.</summary>
    Failed,

    /// <summary>The job was stopped here.</summary>
    Stopped,

    /// <summary>Someone else runs it.</summary>
    Superseded,

    /// <summary>Someone else is to run it.</summary>
    HandedOver,
}
