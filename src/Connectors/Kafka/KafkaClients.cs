namespace Weir.Connectors.Kafka;

using Confluent.Kafka;
using Weir.Protocol.Logs;

/// <summary>
/// Makes the clients of a cluster, and asks it about topics and offsets. Invariant: nothing that is asked creates a topic,
/// and a cluster that did not answer is left alone for a while, so that who asks for much waits once.
/// </summary>
internal sealed class KafkaClients : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private readonly KafkaConnection _connection;
    private readonly string _cluster;
    private readonly TimeSpan _rest;
    private readonly Lazy<IConsumer<Ignore, byte[]?>> _inquirer;
    private readonly Lazy<IAdminClient> _admin;
    private long _silentUntil;

    public KafkaClients(string cluster, KafkaConnection connection)
    {
        _cluster = cluster;
        _connection = connection;
        _rest = connection.Timeout / 2;
        _inquirer = new Lazy<IConsumer<Ignore, byte[]?>>(() => NewConsumer());
        _admin = new Lazy<IAdminClient>(() => new DependentAdminClientBuilder(_inquirer.Value.Handle).Build());
    }

    /// <summary>A consumer without a group, for explicit places. Offsets live in checkpoints, not in Kafka.</summary>
    public IConsumer<Ignore, byte[]?> NewConsumer(bool withHeaders = false) => Quietly(new ConsumerBuilder<Ignore, byte[]?>(
        _connection.Apply(new ConsumerConfig
        {
            GroupId = "weir",
            EnableAutoCommit = false,
            EnableAutoOffsetStore = false,
            EnablePartitionEof = true,
            AutoOffsetReset = Confluent.Kafka.AutoOffsetReset.Error,
            IsolationLevel = IsolationLevel.ReadCommitted,
            AllowAutoCreateTopics = false,
            QueuedMaxMessagesKbytes = 16 * 1024,
            FetchWaitMaxMs = 100,
            ConsumeResultFields = withHeaders ? "topic,headers" : "topic,timestamp",
        }))).Build();

    /// <summary>A producer whose retries store nothing twice.</summary>
    public IProducer<byte[]?, byte[]?> NewProducer() => new ProducerBuilder<byte[]?, byte[]?>(
        _connection.Apply(new ProducerConfig
        {
            EnableIdempotence = true,
            Acks = Acks.All,
            LingerMs = 5,
            MessageTimeoutMs = (int)Math.Min(int.MaxValue, _connection.Timeout.TotalMilliseconds * 3),
            Partitioner = Partitioner.Murmur2Random,
        }))
        .SetLogHandler(static (_, _) => { })
        .SetErrorHandler(static (_, _) => { })
        .Build();

    /// <summary>The number of partitions of a topic, or null if there is no such topic.</summary>
    public Task<int?> FindPartitionsAsync(string topic) => AskAsync($"tell of the topic '{topic}'", () =>
    {
        Metadata metadata = _admin.Value.GetMetadata(topic, _connection.Timeout);
        TopicMetadata? found = metadata.Topics.FirstOrDefault(each => each.Topic == topic);
        if (found is null || found.Error.Code == ErrorCode.UnknownTopicOrPart)
            return null;
        if (found.Partitions.Count == 0)
            throw new KafkaException(found.Error.IsError ? found.Error : new Error(ErrorCode.LeaderNotAvailable));
        return (int?)found.Partitions.Count;
    });

    /// <summary>The first offset of a partition and the one after its last.</summary>
    public Task<(long First, long Next)> ExtentOfAsync(string topic, int partition) => AskAsync(
        $"tell the offsets of {topic}/{partition}",
        () =>
        {
            WatermarkOffsets offsets = _inquirer.Value.QueryWatermarkOffsets(
                new Confluent.Kafka.TopicPartition(topic, partition), _connection.Timeout);
            return (offsets.Low.Value, offsets.High.Value);
        });

    public void Dispose()
    {
        if (_admin.IsValueCreated)
            _admin.Value.Dispose();
        if (_inquirer.IsValueCreated)
            _inquirer.Value.Dispose();
    }

    // What librdkafka has to say goes into the exceptions of who asked; by itself it would write to standard error.
    private static ConsumerBuilder<Ignore, byte[]?> Quietly(ConsumerBuilder<Ignore, byte[]?> builder) =>
        builder.SetLogHandler(static (_, _) => { }).SetErrorHandler(static (_, _) => { });

    private async Task<T> AskAsync<T>(string what, Func<T> question)
    {
        if (Environment.TickCount64 < Volatile.Read(ref _silentUntil))
            throw KafkaFailures.Of(_cluster, what, new Error(ErrorCode.Local_TimedOut, "it did not answer a moment ago"));
        long until = Environment.TickCount64 + (long)_connection.Timeout.TotalMilliseconds;
        while (true)
        {
            try
            {
                // The client has no call for these that does not block.
                return await Task.Run(question).ConfigureAwait(false);
            }
            catch (KafkaException passing) when (Passes(passing.Error.Code) && Environment.TickCount64 < until)
            {
                await Task.Delay(Pause).ConfigureAwait(false);
            }
            catch (KafkaException refused)
            {
                EventLogException failure = KafkaFailures.Of(_cluster, what, refused.Error, refused);
                if (failure.Error == EventLogError.Unavailable)
                    Volatile.Write(ref _silentUntil, Environment.TickCount64 + (long)_rest.TotalMilliseconds);
                throw failure;
            }
        }
    }

    // While a partition moves to another broker.
    private static bool Passes(ErrorCode code) => code is
        ErrorCode.NotLeaderForPartition or ErrorCode.LeaderNotAvailable or ErrorCode.RequestTimedOut
        or ErrorCode.BrokerNotAvailable or ErrorCode.ReplicaNotAvailable or ErrorCode.Local_WaitCoord;
}
