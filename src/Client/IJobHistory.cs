namespace Weir.Client;

using Weir.Contracts;
using Weir.Contracts.Jobs;

/// <summary>
/// The past of a job: what is stored of its checkpoints and of its input. Nothing here changes what the job does.
/// Thread-safe; errors as in <see cref="IWeirClient"/>.
/// </summary>
public interface IJobHistory
{
    /// <summary>
    /// Reads everything that the kept checkpoints and savepoints refer to and compares it with its checksums, and reads
    /// the input between them again and compares it with what the job has read. Parts come as they are done: manifests,
    /// files, input.
    /// </summary>
    /// <param name="from">The oldest checkpoint, by number or name; null: all that are kept.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="WeirException"><see cref="WeirError.UnknownJob"/>; <see cref="WeirError.UnknownCheckpoint"/>;
    /// <see cref="WeirError.Unavailable"/>. Damage is no exception: see <see cref="VerifiedPart.State"/>.</exception>
    IAsyncEnumerable<VerifiedPart> VerifyAsync(string? from = null, CancellationToken cancellation = default);

    /// <summary>
    /// Writes a checkpoint with everything that it needs as one file: its manifest and the state of all keys, each with
    /// a checksum. Output that it holds back is not part of it; the job publishes that itself.
    /// </summary>
    /// <param name="checkpoint">A checkpoint's number or a savepoint's name. A savepoint is safe from being removed
    /// meanwhile.</param>
    /// <param name="to">Where the bytes go.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <returns>Number, name and size.</returns>
    /// <exception cref="WeirException"><see cref="WeirError.UnknownJob"/>; <see cref="WeirError.UnknownCheckpoint"/>;
    /// <see cref="WeirError.Corrupt"/> if the checkpoint is damaged.</exception>
    Task<ExportPlan> ExportAsync(string checkpoint, Stream to, CancellationToken cancellation = default);

    /// <summary>
    /// Brings an exported checkpoint in as a savepoint of this job, which may run. A start from it goes on in the input
    /// where it stands, so the log must hold the same input from there on; if it is another log, bring in the state
    /// only.
    /// </summary>
    /// <param name="from">The bytes of the file.</param>
    /// <param name="options">Its name here, and what to leave out.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="WeirException"><see cref="WeirError.Corrupt"/> if the file is damaged or no savepoint;
    /// <see cref="WeirError.IncompatibleState"/> if it is of another job or the topics are not as they were;
    /// <see cref="WeirError.SavepointConflict"/> if the name is in use.</exception>
    Task<CheckpointDescription> ImportAsync(
        Stream from, ImportOptions? options = null, CancellationToken cancellation = default);

    /// <summary>
    /// Starts a second job with the same graph from an old point, while the first goes on: <c>what-if</c> of
    /// <c>page-views</c> is the job <c>page-views.what-if</c>. It has its own epochs, checkpoints and commands, writes
    /// <c>TOPIC.what-if</c> where the first writes TOPIC, and its views and keys are asked under its name.
    /// </summary>
    /// <exception cref="WeirException"><see cref="WeirError.UnknownCheckpoint"/>; <see cref="WeirError.InvalidRequest"/>
    /// if the name is wrong or in use, or the job writes to sinks, which a fork would write too;
    /// <see cref="WeirError.TopicConflict"/> if one of its topics exists.</exception>
    Task<JobStatus> ForkAsync(ForkOptions options, CancellationToken cancellation = default);

    /// <summary>Ends a fork of this job and removes its checkpoints and the topics that it has written.</summary>
    /// <param name="name">Its name, with or without that of the job before it.</param>
    /// <param name="cancellation">Stops the wait.</param>
    /// <exception cref="WeirException">There is no such fork: <see cref="WeirError.UnknownJob"/>.</exception>
    Task RemoveForkAsync(string name, CancellationToken cancellation = default);

    /// <summary>
    /// Runs one key's events again from a checkpoint on, on a silo, and says what the key holds after each: first what it
    /// holds at the checkpoint, then a step for each of its events and each step of time that changed something. Nothing
    /// is written, and the job is not touched. A failure of a function is the last step.
    /// </summary>
    /// <remarks>
    /// An operator behind others is replayed with all groups that its key depends on, which may take long and much
    /// memory. After a shuffle events come in the order in which they were appended; in the job it was one of arrival.
    /// </remarks>
    /// <exception cref="WeirException"><see cref="WeirError.UnknownJob"/>, <see cref="WeirError.UnknownCheckpoint"/>,
    /// <see cref="WeirError.UnknownOperator"/>, <see cref="WeirError.OffsetExpired"/> if retention has removed the input;
    /// <see cref="WeirError.InvalidRequest"/> if calls to the outside would be made again.</exception>
    IAsyncEnumerable<ReplayStep> ReplayAsync(ReplayRequest request, CancellationToken cancellation = default);
}
