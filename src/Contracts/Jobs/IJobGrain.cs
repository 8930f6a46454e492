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
    Task<JobStatus> StartAsync();

    /// <summary>Stops the job; nothing happens if it does not run.</summary>
    [Alias("Stop")]
    Task<JobStatus> StopAsync();

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

    /// <summary>A participant says that all its input has ended and all its output is stored.</summary>
    [Alias("ReportEnd")]
    Task ReportEndAsync(long epoch, string participant);

    /// <summary>A participant says that it can not go on.</summary>
    [Alias("ReportFailure")]
    Task ReportFailureAsync(long epoch, string participant, string reason);

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
