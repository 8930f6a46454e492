namespace Weir.Connectors.Kafka;

using Weir.Protocol.Logs;

/// <summary>
/// Finds the feed for a read. Readers that go on where they were find their own; one that jumps gets a feed of its own, or
/// one that nobody has used for long. Invariant: a feed has one reader at a time, and a partition few feeds.
/// </summary>
/// <remarks>A lane holds one feed of each partition, so there are as many lanes as the partition with the most readers
/// has.</remarks>
internal sealed class KafkaFeeds(string cluster, KafkaClients clients, Action<TopicPartition, KafkaMessage> arrived)
    : IDisposable
{
    private const int LanesAtMost = 4;
    private static readonly long Unused = (long)TimeSpan.FromSeconds(30).TotalMilliseconds;
    private readonly Lock _gate = new();
    private readonly List<KafkaLane> _lanes = [];
    private readonly Dictionary<TopicPartition, KafkaFeed?[]> _feeds = [];
    private readonly Dictionary<TopicPartition, SemaphoreSlim> _readers = [];
    private bool _isDisposed;

    /// <summary>Reads with the feed that stands at an offset.</summary>
    /// <param name="partition">The partition.</param>
    /// <param name="from">The offset.</param>
    /// <param name="extent">Asks where the partition begins and ends; only where no feed stands there.</param>
    /// <param name="read">What to do with the feed.</param>
    public async Task<LogFetch> UseAsync(
        KafkaPartition partition, long from, Func<Task<(long First, long Next)>> extent, Func<KafkaFeed, Task<LogFetch>> read)
    {
        SemaphoreSlim readers = ReadersOf(partition.Place);
        await readers.WaitAsync().ConfigureAwait(false);
        KafkaFeed? feed = null;
        try
        {
            feed = FindAt(partition.Place, from) ?? await BeginAsync(partition, from, extent).ConfigureAwait(false);
            return await read(feed).ConfigureAwait(false);
        }
        finally
        {
            if (feed is not null)
                Return(feed);
            readers.Release();
        }
    }

    public void Dispose()
    {
        KafkaLane[] lanes;
        lock (_gate)
        {
            _isDisposed = true;
            lanes = [.. _lanes];
            _lanes.Clear();
        }

        foreach (KafkaLane lane in lanes)
            lane.Dispose();
    }

    private SemaphoreSlim ReadersOf(TopicPartition place)
    {
        lock (_gate)
        {
            if (!_readers.TryGetValue(place, out SemaphoreSlim? readers))
                _readers.Add(place, readers = new SemaphoreSlim(LanesAtMost));
            return readers;
        }
    }

    private KafkaFeed? FindAt(TopicPartition place, long from)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            KafkaFeed? feed = FeedsOf(place).FirstOrDefault(each =>
                each is { IsRented: false, HasFailed: false } && each.Next == from);
            if (feed is not null)
                feed.IsRented = true;
            return feed;
        }
    }

    private async Task<KafkaFeed> BeginAsync(
        KafkaPartition partition, long from, Func<Task<(long First, long Next)>> extent)
    {
        (long first, long next) = await extent().ConfigureAwait(false);
        if (from < first)
            throw new EventLogException(
                EventLogError.OffsetExpired,
                $"Offset {from} of {partition.Place} is no longer retained: the Kafka cluster '{cluster}' keeps it from "
                + $"{first} on. Start the job from there, or from a topic that keeps events for longer.");
        if (from > next)
            throw new EventLogException(
                EventLogError.InvalidRequest,
                $"Offset {from} of {partition.Place} is above {next}, where the topic ends in the Kafka cluster "
                + $"'{cluster}': it is not the topic that was read before.");
        var feed = new KafkaFeed(partition, from) { IsRented = true };
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            KafkaFeed?[] feeds = FeedsOf(partition.Place);
            int lane = PlaceFor(feeds);
            while (_lanes.Count <= lane)
                _lanes.Add(new KafkaLane(cluster, clients, arrived));
            if (_lanes[lane].IsBroken)
                Replace(lane);
            _lanes[lane].Begin(feed, Math.Max(first, BatchCutter.BlockOf(from)), feeds[lane]);
            feeds[lane] = feed;
        }

        return feed;
    }

    /// <summary>The lane for a new feed: where one has failed or is unused, else a free one, else where one was used the
    /// longest time ago. Of as many readers as there are lanes one at least has no feed yet.</summary>
    private static int PlaceFor(KafkaFeed?[] feeds)
    {
        long now = Environment.TickCount64;
        int replaced = Array.FindIndex(feeds, feed =>
            feed is { IsRented: false } && (feed.HasFailed || now - feed.UsedAt > Unused));
        int free = replaced >= 0 ? replaced : Array.IndexOf(feeds, null);
        return free >= 0
            ? free
            : Enumerable.Range(0, feeds.Length).Where(i => !feeds[i]!.IsRented).MinBy(i => feeds[i]!.UsedAt);
    }

    private void Replace(int lane)
    {
        _lanes[lane].Dispose();
        foreach (KafkaFeed?[] feeds in _feeds.Values)
            feeds[lane] = null;
        _lanes[lane] = new KafkaLane(cluster, clients, arrived);
    }

    private KafkaFeed?[] FeedsOf(TopicPartition place)
    {
        if (!_feeds.TryGetValue(place, out KafkaFeed?[]? feeds))
            _feeds.Add(place, feeds = new KafkaFeed?[LanesAtMost]);
        return feeds;
    }

    private void Return(KafkaFeed feed)
    {
        lock (_gate)
        {
            feed.IsRented = false;
            feed.UsedAt = Environment.TickCount64;
            int lane = Array.IndexOf(FeedsOf(feed.Partition.Place), feed);
            if (lane >= 0 && lane < _lanes.Count && feed.TryResume())
                _lanes[lane].Resume(feed);
        }
    }
}
