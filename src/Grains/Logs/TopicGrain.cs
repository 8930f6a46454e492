namespace Weir.Grains.Logs;

using Microsoft.Extensions.Options;
using Orleans.Concurrency;
using Weir.Contracts;
using Weir.Contracts.Topics;
using Weir.Engine.Streams;
using Weir.Protocol.Logs;

/// <summary>
/// A topic for callers outside. It has no state, so any number of activations of one topic are alike; what is true the
/// log says.
/// </summary>
[Reentrant]
[StatelessWorker]
[GrainType("weir.topic")]
internal sealed class TopicGrain : Grain, ITopicGrain
{
    private const int MaxEvents = 65_536;
    private const int MaxBytes = 4 << 20;

    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(20);

    // Appends of other processes may not be noticed: while it waits, a reader looks now and then.
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(1);

    // A wait that ends without news is no failure.
    private const ConfigureAwaitOptions UnlessLate =
        ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext;

    private readonly IEventLog _log;
    private readonly LogArrivals _arrivals;
    private readonly TopicJsonBridges _json;
    private readonly WeirLogOptions _options;
    private readonly string _topic;

    public TopicGrain(
        IGrainContext context,
        IEventLog log,
        LogArrivals arrivals,
        TopicJsonBridges json,
        IOptions<WeirLogOptions> options)
    {
        _log = log;
        _arrivals = arrivals;
        _json = json;
        _options = options.Value;
        _topic = TopicKeys.TopicOf(context.GrainId.Key.ToString()!);
    }

    public Task<TopicDescription> CreateAsync(TopicDefinition definition) => LogFailures.ToWeirAsync(async () =>
    {
        CheckName();
        TopicInfo? known = definition.Partitions is null ? await _log.FindTopicAsync(_topic) : null;
        TopicInfo topic = await _log.CreateTopicAsync(new TopicSpec
        {
            Name = _topic,
            // Without a number any is fine, so an existing topic keeps its own.
            Partitions = definition.Partitions ?? known?.Partitions ?? _options.DefaultPartitions,
            Schema = definition.Schema,
            Retention = new RetentionPolicy
            {
                Age = definition.RetentionAge,
                BytesPerPartition = definition.RetentionBytes,
            },
        });
        return await DescribeAsync(topic);
    });

    public Task<TopicDescription?> DescribeAsync() => LogFailures.ToWeirAsync(async () =>
        await _log.FindTopicAsync(_topic) is { } topic ? await DescribeAsync(topic) : null);

    public Task SealAsync() => LogFailures.ToWeirAsync(() => _log.SealAsync(_topic));

    public Task<WireFetch> ReadAsync(ReadRequest request) => LogFailures.ToWeirAsync(async () =>
    {
        LogFetch fetch = await FetchAsync(request);
        return new WireFetch(fetch.From, fetch.Next, [.. fetch.Batches.Select(batch => WireBatch.Of(in batch))]);
    });

    public Task<JsonFetch> ReadJsonAsync(ReadRequest request) => LogFailures.ToWeirAsync(async () =>
    {
        TopicJson json = _json.Find(_topic);
        LogFetch fetch = await FetchAsync(request);
        return new JsonFetch(fetch.From, fetch.Next, Decode(json, fetch, request.From))
        {
            IsEnd = await IsEndAsync(new TopicPartition(_topic, request.Partition), fetch),
        };
    });

    public Task<WireReceipt[]> SendJsonAsync(string[] events) => LogFailures.ToWeirAsync(async () =>
    {
        if (events is null)
            throw new WeirException(
                WeirError.InvalidRequest, $"There are no events to send to '{_topic}'; give a list.");
        TopicInfo topic = await _log.FindTopicAsync(_topic) ?? throw new WeirException(
            WeirError.UnknownTopic, $"There is no topic '{_topic}'; create it, or start a job that uses it.");
        TopicJson json = _json.Find(_topic);
        var batches = json.Write(events, topic.Partitions, _json.NextPartition(topic.Partitions));
        return await Task.WhenAll(batches.Select(batch => AppendAsync(batch.Key, batch.Value)));
    });

    private static JsonEvent[] Decode(TopicJson json, LogFetch fetch, long from)
    {
        var events = new List<JsonEvent>();
        foreach (EventBatch batch in fetch.Batches)
        {
            try
            {
                events.AddRange(json.Read(batch, from));
            }
            catch (Weir.Engine.Codecs.CorruptDataException damage)
            {
                throw new WeirException(
                    WeirError.Corrupt,
                    $"The batch at offset {batch.From} can not be read as its type: {damage.Message}");
            }
        }

        return [.. events];
    }

    private async Task<LogFetch> FetchAsync(ReadRequest request)
    {
        if (request.MaxEvents < 1)
            throw new WeirException(WeirError.InvalidRequest, "A read must allow at least one event.");
        var partition = new TopicPartition(_topic, request.Partition);
        var limits = new ReadLimits(Math.Min(request.MaxEvents, MaxEvents), MaxBytes);
        DateTimeOffset until = _options.TimeProvider.GetUtcNow() + (request.Wait < MaxWait ? request.Wait : MaxWait);
        while (true)
        {
            Task arrival = _arrivals.Next(partition);
            LogFetch fetch = await _log.ReadAsync(partition, request.From, limits);
            TimeSpan left = until - _options.TimeProvider.GetUtcNow();
            if (fetch.Batches.Count > 0 || left <= TimeSpan.Zero || await IsEndAsync(partition, fetch))
                return fetch;
            await arrival
                .WaitAsync(left < LookAgain ? left : LookAgain, _options.TimeProvider)
                .ConfigureAwait(UnlessLate);
        }
    }

    private async Task<bool> IsEndAsync(TopicPartition partition, LogFetch fetch)
    {
        if (fetch.Batches.Count > 0)
            return fetch.Batches[^1].Kind == BatchKind.End;
        PartitionInfo extent = await _log.DescribeAsync(partition);
        return extent.IsSealed && fetch.Next == extent.Next;
    }

    private async Task<WireReceipt> AppendAsync(int partition, NewBatch batch)
    {
        AppendResult result = await _log.AppendAsync(new AppendRequest
        {
            Partition = new TopicPartition(_topic, partition),
            Batches = [batch],
        });
        return new WireReceipt(_topic, partition, result.From, result.Next, result.WasDuplicate);
    }

    private async Task<TopicDescription> DescribeAsync(TopicInfo topic)
    {
        var extents = new PartitionExtent[topic.Partitions];
        for (int i = 0; i < extents.Length; i++)
        {
            PartitionInfo extent = await _log.DescribeAsync(new TopicPartition(_topic, i));
            extents[i] = new PartitionExtent(extent.First, extent.Next, extent.Bytes);
        }

        return new TopicDescription
        {
            Name = topic.Name,
            Schema = topic.Spec.Schema,
            IsSealed = topic.IsSealed,
            Partitions = extents,
        };
    }

    /// <summary>A topic must have a name that a job can declare.</summary>
    private void CheckName()
    {
        try
        {
            _ = Topic.Of<byte>(_topic);
        }
        catch (ArgumentException refusal)
        {
            throw new WeirException(WeirError.InvalidRequest, refusal.Message);
        }
    }
}
