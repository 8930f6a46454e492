namespace Weir.Client.Reading;

using Weir.Client.Calls;
using Weir.Contracts;
using Weir.Contracts.Topics;
using Weir.Engine.Codecs;
using Weir.Engine.Streams;

/// <summary>Fetches pages of a topic, in one of the two forms in which a silo gives them.</summary>
internal abstract class TopicPages<T>(string topic, GrainCalls calls)
{
    public string Topic => topic;

    public Task<TopicPage<T>> ReadAsync(ReadRequest request, CancellationToken cancellation) => calls.AskAsync(
        () => FetchAsync(request), $"read partition {request.Partition} of the topic '{topic}'", cancellation);

    protected abstract Task<TopicPage<T>> FetchAsync(ReadRequest request);
}

/// <summary>Events as JSON.</summary>
internal sealed class JsonPages(string topic, ITopicGrain grain, GrainCalls calls) : TopicPages<string>(topic, calls)
{
    protected override async Task<TopicPage<string>> FetchAsync(ReadRequest request)
    {
        JsonFetch fetch = await grain.ReadJsonAsync(request).ConfigureAwait(false);
        TopicEvent<string>[] events =
        [
            .. fetch.Events
                .Where(found => found.Offset >= request.From)
                .Select(found => new TopicEvent<string>(found.Json, request.Partition, found.Offset, found.Stamp)),
        ];
        return new TopicPage<string>(fetch.Next, events, fetch.IsEnd);
    }
}

/// <summary>Events as their codec writes them.</summary>
internal sealed class TypedPages<T>(Topic<T> topic, CodecRegistry codecs, ITopicGrain grain, GrainCalls calls)
    : TopicPages<T>(topic.Name, calls)
{
    protected override async Task<TopicPage<T>> FetchAsync(ReadRequest request)
    {
        WireFetch fetch = await grain.ReadAsync(request).ConfigureAwait(false);
        var events = new List<TopicEvent<T>>(fetch.Batches.Sum(batch => batch.Count));
        foreach (WireBatch batch in fetch.Batches)
            Decode(batch, request, events);
        return new TopicPage<T>(
            fetch.Next, events, IsEnd: fetch.Batches.Length > 0 && fetch.Batches[^1].Kind == BatchKind.End);
    }

    // An offset inside a batch gives the whole batch; what lies before the offset was not asked for.
    private void Decode(in WireBatch batch, ReadRequest request, List<TopicEvent<T>> events)
    {
        if (batch.Kind != BatchKind.Events)
            return;
        var reader = new ByteReader(batch.Payload);
        long offset = batch.Next - batch.Count;
        try
        {
            Codec<T> codec = topic.CodecFor(batch.Schema ?? "", codecs);
            for (int i = 0; i < batch.Count; i++, offset++)
            {
                int size = checked((int)reader.ReadVarint());
                var value = new ByteReader(reader.ReadMemory(size));
                if (offset >= request.From)
                    events.Add(new TopicEvent<T>(codec.Read(value), request.Partition, offset, batch.Stamp));
            }
        }
        catch (Exception fault) when (fault is CorruptDataException or OverflowException or EventVersionException)
        {
            throw Unreadable(request, offset, fault.Message);
        }
    }

    private WeirException Unreadable(ReadRequest request, long offset, string why) => new(
        WeirError.InvalidValue,
        $"The event at offset {offset} of '{Topic}', partition {request.Partition}, can not be read: {why}.");
}
