namespace Weir.Grains.Streams;

using System.Collections.Concurrent;
using Orleans.Streams;
using Weir.Contracts;
using Weir.Contracts.Topics;
using Weir.Engine.Codecs;
using Weir.Engine.Streams;
using Weir.Grains.Logs;
using Weir.Protocol.Logs;

/// <summary>
/// What producers of plain Orleans streams talk to: events become one batch of the topic's type and go through the
/// partition's <see cref="IAppendGrain"/>, so that it is the same on silos and on clients, which have no log.
/// </summary>
internal sealed class LogQueueAdapter(
    string name, IGrainFactory grains, CodecRegistry codecs, LogQueueReceivers? receivers) : IQueueAdapter
{
    private readonly ConcurrentDictionary<string, string> _schemas = new(StringComparer.Ordinal);

    public string Name => name;

    public bool IsRewindable => true;

    public StreamProviderDirection Direction => StreamProviderDirection.ReadWrite;

    public IQueueAdapterReceiver CreateReceiver(QueueId queueId) => receivers?.Create(queueId)
        ?? throw new NotSupportedException("Streams are delivered by silos; a client only produces and subscribes.");

    public async Task QueueMessageBatchAsync<T>(
        StreamId streamId,
        IEnumerable<T> events,
        StreamSequenceToken? token,
        Dictionary<string, object>? requestContext)
    {
        if (!WeirStreams.TryParse(streamId, out TopicPartition partition))
            throw new WeirException(
                WeirError.InvalidRequest,
                $"'{streamId}' is not a stream of a topic: its namespace is the topic, its key a partition number.");
        string schema = await SchemaOfAsync(partition.Topic);
        TopicSchemas.Check<T>(partition.Topic, schema);
        if (Encode(events, schema) is not { } batch)
            return;
        try
        {
            await grains.GetGrain<IAppendGrain>(TopicKeys.Of(partition.Topic, partition.Partition))
                .AppendAsync(new WireAppend { Batches = [batch] });
        }
        catch (WeirException gone) when (gone.Error == WeirError.UnknownTopic)
        {
            // Deleted; when it is created again it may have another type.
            _schemas.TryRemove(partition.Topic, out _);
            throw;
        }
    }

    private WireBatch? Encode<T>(IEnumerable<T> events, string schema)
    {
        Codec<T> codec = codecs.For<T>();
        var payload = new ByteWriter();
        int count = 0;
        foreach (T value in events)
        {
            EventFrames.Write(payload, codec, in value);
            count++;
        }

        return count == 0
            ? null
            : new WireBatch { Kind = BatchKind.Events, Count = count, Schema = schema, Payload = payload.Detach() };
    }

    private async ValueTask<string> SchemaOfAsync(string topic)
    {
        if (_schemas.TryGetValue(topic, out string? known))
            return known;
        TopicDescription description = await grains.GetGrain<ITopicGrain>(TopicKeys.Of(topic)).DescribeAsync()
            ?? throw new WeirException(WeirError.UnknownTopic, $"There is no topic '{topic}'; create it first.");
        return _schemas.GetOrAdd(topic, description.Schema);
    }
}
