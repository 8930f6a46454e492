namespace Weir.Faults.Input;

using Weir.Client;
using Weir.Engine.Codecs;
using Weir.Engine.Streams;

/// <summary>A topic that events are sent to, with what has been planned for it so far.</summary>
internal interface IFeed
{
    string Topic { get; }

    /// <summary>How many events have been planned.</summary>
    int Planned { get; }

    Task CreateAsync(IWeirClient client);

    /// <summary>Begins a new producer of the same name and sends again what the log does not have.</summary>
    Task ConnectAsync(IWeirClient client);

    /// <summary>Plans the events up to a number, and sends them.</summary>
    Task SendAsync(int upTo);

    Task FlushAsync();

    Task<FeedContent> ReadAsync(IWeirClient client);
}

/// <summary>What a log holds of a feed, and what is wrong with it.</summary>
internal sealed record FeedContent(long Events, IReadOnlyList<string> Problems);

/// <summary>
/// Sends a deterministic sequence of events under a producer's name, each as a batch of its own. Invariant: every event
/// has its place in the sequence of its partition, so that after any failure the rest can be sent again.
/// </summary>
internal sealed class Feed<T>(Topic<T> topic, int partitions, Func<int, T> make) : IFeed
{
    private readonly List<T>[] _planned = [.. Enumerable.Range(0, partitions).Select(_ => new List<T>())];
    private readonly List<int> _order = [];
    private readonly Func<T, int> _partitionOf = topic.Partitioner(partitions, new CodecRegistry())!;
    private readonly List<TopicEvent<T>> _stored = [];
    private Producer<T>? _producer;

    public string Topic => topic.Name;

    public int Planned => _order.Count;

    /// <summary>All events so far, sent or about to be, by partition.</summary>
    public IEnumerable<T> PlannedEvents => _planned.SelectMany(partition => partition);

    /// <summary>What the log holds, by partition and offset, once it has been read.</summary>
    public IReadOnlyList<TopicEvent<T>> Stored => _stored;

    public Task CreateAsync(IWeirClient client) =>
        client.CreateTopicAsync(topic, new TopicOptions { Partitions = partitions });

    public async Task ConnectAsync(IWeirClient client)
    {
        _producer = client.CreateProducer(topic, new ProducerOptions { Name = $"faults-{topic.Name}" });
        IReadOnlyList<long> stored = await _producer.StoredAsync();
        var passed = new int[partitions];
        foreach (int partition in _order)
        {
            int index = passed[partition]++;
            if (index >= stored[partition])
                await _producer.SendAsync(_planned[partition][index]);
        }
    }

    public async Task SendAsync(int upTo)
    {
        while (_order.Count < upTo)
        {
            T value = make(_order.Count);
            int partition = _partitionOf(value);
            _planned[partition].Add(value);
            _order.Add(partition);
            await _producer!.SendAsync(value);
        }
    }

    public Task FlushAsync() => _producer!.FlushAsync();

    public async Task<FeedContent> ReadAsync(IWeirClient client)
    {
        var problems = new List<string>();
        var found = new int[partitions];
        _stored.Clear();
        await foreach (TopicEvent<T> each in client.ReadAsync(topic))
        {
            _stored.Add(each);
            int index = found[each.Partition]++;
            if (index >= _planned[each.Partition].Count)
                problems.Add($"{Topic}/{each.Partition} has more events than were sent: {each.Value}");
            else if (!_planned[each.Partition][index]!.Equals(each.Value))
                problems.Add($"{Topic}/{each.Partition}, event {index}: {each.Value}, sent was "
                    + $"{_planned[each.Partition][index]}");
        }

        for (int partition = 0; partition < partitions; partition++)
        {
            if (found[partition] < _planned[partition].Count)
                problems.Add($"{Topic}/{partition} lacks {_planned[partition].Count - found[partition]} events");
        }

        return new FeedContent(_stored.Count, problems);
    }
}
