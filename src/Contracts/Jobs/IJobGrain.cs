namespace Weir.Contracts.Jobs;

using Orleans.Concurrency;
using Weir.Contracts.Keys;
using Weir.Engine.Time;

/// <summary>
/// A job: its life cycle and epoch. Its grain key is the job's name after <c>j:</c>. All failures are
/// <see cref="WeirException"/>s.
/// </summary>
[Alias("Weir.IJobGrain")]
public interface IJobGrain : IGrainWithStringKey
{
    /// <summary>
    /// Starts the job in a new epoch, or returns the status if it runs already. Topics that it reads or writes are
    /// created if need be.
    /// </summary>
    [Alias("Start")]
    [ResponseTimeout("00:00:30")]
    Task<JobStatus> StartAsync(StartOptions options);

    /// <summary>Stops the job; nothing happens if it does not run.</summary>
    [Alias("Stop")]
    [ResponseTimeout("00:00:30")]
    Task<JobStatus> StopAsync(StopOptions options);

    /// <summary>Takes a savepoint of the running job, or makes its last checkpoint one if it does not run.</summary>
    /// <param name="name">1 to 100 letters, digits, '.', '_' and '-'.</param>
    /// <param name="request">Who asks: a request that is repeated is answered with the savepoint that it has led to,
    /// another one of the same name is refused.</param>
    [Alias("Savepoint")]
    [ResponseTimeout("00:00:30")]
    Task<CheckpointDescription> TakeSavepointAsync(string name, Guid request);

    /// <summary>Deletes a savepoint; what nothing else needs of its files is removed.</summary>
    [Alias("DeleteSavepoint")]
    [ResponseTimeout("00:00:30")]
    Task DeleteSavepointAsync(string name);

    /// <summary>The checkpoints that are kept, and all savepoints, newest first.</summary>
    [Alias("Checkpoints")]
    [AlwaysInterleave]
    Task<CheckpointDescription[]> ListCheckpointsAsync();

    /// <summary>
    /// The checkpoints and savepoints that are kept, in the form of the job's record: where each is stored.
    /// </summary>
    [Alias("ReadCheckpoints")]
    [AlwaysInterleave]
    Task<ReadOnlyMemory<byte>> ReadCheckpointsAsync();

    /// <summary>Begins a fork: a second job with the same graph that goes on from one of this job's checkpoints.</summary>
    [Alias("Fork")]
    [ResponseTimeout("00:00:30")]
    Task<JobStatus> ForkAsync(ForkOptions options);

    /// <summary>The names of the forks of this job, in order.</summary>
    [Alias("Forks")]
    [AlwaysInterleave]
    Task<string[]> ListForksAsync();

    /// <summary>Ends a fork of this job and removes all that it has stored and written.</summary>
    /// <param name="fork">Its full name.</param>
    [Alias("RemoveFork")]
    [ResponseTimeout("00:00:30")]
    Task RemoveForkAsync(string fork);

    /// <summary>Makes this name a fork and starts it; called by the job that it is a fork of.</summary>
    /// <param name="job">The job.</param>
    /// <param name="checkpoint">Where it begins, in the form of the job's record.</param>
    [Alias("BeginAsFork")]
    [ResponseTimeout("00:00:30")]
    Task<JobStatus> BeginAsForkAsync(string job, ReadOnlyMemory<byte> checkpoint);

    /// <summary>Ends this fork and removes all that it has; called by the job that it is a fork of.</summary>
    [Alias("EndAsFork")]
    [ResponseTimeout("00:00:30")]
    Task EndAsForkAsync();

    /// <summary>A number that no other checkpoint of the job gets, for a savepoint that is brought in.</summary>
    /// <param name="savepoint">The name that it is to have.</param>
    [Alias("Reserve")]
    [ResponseTimeout("00:00:30")]
    Task<ReservedCheckpoint> ReserveCheckpointAsync(string savepoint);

    /// <summary>A savepoint whose files are in the store becomes one of the job's.</summary>
    /// <param name="checkpoint">Where it is stored, in the form of the job's record.</param>
    [Alias("Adopt")]
    [ResponseTimeout("00:00:30")]
    Task<CheckpointDescription> AdoptAsync(ReadOnlyMemory<byte> checkpoint);

    /// <summary>
    /// A participant's part in a checkpoint that is kept: what a reader of an older time needs.
    /// </summary>
    /// <param name="at">The last or a named checkpoint.</param>
    /// <param name="participant">The participant.</param>
    /// <returns>Null if the job has no checkpoint yet.</returns>
    [Alias("PartOf")]
    [AlwaysInterleave]
    [ResponseTimeout("00:00:01")]
    Task<CheckpointPart?> FindPartAsync(Keys.ReadAt at, string participant);

    /// <summary>How the job is.</summary>
    [Alias("Describe")]
    [AlwaysInterleave]
    Task<JobStatus> DescribeAsync();

    /// <summary>The keys that its operators keep in quarantine.</summary>
    [Alias("Quarantine")]
    [AlwaysInterleave]
    Task<QuarantineReport[]> ListQuarantinedAsync();

    /// <summary>Makes sure that a job which should run does; called by every silo every few seconds.</summary>
    [Alias("Ensure")]
    Task EnsureAsync();

    /// <summary>A participant says that all its input has ended and all that follows from it was emitted.</summary>
    [Alias("ReportEnd")]
    [AlwaysInterleave]
    Task ReportEndAsync(long epoch, string participant);

    /// <summary>
    /// A participant says that it has something which its part in a checkpoint does not hold: without that none is taken.
    /// </summary>
    /// <param name="epoch">Its epoch.</param>
    /// <param name="participant">Who.</param>
    /// <param name="behind">The last checkpoint that it has taken part in; 0: none in this epoch.</param>
    /// <param name="atOnce">Whether it takes no more input until a checkpoint is complete.</param>
    /// <returns>The checkpoint under way that waits for this participant, or 0.</returns>
    [Alias("ReportChange")]
    [AlwaysInterleave]
    Task<long> ReportChangeAsync(long epoch, string participant, long behind, bool atOnce);

    /// <summary>
    /// Takes a checkpoint that begins from here on, whether anything has changed or not; completes when it is complete.
    /// </summary>
    [Alias("Checkpoint")]
    [AlwaysInterleave]
    Task CheckpointAsync(long epoch);

    /// <summary>A participant says that it can not go on.</summary>
    /// <param name="epoch">Its epoch.</param>
    /// <param name="participant">Who.</param>
    /// <param name="reason">Why, and what to do.</param>
    /// <param name="isFatal">Whether it would be the same in every epoch, so that the job does not restart.</param>
    [Alias("ReportFailure")]
    [AlwaysInterleave]
    Task ReportFailureAsync(long epoch, string participant, string reason, bool isFatal);

    /// <summary>
    /// A participant ends though its epoch does not, for example because its silo leaves or the log does not answer; that
    /// is no failure of the job.
    /// </summary>
    [Alias("ReportLost")]
    [AlwaysInterleave]
    Task ReportLostAsync(long epoch, string participant, string reason);

    /// <summary>A participant's part in a checkpoint is durable.</summary>
    [Alias("ReportCheckpoint")]
    [AlwaysInterleave]
    Task ReportCheckpointAsync(long epoch, long checkpoint, ReadOnlyMemory<byte> report);

    /// <summary>A participant could not store its part in a checkpoint; the job goes on.</summary>
    [Alias("ReportCheckpointFailure")]
    [AlwaysInterleave]
    Task ReportCheckpointFailureAsync(long epoch, long checkpoint, string participant, string reason);

    /// <summary>
    /// An activation that was not opened in this epoch meets its events: it is a second one, which ends the epoch.
    /// </summary>
    [Alias("Claim")]
    [AlwaysInterleave]
    Task ClaimAsync(long epoch, string participant, Guid activation);

    /// <summary>
    /// An aligned source says where it stands and learns how far it may read. It asks at least once a second, so an
    /// answer that is lost does no harm.
    /// </summary>
    /// <param name="epoch">The source's epoch.</param>
    /// <param name="participant">The source.</param>
    /// <param name="watermark">Its watermark.</param>
    /// <param name="counts">Whether others wait for it: it is neither idle nor at its end.</param>
    /// <returns>While its watermark is above this the source takes no input; null if the epoch does not run here.
    /// </returns>
    [Alias("Align")]
    [AlwaysInterleave]
    Task<EventTime?> AlignAsync(long epoch, string participant, EventTime watermark, bool counts);
}

/// <summary>Lists what there is; its grain key is <c>catalog</c>.</summary>
[Alias("Weir.ICatalogGrain")]
public interface ICatalogGrain : IGrainWithStringKey
{
    /// <summary>All topics, ordered by name.</summary>
    [Alias("Topics")]
    Task<Topics.TopicDescription[]> ListTopicsAsync();

    /// <summary>All jobs that this silo hosts or that have been started, ordered by name.</summary>
    [Alias("Jobs")]
    Task<JobStatus[]> ListJobsAsync();
}
