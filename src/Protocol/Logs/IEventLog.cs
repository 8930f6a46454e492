namespace Weir.Protocol.Logs;

using Weir.Engine.Streams;

/// <summary>
/// Everything that can be rewound: named topics of partitions, each an append-only sequence of batches.
/// Invariant: a batch that was answered is durable, is never changed unless it is taken back, and every reader sees the
/// same batches with the same boundaries, offsets and stamps.
/// </summary>
/// <remarks>
/// The log decides, not its caller: one transaction checks the producer's epoch and sequence and the seal, then
/// appends. Any number of callers, also on several machines, may hold the same log. All members are thread-safe.
/// Failures a caller can meet are <see cref="EventLogException"/>s with an <see cref="EventLogError"/>.
/// </remarks>
public interface IEventLog : IAsyncDisposable
{
    /// <summary>What this log can do; the guarantees of a job follow from it.</summary>
    LogCapabilities Capabilities { get; }

    /// <summary>What it can do with one topic; where topics come from several systems they differ.</summary>
    LogCapabilities CapabilitiesOf(string topic) => Capabilities;

    /// <summary>
    /// Creates a topic, or returns the existing one if it has the same partition count and schema; otherwise
    /// <see cref="EventLogError.TopicConflict"/>.
    /// </summary>
    Task<TopicInfo> CreateTopicAsync(TopicSpec spec, CancellationToken cancellation = default);

    /// <summary>The topic of that name, or null.</summary>
    Task<TopicInfo?> FindTopicAsync(string topic, CancellationToken cancellation = default);

    /// <summary>All topics, ordered by name (ordinal).</summary>
    Task<IReadOnlyList<TopicInfo>> ListTopicsAsync(CancellationToken cancellation = default);

    /// <summary>Removes a topic with all its batches, producers and pins; nothing happens if there is none.</summary>
    Task DeleteTopicAsync(string topic, CancellationToken cancellation = default);

    /// <summary>
    /// Appends batches of one producer to one partition, durably and in order, all or none. See
    /// <see cref="AppendRequest"/> for sequences; a repeated request is answered with the offsets of the first. The
    /// payloads are lent until this completes: they may be written over later.
    /// </summary>
    Task<AppendResult> AppendAsync(AppendRequest request, CancellationToken cancellation = default);

    /// <summary>
    /// Reads from an offset on, at most what <paramref name="limits"/> allows but at least one batch if there is one.
    /// An offset inside a batch gives that whole batch first, inside of what was taken back the rest of it. Below the
    /// first retained offset: <see cref="EventLogError.OffsetExpired"/>; at the end: an empty fetch with
    /// <c>Next == from</c>; above the end: <see cref="EventLogError.InvalidRequest"/>, since the offset cannot be of this
    /// log.
    /// </summary>
    Task<LogFetch> ReadAsync(
        TopicPartition partition, long from, ReadLimits limits, CancellationToken cancellation = default);

    /// <summary>Where a partition begins and ends now.</summary>
    Task<PartitionInfo> DescribeAsync(TopicPartition partition, CancellationToken cancellation = default);

    /// <summary>The last sequence stored of a producer in a partition, or null if the log knows none.</summary>
    Task<long?> LastSequenceAsync(string producer, TopicPartition partition, CancellationToken cancellation = default);

    /// <summary>The producers that a partition knows whose names begin with <paramref name="prefix"/>, in ordinal order;
    /// all of them if it is empty.</summary>
    Task<IReadOnlyList<string>> ListProducersAsync(
        TopicPartition partition, string prefix, CancellationToken cancellation = default) => Unsupported();

    /// <summary>
    /// Takes back what a producer has appended from a sequence on, as if it had not been sent: a batch of which a part
    /// stays is cut. Offsets are not used again; what was taken back reads as a tick of its stamp that covers them. The
    /// producer goes on at that sequence, in an epoch not below the request's. Who has read the events keeps them.
    /// Repeating it is harmless. Needs <see cref="LogCapabilities.Supersedes"/>.
    /// </summary>
    /// <returns>How many offsets were taken back.</returns>
    async Task<long> SupersedeAsync(SupersedeRequest request, CancellationToken cancellation = default) =>
        (await Unsupported().ConfigureAwait(false)).Count;

    /// <summary>
    /// Appends an end batch to every partition that has none. Further appends are refused with
    /// <see cref="EventLogError.Sealed"/>. Repeating it is harmless.
    /// </summary>
    Task SealAsync(string topic, CancellationToken cancellation = default);

    /// <summary>Keeps everything from <paramref name="offset"/> on out of reach of retention until released. A pin of
    /// the same name moves. What is removed already cannot be kept: <see cref="EventLogError.OffsetExpired"/>.
    /// </summary>
    Task PinAsync(string pin, TopicPartition partition, long offset, CancellationToken cancellation = default);

    /// <summary>Releases a pin in all partitions; nothing happens if there is none.</summary>
    Task ReleasePinAsync(string pin, CancellationToken cancellation = default);

    /// <summary>Removes whole batches below <paramref name="before"/>, never past a pin, never an end batch (a later
    /// reader must learn of the end). Offsets are not reused.</summary>
    Task TruncateAsync(TopicPartition partition, long before, CancellationToken cancellation = default);

    /// <summary>Applies every topic's <see cref="RetentionPolicy"/> once, never past a pin, never an end batch.
    /// </summary>
    Task ApplyRetentionAsync(CancellationToken cancellation = default);

    /// <summary>
    /// Calls <paramref name="appended"/> after every append that this process can notice, with the new end. Calls come
    /// from any thread and must return at once; they are a hint, a reader must still look.
    /// </summary>
    IDisposable Watch(Action<TopicPartition, long> appended);

    private static Task<IReadOnlyList<string>> Unsupported() => Task.FromException<IReadOnlyList<string>>(
        new EventLogException(
            EventLogError.InvalidRequest,
            "The log can not take back what was appended; choose to append to the topic or to fork it instead."));
}
