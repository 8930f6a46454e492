namespace Weir.Connectors.Kafka;

using System.Text.Json;
using Weir.Connectors.Sinks;
using Weir.Engine.Codecs;
using Weir.Engine.Streams;
using Weir.Protocol.Sinks;

/// <summary>Makes sinks that write into topics of Kafka and Azure Event Hubs.</summary>
public static class KafkaSink
{
    /// <summary>A sink that writes a message of JSON per event.</summary>
    /// <param name="name">See <see cref="Sink.Name"/>.</param>
    /// <param name="topic">The topic, which must be there.</param>
    /// <param name="connection">Where the cluster is.</param>
    /// <param name="options">The key of a message, and how far to look back.</param>
    /// <exception cref="ArgumentException">A setting is out of its range.</exception>
    public static KafkaSink<T> Json<T>(
        string name, string topic, KafkaConnection connection, KafkaSinkOptions<T>? options = null) =>
        new(name, topic, connection, options ?? new KafkaSinkOptions<T>());
}

/// <summary>How a sink writes messages.</summary>
/// <typeparam name="T">The type of its events.</typeparam>
public sealed record KafkaSinkOptions<T>
{
    /// <summary>The key of an event's message, which decides its partition as in Kafka's own clients. Without one (the
    /// default) every instance of a stage writes to one partition.</summary>
    public Func<T, string>? Key { get; init; }

    /// <summary>
    /// How many messages at the end of each partition are searched after a restart for what the job has written already;
    /// 1 or more, default: 100 000. It must exceed what others write between the failure and the restart.
    /// </summary>
    public int LookBack { get; init; } = 100_000;
}

/// <summary>
/// A sink that writes messages. Each carries who wrote it and its number in the headers <c>weir-producer</c> and
/// <c>weir-sequence</c>. A job that was restored searches the end of the topic for what is there already and leaves it
/// out; see <c>docs/guarantees.md</c> for what that can not prevent.
/// </summary>
/// <typeparam name="T">The type of its events.</typeparam>
public sealed class KafkaSink<T> : Sink<T>, ISinkConnector, IDisposable
{
    private readonly KafkaWriter _writer;
    private readonly KafkaSinkOptions<T> _options;

    internal KafkaSink(string name, string topic, KafkaConnection connection, KafkaSinkOptions<T> options)
        : base(name)
    {
        ArgumentException.ThrowIfNullOrEmpty(topic);
        ArgumentNullException.ThrowIfNull(connection);
        string[] faults = [.. connection.Faults()];
        if (options.LookBack < 1)
            faults = [.. faults, $"LookBack is {options.LookBack}: use 1 or more."];
        if (faults.Length > 0)
            throw new ArgumentException($"The sink '{name}' is set up wrongly. {string.Join(" ", faults)}");
        _options = options;
        _writer = new KafkaWriter(name, topic, connection, options.LookBack);
    }

    /// <inheritdoc/>
    public ISinkLane OpenLane(SinkProducer producer, CodecRegistry codecs)
    {
        ArgumentNullException.ThrowIfNull(producer);
        ArgumentNullException.ThrowIfNull(codecs);
        Codec<T> codec = codecs.For<T>();
        return new KafkaSinkLane(_writer, producer, batches =>
        [
            .. SinkEvents.Decode(codec, batches, skip: 0).Select(value => new OutgoingMessage(
                _options.Key?.Invoke(value), JsonSerializer.SerializeToUtf8Bytes(value, EventJson.Options))),
        ]);
    }

    /// <summary>Closes the connections.</summary>
    public void Dispose() => _writer.Dispose();
}

/// <summary>A message on its way to Kafka.</summary>
internal readonly record struct OutgoingMessage(string? Key, byte[] Value);
