namespace Weir.Connectors.Kafka;

using System.Collections.Concurrent;
using Confluent.Kafka;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Protocol.Logs;
using TopicPartition = Weir.Protocol.Logs.TopicPartition;

/// <summary>
/// Topics of a Kafka cluster, and of whatever speaks its protocol, to be read. Invariant: every reader of a partition sees
/// the same events at Kafka's own offsets, and the same ends of batches, wherever and whenever it begins; see
/// <see cref="BatchCutter"/>. Nothing is written but ticks, and those only if they are wanted.
/// </summary>
/// <remarks>
/// The values of messages are passed on as they are; the schema of a batch names their format, and whoever has the type
/// reads them. So a message that is not what it should be is the affair of the job's error policy.
/// Weir commits no offsets and belongs to no consumer group.
/// </remarks>
public sealed class KafkaEventLog : IEventLog
{
    private readonly string _cluster;
    private readonly KafkaOptions _options;
    private readonly Dictionary<string, KafkaTopic> _topics;
    private readonly KafkaClients _clients;
    private readonly KafkaFeeds _feeds;
    private readonly Lazy<IProducer<byte[]?, byte[]?>> _producer;
    private readonly ConcurrentDictionary<string, int> _partitions = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> _changes = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<TopicPartition, long> _ends = new();
    private readonly ConcurrentDictionary<TopicPartition, long> _stamps = new();
    private readonly Lock _gate = new();
    private Action<TopicPartition, long>? _watchers;

    /// <summary>Connects when it is first asked for something.</summary>
    /// <param name="cluster">The cluster's name, for messages.</param>
    /// <param name="options">Where it is, and its topics.</param>
    /// <exception cref="ArgumentException">A setting is out of its range.</exception>
    public KafkaEventLog(string cluster, KafkaOptions options)
    {
        ArgumentException.ThrowIfNullOrEmpty(cluster);
        ArgumentNullException.ThrowIfNull(options);
        string[] faults = [.. options.Faults()];
        if (faults.Length > 0)
            throw new ArgumentException(
                $"The Kafka cluster '{cluster}' is set up wrongly. {string.Join(" ", faults)}", nameof(options));
        _cluster = cluster;
        _options = options;
        _topics = options.Topics.ToDictionary(topic => topic.Name, StringComparer.Ordinal);
        _clients = new KafkaClients(cluster, options);
        _feeds = new KafkaFeeds(cluster, _clients, OnArrived);
        _producer = new Lazy<IProducer<byte[]?, byte[]?>>(_clients.NewProducer);
        Capabilities = new LogCapabilities(
            KeepsBatches: false, DedupesProducers: false, Pins: false, Ticks: options.SendsTicks)
        {
            PlacesByKey = false,
        };
    }

    /// <inheritdoc/>
    public LogCapabilities Capabilities { get; }

    /// <summary>The topics that are read from this cluster, by their names in jobs.</summary>
    public IReadOnlyCollection<string> Topics => _topics.Keys;

    /// <inheritdoc/>
    public async Task<TopicInfo> CreateTopicAsync(TopicSpec spec, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(spec);
        return await FindTopicAsync(spec.Name, cancellation).ConfigureAwait(false) ?? throw new EventLogException(
            EventLogError.UnknownTopic,
            $"There is no topic '{TopicOf(spec.Name).InKafka}' in the Kafka cluster '{_cluster}', and Weir creates none: "
            + "create it there, or correct its name.");
    }

    /// <inheritdoc/>
    public async Task<TopicInfo?> FindTopicAsync(string topic, CancellationToken cancellation = default)
    {
        if (!_topics.TryGetValue(topic, out KafkaTopic? known))
            return null;
        Task<int?> partitions = _clients.FindPartitionsAsync(known.InKafka);
        if (await partitions.WaitAsync(cancellation).ConfigureAwait(false) is not { } count)
            return null;
        int before = _partitions.GetOrAdd(topic, known.Partitions ?? count);
        if (before != count)
        {
            _changes[topic] =
                $"The topic '{known.InKafka}' of the Kafka cluster '{_cluster}' had {before} partitions and has {count} "
                + "now, and what jobs hold belongs to the old ones. Restart the silos and start the jobs anew.";
        }

        CheckChange(topic);
        return new TopicInfo(
            new TopicSpec { Name = topic, Partitions = count, Schema = SchemaOf(known) }, IsSealed: false);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<TopicInfo>> ListTopicsAsync(CancellationToken cancellation = default)
    {
        TopicInfo?[] found = await Task
            .WhenAll(_topics.Keys.Order(StringComparer.Ordinal).Select(topic => FindTopicAsync(topic, cancellation)))
            .ConfigureAwait(false);
        return [.. found.OfType<TopicInfo>()];
    }

    /// <inheritdoc/>
    public Task DeleteTopicAsync(string topic, CancellationToken cancellation = default) => Refuse("be deleted", topic);

    /// <summary>Appends a tick, if <see cref="KafkaOptions.SendsTicks"/> allows it; events are refused.</summary>
    public async Task<AppendResult> AppendAsync(AppendRequest request, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (!_options.SendsTicks || request.Batches is not [{ Kind: BatchKind.Tick }])
            await Refuse("be appended to by Weir", request.Partition.Topic).ConfigureAwait(false);
        KafkaTopic topic = TopicOf(request.Partition.Topic);
        var place = new Confluent.Kafka.TopicPartition(topic.InKafka, request.Partition.Partition);
        try
        {
            DeliveryResult<byte[]?, byte[]?> stored = await _producer.Value
                .ProduceAsync(place, new Message<byte[]?, byte[]?>(), cancellation).ConfigureAwait(false);
            OnArrived(request.Partition, new KafkaMessage(stored.Offset, stored.Timestamp.UnixTimestampMs, null));
            return new AppendResult(
                stored.Offset, stored.Offset + 1, new EventTime(stored.Timestamp.UnixTimestampMs), WasDuplicate: false);
        }
        catch (KafkaException refused)
        {
            throw KafkaFailures.Of(_cluster, $"take a tick of {request.Partition}", refused.Error, refused);
        }
    }

    /// <inheritdoc/>
    public async Task<LogFetch> ReadAsync(
        TopicPartition partition, long from, ReadLimits limits, CancellationToken cancellation = default)
    {
        KafkaTopic topic = TopicOf(partition.Topic);
        CheckPartition(partition);
        CheckChange(partition.Topic);
        if (limits.MaxEvents < 1 || limits.MaxBytes < 1 || from < 0)
            throw new EventLogException(
                EventLogError.InvalidRequest,
                $"A read of {partition} at {from} for {limits.MaxEvents} events and {limits.MaxBytes} bytes is none: "
                + "begin at 0 or above and allow at least one of both.");
        var place = new KafkaPartition(_cluster, partition, topic.InKafka, SchemaOf(topic));
        return await _feeds.UseAsync(
            place,
            from,
            () => ExtentOfAsync(partition, topic),
            feed => feed.ReadAsync(limits, new FeedPatience(_ends.GetValueOrDefault(partition), _options.Timeout), cancellation))
            .ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<PartitionInfo> DescribeAsync(TopicPartition partition, CancellationToken cancellation = default)
    {
        KafkaTopic topic = TopicOf(partition.Topic);
        CheckPartition(partition);
        (long first, long next) =
            await ExtentOfAsync(partition, topic).WaitAsync(cancellation).ConfigureAwait(false);
        EventTime stamp = _stamps.TryGetValue(partition, out long known) ? new EventTime(known) : EventTime.None;
        return new PartitionInfo(first, next, stamp, Bytes: 0, IsSealed: false);
    }

    /// <inheritdoc/>
    public Task<long?> LastSequenceAsync(
        string producer, TopicPartition partition, CancellationToken cancellation = default) => Task.FromResult<long?>(null);

    /// <inheritdoc/>
    public Task SealAsync(string topic, CancellationToken cancellation = default) => Refuse("be sealed", topic);

    /// <summary>Does nothing: what Kafka keeps is a matter of its own settings.</summary>
    public Task PinAsync(string pin, TopicPartition partition, long offset, CancellationToken cancellation = default) =>
        Task.CompletedTask;

    /// <summary>Does nothing.</summary>
    public Task ReleasePinAsync(string pin, CancellationToken cancellation = default) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task TruncateAsync(TopicPartition partition, long before, CancellationToken cancellation = default) =>
        Refuse("be shortened", partition.Topic);

    /// <summary>Does nothing: what Kafka keeps is a matter of its own settings.</summary>
    public Task ApplyRetentionAsync(CancellationToken cancellation = default) => Task.CompletedTask;

    /// <summary>Calls <paramref name="appended"/> when messages come for a partition that somebody reads.</summary>
    public IDisposable Watch(Action<TopicPartition, long> appended)
    {
        ArgumentNullException.ThrowIfNull(appended);
        lock (_gate)
            _watchers += appended;
        return new Watcher(this, appended);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _feeds.Dispose();
        if (_producer.IsValueCreated)
            _producer.Value.Dispose();
        _clients.Dispose();
        return ValueTask.CompletedTask;
    }

    private static string SchemaOf(KafkaTopic topic) =>
        topic.Format == KafkaFormat.Json ? EventSchema.Json : EventSchema.Plain;

    private KafkaTopic TopicOf(string topic) => _topics.GetValueOrDefault(topic) ?? throw new EventLogException(
        EventLogError.UnknownTopic, $"The topic '{topic}' is not one of those of the Kafka cluster '{_cluster}'.");

    private void CheckChange(string topic)
    {
        if (_changes.TryGetValue(topic, out string? change))
            throw new EventLogException(EventLogError.TopicConflict, change);
    }

    private void CheckPartition(TopicPartition partition)
    {
        if (partition.Partition < 0
            || (_partitions.TryGetValue(partition.Topic, out int count) && partition.Partition >= count))
            throw new EventLogException(
                EventLogError.UnknownTopic, $"The topic '{partition.Topic}' has no partition {partition.Partition}.");
    }

    private async Task<(long First, long Next)> ExtentOfAsync(TopicPartition partition, KafkaTopic topic)
    {
        (long first, long next) =
            await _clients.ExtentOfAsync(topic.InKafka, partition.Partition).ConfigureAwait(false);
        _ends.AddOrUpdate(partition, next, (_, known) => Math.Max(known, next));
        return (first, next);
    }

    private void OnArrived(TopicPartition partition, KafkaMessage message)
    {
        _stamps[partition] = message.Timestamp;
        Volatile.Read(ref _watchers)?.Invoke(partition, message.Offset + 1);
    }

    private Task Refuse(string what, string topic) => Task.FromException(new EventLogException(
        EventLogError.InvalidRequest,
        $"The topic '{topic}' can not {what}: it belongs to the Kafka cluster '{_cluster}', which Weir only reads. Use "
        + "Kafka's own clients, or a KafkaSink in a job."));

    private sealed class Watcher(KafkaEventLog log, Action<TopicPartition, long> appended) : IDisposable
    {
        public void Dispose()
        {
            lock (log._gate)
                log._watchers -= appended;
        }
    }
}
