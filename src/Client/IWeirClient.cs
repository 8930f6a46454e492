namespace Weir.Client;

using Weir.Contracts;
using Weir.Contracts.Jobs;
using Weir.Contracts.Keys;
using Weir.Contracts.Topics;
using Weir.Engine.Streams;

/// <summary>
/// What an application does with Weir: create topics, send events, run jobs, ask for the state of a key. Thread-safe;
/// one object serves a whole process. Take it from dependency injection
/// (<see cref="WeirClientServices.AddWeirClient"/>) or from a <see cref="WeirConnection"/>.
/// </summary>
/// <remarks>
/// Failures are <see cref="WeirException"/>s whose <see cref="WeirException.Error"/> says why. A call that the service
/// does not answer is repeated with growing pauses for <see cref="WeirClientOptions.RetryFor"/> and then fails as
/// <see cref="WeirError.Unavailable"/>; every call here may be repeated without harm, by the client or by its caller,
/// with the one exception that <see cref="SendAsync{T}(Topic{T}, T, CancellationToken)"/> states. Cancelling a call
/// stops the wait for it, not what the service has begun.
/// </remarks>
public interface IWeirClient
{
    /// <summary>The same for tools that do not have the types of events, keys and views: all values are JSON.</summary>
    IJsonClient Json { get; }

    /// <summary>
    /// Creates a topic, or returns it if it exists with the same event type and, if asked for, partition count.
    /// </summary>
    /// <exception cref="WeirException">It exists otherwise (<see cref="WeirError.TopicConflict"/>), or the options are
    /// out of range (<see cref="WeirError.InvalidRequest"/>).</exception>
    Task<TopicDescription> CreateTopicAsync(
        Topic topic, TopicOptions? options = null, CancellationToken cancellation = default);

    /// <summary>A topic and the extent of its partitions, or null if there is none of that name.</summary>
    Task<TopicDescription?> FindTopicAsync(string topic, CancellationToken cancellation = default);

    /// <summary>All topics, ordered by name.</summary>
    Task<IReadOnlyList<TopicDescription>> ListTopicsAsync(CancellationToken cancellation = default);

    /// <summary>
    /// Sends one event; it is durable when the answer is there, and the receipt says where it lies. Of a topic with a
    /// key it goes to the partition of its key, else to the next partition in turn. The event is a batch of its own.
    /// </summary>
    /// <remarks>
    /// The client's own retries are stored once. After <see cref="WeirError.Unavailable"/> nobody knows whether the
    /// event is stored, and sending it again may store it twice; a <see cref="Producer{T}"/> with a name can find out.
    /// </remarks>
    /// <exception cref="WeirException">For example <see cref="WeirError.UnknownTopic"/>,
    /// <see cref="WeirError.TopicSealed"/>, <see cref="WeirError.StorageFull"/>.</exception>
    Task<SendReceipt> SendAsync<T>(Topic<T> topic, T value, CancellationToken cancellation = default);

    /// <summary>
    /// Sends events together: those of one partition are one batch, stored as a unit; different partitions are stored
    /// one by one. A topic without a key takes all of them in one partition. Retries as for a single event.
    /// </summary>
    /// <returns>One receipt per event, in the order given.</returns>
    /// <exception cref="WeirException">As for a single event; batches of other partitions may have been stored.
    /// </exception>
    Task<IReadOnlyList<SendReceipt>> SendAsync<T>(
        Topic<T> topic, IReadOnlyList<T> batch, CancellationToken cancellation = default);

    /// <summary>A producer for high rates; it connects with its first event. Dispose of it to send what waits.
    /// </summary>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    Producer<T> CreateProducer<T>(Topic<T> topic, ProducerOptions? options = null);

    /// <summary>
    /// Ends a topic: its readers' watermarks become the maximum, further sends are
    /// <see cref="WeirError.TopicSealed"/>. Flush producers first.
    /// </summary>
    Task SealAsync(string topic, CancellationToken cancellation = default);

    /// <summary>
    /// Reads a topic: of each partition in the order of offsets, one partition after the other, up to the end that the
    /// topic has when reading begins; with <see cref="ReadOptions.Follow"/> all partitions at once and on and on, until
    /// the topic is sealed.
    /// </summary>
    /// <exception cref="WeirException">For example <see cref="WeirError.UnknownTopic"/>;
    /// <see cref="WeirError.OffsetExpired"/> if retention has removed what was asked for;
    /// <see cref="WeirError.InvalidValue"/> if an event can not be read as <typeparamref name="T"/>.</exception>
    IAsyncEnumerable<TopicEvent<T>> ReadAsync<T>(
        Topic<T> topic, ReadOptions? options = null, CancellationToken cancellation = default);

    /// <summary>Starts a job in a new epoch, or returns the status if it runs already.</summary>
    /// <exception cref="WeirException">No silo hosts it: <see cref="WeirError.UnknownJob"/>.</exception>
    Task<JobStatus> StartJobAsync(string job, CancellationToken cancellation = default);

    /// <summary>Starts a job from a checkpoint or savepoint, or returns the status if it runs already.</summary>
    /// <exception cref="WeirException"><see cref="WeirError.UnknownJob"/>; <see cref="WeirError.UnknownCheckpoint"/>;
    /// <see cref="WeirError.IncompatibleState"/> if state is left over or the output needs a decision.</exception>
    Task<JobStatus> StartJobAsync(string job, StartOptions options, CancellationToken cancellation = default);

    /// <summary>Stops a job; nothing happens if it does not run.</summary>
    /// <exception cref="WeirException">No silo hosts it: <see cref="WeirError.UnknownJob"/>.</exception>
    Task<JobStatus> StopJobAsync(string job, CancellationToken cancellation = default);

    /// <summary>Stops a job, with a savepoint if asked for. If that can not be taken the job goes on.</summary>
    /// <exception cref="WeirException"><see cref="WeirError.UnknownJob"/>; <see cref="WeirError.SavepointConflict"/>;
    /// <see cref="WeirError.Unavailable"/> if the savepoint could not be taken.</exception>
    Task<JobStatus> StopJobAsync(string job, StopOptions options, CancellationToken cancellation = default);

    /// <summary>
    /// Takes a savepoint, a checkpoint that is kept until it is deleted. Of a job that does not run it is the last
    /// checkpoint.
    /// </summary>
    /// <param name="job">The job.</param>
    /// <param name="name">1 to 100 letters, digits, '.', '_' and '-'.</param>
    /// <param name="cancellation">Stops the wait.</param>
    /// <exception cref="WeirException"><see cref="WeirError.UnknownJob"/>; <see cref="WeirError.SavepointConflict"/> if
    /// the name is in use; <see cref="WeirError.UnknownCheckpoint"/> if the job neither runs nor has one.</exception>
    Task<CheckpointDescription> TakeSavepointAsync(
        string job, string name, CancellationToken cancellation = default);

    /// <summary>Deletes a savepoint.</summary>
    /// <exception cref="WeirException"><see cref="WeirError.UnknownJob"/>; <see cref="WeirError.UnknownCheckpoint"/>.
    /// </exception>
    Task DeleteSavepointAsync(string job, string name, CancellationToken cancellation = default);

    /// <summary>The checkpoints of a job that are kept, and all its savepoints, newest first.</summary>
    Task<IReadOnlyList<CheckpointDescription>> ListCheckpointsAsync(
        string job, CancellationToken cancellation = default);

    /// <summary>How a job is.</summary>
    /// <exception cref="WeirException">No silo hosts it: <see cref="WeirError.UnknownJob"/>.</exception>
    Task<JobStatus> DescribeJobAsync(string job, CancellationToken cancellation = default);

    /// <summary>All jobs that are hosted or have been started, ordered by name.</summary>
    Task<IReadOnlyList<JobStatus>> ListJobsAsync(CancellationToken cancellation = default);

    /// <summary>
    /// Waits until a job's status satisfies a condition; asks for it every 20 ms at first, later every 500 ms.
    /// </summary>
    /// <exception cref="WeirException">The job has failed, which the condition does not accept:
    /// <see cref="WeirError.JobFailed"/> with its reason.</exception>
    Task<JobStatus> WaitForJobAsync(string job, Func<JobStatus, bool> until, CancellationToken cancellation = default);

    /// <summary>A view of a job, to be asked by key. No call is made yet.</summary>
    IKeyedView<TKey, TValue> View<TKey, TValue>(string job, View<TKey, TValue> view)
        where TKey : notnull;

    /// <summary>What is stored of a job's past: to verify, export and import it. No call is made yet.</summary>
    IJobHistory History(string job);

    /// <summary>The keys that a job's operators keep in quarantine. No call is made yet.</summary>
    IQuarantine Quarantine(string job);

    /// <summary>
    /// Everything that an operator holds for a key: open windows with their contents, pending timers, state; null if
    /// it holds nothing.
    /// </summary>
    /// <exception cref="WeirException"><see cref="WeirError.UnknownJob"/>, <see cref="WeirError.UnknownOperator"/>,
    /// <see cref="WeirError.InvalidValue"/> for a key of another type, <see cref="WeirError.JobNotRunning"/>.
    /// </exception>
    Task<KeyReport?> InspectAsync<TKey>(
        string job, string operatorName, TKey key, CancellationToken cancellation = default)
        where TKey : notnull;
}
