namespace Weir.Connectors.Tests.Kafka;

using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;
using Confluent.Kafka;

/// <summary>
/// The mock cluster that librdkafka brings: real sockets and the real protocol, in this process. It has no transactions,
/// keeps about 5 MiB of a partition, and forgets everything when it is disposed of.
/// </summary>
internal sealed class MockKafka : IDisposable
{
    private const string Native = "weir-mock-kafka";
    private readonly nint _client;
    private readonly nint _cluster;
    private readonly Lazy<IProducer<byte[]?, byte[]?>> _producer;

    static MockKafka()
    {
        // The very library that the client has loaded, which is one of several that the package brings.
        _ = Library.Version;
        string path = File.ReadLines("/proc/self/maps")
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^1])
            .First(file => Path.GetFileName(file).Contains("librdkafka", StringComparison.Ordinal));
        NativeLibrary.SetDllImportResolver(Assembly.GetExecutingAssembly(), (name, _, _) =>
            name == Native ? NativeLibrary.Load(path) : 0);
    }

    public MockKafka(int brokers = 1)
    {
        var error = new byte[256];
        nint conf = rd_kafka_conf_new();
        Assert.Equal(0, rd_kafka_conf_set(conf, "log_level", "0", error, (nuint)error.Length));
        _client = rd_kafka_new(0, conf, error, (nuint)error.Length);
        Assert.True(_client != 0, Encoding.UTF8.GetString(error));
        _cluster = rd_kafka_mock_cluster_new(_client, brokers);
        BootstrapServers = Marshal.PtrToStringUTF8(rd_kafka_mock_cluster_bootstraps(_cluster))!;
        _producer = new Lazy<IProducer<byte[]?, byte[]?>>(() => new ProducerBuilder<byte[]?, byte[]?>(
            new ProducerConfig { BootstrapServers = BootstrapServers, LingerMs = 0 }).Build());
    }

    /// <summary>Keys of requests, as the protocol numbers them.</summary>
    public enum Request : short
    {
        Produce = 0,
        Fetch = 1,
        ListOffsets = 2,
        Metadata = 3,
    }

    public string BootstrapServers { get; }

    public void CreateTopic(string topic, int partitions) =>
        Assert.Equal(0, rd_kafka_mock_topic_create(_cluster, topic, partitions, 1));

    /// <summary>The next requests of a kind are answered with errors.</summary>
    public void Refuse(Request request, params ErrorCode[] errors) => rd_kafka_mock_push_request_errors_array(
        _cluster, (short)request, (nuint)errors.Length, Array.ConvertAll(errors, error => (int)error));

    public void TakeDown(int broker = 1) => Assert.Equal(0, rd_kafka_mock_broker_set_down(_cluster, broker));

    public void BringUp(int broker = 1) => Assert.Equal(0, rd_kafka_mock_broker_set_up(_cluster, broker));

    /// <summary>Appends a message with a timestamp and returns its offset.</summary>
    public long Send(string topic, int partition, string? value, long timestamp)
    {
        DeliveryResult<byte[]?, byte[]?> sent = _producer.Value.ProduceAsync(
            new TopicPartition(topic, partition), MessageOf(value, timestamp)).GetAwaiter().GetResult();
        return sent.Offset;
    }

    /// <summary>Appends many messages, in order.</summary>
    public void SendAll(string topic, int partition, IEnumerable<(string? Value, long Timestamp)> messages)
    {
        foreach ((string? value, long timestamp) in messages)
            _producer.Value.Produce(new TopicPartition(topic, partition), MessageOf(value, timestamp));
        _producer.Value.Flush(TimeSpan.FromSeconds(30));
    }

    /// <summary>Everything in a topic, by partition.</summary>
    public List<ConsumeResult<byte[]?, byte[]?>> ReadAll(string topic, int partitions)
    {
        using IConsumer<byte[]?, byte[]?> consumer = new ConsumerBuilder<byte[]?, byte[]?>(new ConsumerConfig
        {
            BootstrapServers = BootstrapServers,
            GroupId = "reader",
            EnablePartitionEof = true,
            EnableAutoCommit = false,
        }).Build();
        consumer.Assign(Enumerable.Range(0, partitions).Select(i => new TopicPartitionOffset(topic, i, Offset.Beginning)));
        var read = new List<ConsumeResult<byte[]?, byte[]?>>();
        for (int open = partitions; open > 0;)
        {
            ConsumeResult<byte[]?, byte[]?> result = consumer.Consume(TimeSpan.FromSeconds(20));
            Assert.NotNull(result);
            if (result.IsPartitionEOF)
                open--;
            else
                read.Add(result);
        }

        return [.. read.OrderBy(each => each.Partition.Value).ThenBy(each => each.Offset.Value)];
    }

    public void Dispose()
    {
        if (_producer.IsValueCreated)
            _producer.Value.Dispose();
        rd_kafka_mock_cluster_destroy(_cluster);
        rd_kafka_destroy(_client);
    }

    private static Message<byte[]?, byte[]?> MessageOf(string? value, long timestamp) => new()
    {
        Value = value is null ? null : Encoding.UTF8.GetBytes(value),
        Timestamp = new Timestamp(timestamp, TimestampType.CreateTime),
    };

    [DllImport(Native)]
    private static extern nint rd_kafka_conf_new();

    [DllImport(Native)]
    private static extern int rd_kafka_conf_set(
        nint conf,
        [MarshalAs(UnmanagedType.LPUTF8Str)] string name,
        [MarshalAs(UnmanagedType.LPUTF8Str)] string value,
        byte[] error,
        nuint size);

    [DllImport(Native)]
    private static extern nint rd_kafka_new(int type, nint conf, byte[] error, nuint size);

    [DllImport(Native)]
    private static extern void rd_kafka_destroy(nint client);

    [DllImport(Native)]
    private static extern nint rd_kafka_mock_cluster_new(nint client, int brokers);

    [DllImport(Native)]
    private static extern void rd_kafka_mock_cluster_destroy(nint cluster);

    [DllImport(Native)]
    private static extern nint rd_kafka_mock_cluster_bootstraps(nint cluster);

    [DllImport(Native)]
    private static extern int rd_kafka_mock_topic_create(
        nint cluster, [MarshalAs(UnmanagedType.LPUTF8Str)] string topic, int partitions, int replicas);

    [DllImport(Native)]
    private static extern void rd_kafka_mock_push_request_errors_array(
        nint cluster, short request, nuint count, int[] errors);

    [DllImport(Native)]
    private static extern int rd_kafka_mock_broker_set_down(nint cluster, int broker);

    [DllImport(Native)]
    private static extern int rd_kafka_mock_broker_set_up(nint cluster, int broker);
}
