namespace Weir.Grains.Logs;

using System.Collections.Concurrent;
using System.Text.Json;
using Weir.Contracts;
using Weir.Contracts.Json;
using Weir.Contracts.Topics;
using Weir.Engine.Codecs;
using Weir.Engine.Streams;
using Weir.Protocol.Logs;

/// <summary>Events of one topic as JSON and back, for callers that do not have their type.</summary>
internal abstract class TopicJson
{
    /// <summary>The bridge of a topic.</summary>
    public static TopicJson Of(Topic topic, CodecRegistry codecs) => (TopicJson)Activator.CreateInstance(
        typeof(TopicJson<>).MakeGenericType(topic.EventType), topic, codecs)!;

    /// <summary>The events of a batch from an offset on.</summary>
    public abstract IEnumerable<JsonEvent> Read(EventBatch batch, long from);

    /// <summary>
    /// One batch for each partition that gets events; nothing if one text is wrong. Events without a key go to
    /// <paramref name="anyPartition"/>.
    /// </summary>
    public abstract IReadOnlyDictionary<int, NewBatch> Write(string[] events, int partitions, int anyPartition);
}

internal sealed class TopicJson<T>(Topic topic, CodecRegistry codecs) : TopicJson
{
    private readonly Topic<T> _topic = (Topic<T>)topic;
    private readonly Codec<T> _codec = codecs.For<T>();

    public override IEnumerable<JsonEvent> Read(EventBatch batch, long from)
    {
        if (batch.Kind != BatchKind.Events)
            yield break;
        foreach ((long offset, T value) in EventFrames.Read(batch, CodecFor(in batch), from))
            yield return new JsonEvent(offset, batch.Stamp, Format(value, offset));
    }

    public override IReadOnlyDictionary<int, NewBatch> Write(string[] events, int partitions, int anyPartition)
    {
        var batches = new SortedDictionary<int, (ByteWriter Payload, int Count)>();
        for (int i = 0; i < events.Length; i++)
        {
            var place = new Place(i, events.Length);
            T value = Parse(events[i], place);
            int partition = PartitionOf(value, partitions, place) ?? anyPartition;
            (ByteWriter payload, int count) = batches.TryGetValue(partition, out var known) ? known : (new ByteWriter(), 0);
            EventFrames.Write(payload, _codec, in value);
            batches[partition] = (payload, count + 1);
        }

        return batches.ToDictionary(batch => batch.Key, batch => new NewBatch
        {
            Kind = BatchKind.Events,
            Count = batch.Value.Count,
            Schema = _topic.Schema,
            Payload = batch.Value.Payload.Detach(),
        });
    }

    private Codec<T> CodecFor(in EventBatch batch)
    {
        try
        {
            return _topic.CodecFor(batch.Schema, codecs);
        }
        catch (EventVersionException version)
        {
            throw new WeirException(WeirError.InvalidValue, $"At offset {batch.From}: {version.Message}");
        }
    }

    // The type's codec takes values that its JSON does not, such as null for a member that is declared without.
    private static string Format(T value, long offset)
    {
        try
        {
            return JsonSerializer.Serialize(value, WeirJson.Options);
        }
        catch (Exception fault)
        {
            throw new CorruptDataException(
                $"the event at offset {offset} can not be shown as JSON: {fault.Message}", fault);
        }
    }

    private int? PartitionOf(T value, int partitions, Place place)
    {
        try
        {
            return _topic.PartitionOf(value, partitions, codecs);
        }
        catch (Exception fault)
        {
            throw Wrong(place, fault.Message);
        }
    }

    private T Parse(string text, Place place)
    {
        try
        {
            if (text is not null && JsonSerializer.Deserialize<T>(text, WeirJson.Options) is { } value)
                return value;
        }
        catch (JsonException invalid)
        {
            throw Wrong(place, Reason(invalid));
        }
        catch (Exception refused)
        {
            // The constructor of the event's type may refuse what the JSON says.
            throw Wrong(place, refused.Message);
        }

        throw Wrong(place, "it is null.");
    }

    // Where in the line it is, the path tells: an event has one line, which the caller numbers.
    private static string Reason(JsonException invalid)
    {
        int path = invalid.Message.IndexOf(" Path: ", StringComparison.Ordinal);
        return path < 0 ? invalid.Message : $"{invalid.Message[..path]} It stands at {invalid.Path}.";
    }

    private WeirException Wrong(Place place, string why)
    {
        string what = $"an event of topic '{_topic.Name}' ({_topic.Schema})";
        return new WeirException(
            WeirError.InvalidValue,
            place.Events == 1
                ? $"It is not {what} and was not stored: {why}"
                : $"Event {place.Index} is not {what}, so none was stored: {why}");
    }

    /// <summary>Which of the events of a call.</summary>
    private readonly record struct Place(int Index, int Events);
}

/// <summary>The JSON bridges of the topics that this silo's jobs declare, made when first needed.</summary>
internal sealed class TopicJsonBridges(ITopicTypes types)
{
    private readonly ConcurrentDictionary<Topic, TopicJson> _bridges = new();
    private int _calls;

    /// <summary>The bridge of a topic.</summary>
    /// <exception cref="WeirException">No job here declares the topic.</exception>
    public TopicJson Find(string topic) => types.Find(topic) is { } declared
        ? _bridges.GetOrAdd(declared, static (found, codecs) => TopicJson.Of(found, codecs), types.Codecs)
        : throw new WeirException(
            WeirError.InvalidRequest,
            $"No silo job declares topic '{topic}', so its events can not be written or shown as JSON.");

    /// <summary>Where the events of one call go that have no key: together, but each call to the next partition.
    /// </summary>
    public int NextPartition(int partitions) => (int)((uint)Interlocked.Increment(ref _calls) % (uint)partitions);
}
