namespace Weir.Connectors.Tests.Kafka;

using System.Text;
using Confluent.Kafka;
using Weir.Connectors.Kafka;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Protocol.Logs;
using Weir.Protocol.Sources;
using TopicPartition = Weir.Protocol.Logs.TopicPartition;

/// <summary>Topics of Kafka as a log, against the mock cluster of librdkafka.</summary>
public sealed class KafkaEventLogTests : IAsyncLifetime, IDisposable
{
    private static readonly TopicPartition Place = new("clicks", 1);
    private static readonly ReadLimits Wide = new(100_000, 64 << 20);
    private readonly MockKafka _kafka = new();
    private readonly KafkaEventLog _log;

    public KafkaEventLogTests()
    {
        _kafka.CreateTopic("Clicks.V1", 3);
        _log = Open();
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _log.DisposeAsync();

    public void Dispose() => _kafka.Dispose();

    [Fact]
    public async Task Topics_are_found_with_their_partitions_and_never_made()
    {
        TopicInfo topic = (await _log.FindTopicAsync("clicks"))!;
        Assert.Equal(("clicks", 3, "json", false), (topic.Name, topic.Partitions, topic.Spec.Schema, topic.IsSealed));
        Assert.Null(await _log.FindTopicAsync("missing"));
        Assert.Equal(["clicks"], (await _log.ListTopicsAsync()).Select(each => each.Name));
        EventLogException refused = await Assert.ThrowsAsync<EventLogException>(() => _log.CreateTopicAsync(
            new TopicSpec { Name = "missing", Partitions = 1, Schema = "json" }));
        Assert.Equal(EventLogError.UnknownTopic, refused.Error);
        Assert.Contains("'missing' in the Kafka cluster 'test'", refused.Message, StringComparison.Ordinal);
        Assert.Null(await _log.FindTopicAsync("missing"));
    }

    [Fact]
    public async Task What_was_sent_is_read_with_its_offsets_and_clock()
    {
        Assert.Equal(new PartitionInfo(0, 0, EventTime.None, 0, false), await _log.DescribeAsync(Place));
        LogFetch nothing = await _log.ReadAsync(Place, 0, Wide);
        Assert.Equal((0L, 0L, 0), (nothing.From, nothing.Next, nothing.Batches.Count));
        _kafka.SendAll("Clicks.V1", 1, [("a", 1000), ("b", 1010), ("c", 1020), (null, 1030), ("d", 1200)]);
        await _log.DescribeAsync(Place);
        LogFetch fetch = await ReadToAsync(5);
        Assert.Equal(
            ["[0,1) a", "[1,3) b c", "[3,4) Tick", "[4,5) d"], Joined(fetch.Batches).Select(Events.Show));
        Assert.Equal([1000L, 1010, 1030, 1200], Joined(fetch.Batches).Select(batch => batch.Stamp.Milliseconds));
        Assert.Equal((0L, 5L), await _log.DescribeAsync(Place) is var extent ? (extent.First, extent.Next) : default);
    }

    [Fact]
    public async Task Reading_again_from_anywhere_gives_the_same_batches()
    {
        var random = new Random(7);
        long time = 1_000_000;
        _kafka.SendAll("Clicks.V1", 1, Enumerable.Range(0, 3000).Select(i =>
            ((string?)$"event {i}", time += random.Next(-20, 30))));
        await _log.DescribeAsync(Place);
        EventBatch[] units = [.. (await ReadToAsync(3000)).Batches.SelectMany(BatchHash.UnitsOf)];
        Assert.Equal(3000, units.Length);
        ulong[] hashes = Array.ConvertAll(units, unit => BatchHash.Of(in unit));
        foreach (int from in (int[])[2999, 0, 1234, 256, 255, 1234, 777, 2048])
        {
            LogFetch one = await _log.ReadAsync(Place, from, new ReadLimits(1, 1));
            Assert.Equal((from, from + 1), (one.From, one.Next));
            Assert.Equal(hashes[from], BatchHash.Of(one.Batches.SelectMany(BatchHash.UnitsOf).Single()));
            LogFetch some = await ReadFromAsync(_log, from, Math.Min(from + 500, 3000));
            Assert.Equal(
                hashes[from..(int)some.Next], some.Batches.SelectMany(BatchHash.UnitsOf).Select(unit => BatchHash.Of(in unit)));
        }
    }

    [Fact]
    public async Task Two_readers_of_a_partition_do_not_disturb_each_other()
    {
        _kafka.SendAll("Clicks.V1", 1, Enumerable.Range(0, 2000).Select(i => ((string?)$"{i}", 1000L + i)));
        await _log.DescribeAsync(Place);
        async Task<string[]> ReadAsync(int step)
        {
            var texts = new List<string>();
            for (long next = 0; next < 2000;)
            {
                LogFetch fetch = await _log.ReadAsync(Place, next, new ReadLimits(step, 1 << 20));
                texts.AddRange(fetch.Batches.SelectMany(Events.Texts));
                next = fetch.Next;
            }

            return [.. texts];
        }

        string[] expected = [.. Enumerable.Range(0, 2000).Select(i => $"{i}")];
        foreach (string[] read in await Task.WhenAll(ReadAsync(7), ReadAsync(100), ReadAsync(31), ReadAsync(1), ReadAsync(19)))
            Assert.Equal(expected, read);
    }

    [Fact]
    public async Task Offsets_that_are_not_there_are_refused()
    {
        _kafka.Send("Clicks.V1", 1, "a", 1);
        EventLogException above = await Assert.ThrowsAsync<EventLogException>(() => _log.ReadAsync(Place, 2, Wide));
        Assert.Equal(EventLogError.InvalidRequest, above.Error);
        Assert.Equal(
            EventLogError.InvalidRequest,
            (await Assert.ThrowsAsync<EventLogException>(() => _log.ReadAsync(Place, -1, Wide))).Error);
        await _log.FindTopicAsync("clicks");
        foreach (TopicPartition unknown in (TopicPartition[])[new("clicks", 3), new("other", 0), new("clicks", -1)])
            Assert.Equal(
                EventLogError.UnknownTopic,
                (await Assert.ThrowsAsync<EventLogException>(() => _log.ReadAsync(unknown, 0, Wide))).Error);
    }

    [Fact]
    public async Task What_retention_has_removed_is_said()
    {
        // The mock keeps about 5 MiB of a partition.
        string text = new('x', 60_000);
        _kafka.SendAll("Clicks.V1", 1, Enumerable.Range(0, 200).Select(i => ((string?)text, 1000L + i)));
        PartitionInfo extent = await _log.DescribeAsync(Place);
        Assert.InRange(extent.First, 1, 199);
        EventLogException expired = await Assert.ThrowsAsync<EventLogException>(
            () => _log.ReadAsync(Place, extent.First - 1, Wide));
        Assert.Equal(EventLogError.OffsetExpired, expired.Error);
        Assert.Contains($"keeps it from {extent.First} on", expired.Message, StringComparison.Ordinal);
        Assert.Equal(extent.First, (await _log.ReadAsync(Place, extent.First, new ReadLimits(1, 1))).From);
    }

    [Fact]
    public async Task A_reader_that_retention_overtakes_is_told()
    {
        string text = new('x', 60_000);
        _kafka.SendAll("Clicks.V1", 1, Enumerable.Range(0, 80).Select(i => ((string?)text, 1000L + i)));
        await _log.ReadAsync(Place, 0, new ReadLimits(1, 1));
        for (int round = 0; round < 10; round++)
            _kafka.SendAll("Clicks.V1", 1, Enumerable.Range(0, 80).Select(i => ((string?)text, 2000L + i)));
        EventLogException expired = await Assert.ThrowsAsync<EventLogException>(async () =>
        {
            for (long next = 1; next < 880;)
                next = (await _log.ReadAsync(Place, next, new ReadLimits(1, 1))).Next;
        });
        Assert.Equal(EventLogError.OffsetExpired, expired.Error);
    }

    [Fact]
    public async Task Who_watches_hears_of_what_others_send()
    {
        var heard = new TaskCompletionSource<(TopicPartition, long)>(TaskCreationOptions.RunContinuationsAsynchronously);
        using IDisposable watch = _log.Watch((partition, next) => heard.TrySetResult((partition, next)));
        await _log.ReadAsync(Place, 0, Wide);
        _kafka.Send("Clicks.V1", 1, "a", 1);
        Assert.Equal((Place, 1L), await heard.Task.WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.Equal(1, (await _log.ReadAsync(Place, 0, Wide)).Next);
    }

    [Fact]
    public async Task Errors_of_brokers_are_passed_over_and_lose_nothing()
    {
        _kafka.SendAll("Clicks.V1", 1, Enumerable.Range(0, 500).Select(i => ((string?)$"{i}", 1000L + i)));
        _kafka.Refuse(MockKafka.Request.Fetch, ErrorCode.NotLeaderForPartition, ErrorCode.RequestTimedOut);
        _kafka.Refuse(MockKafka.Request.ListOffsets, ErrorCode.NotLeaderForPartition);
        await _log.DescribeAsync(Place);
        LogFetch fetch = await ReadToAsync(500);
        Assert.Equal(
            Enumerable.Range(0, 500).Select(i => $"{i}"), fetch.Batches.SelectMany(Events.Texts));
    }

    [Fact]
    public async Task A_broker_that_is_away_is_said_and_afterwards_it_goes_on()
    {
        await using KafkaEventLog log = Open(TimeSpan.FromMilliseconds(1500));
        _kafka.SendAll("Clicks.V1", 1, Enumerable.Range(0, 10).Select(i => ((string?)$"{i}", 1000L + i)));

        // How many of the ten have come by now is up to the broker.
        int next = (int)(await log.ReadAsync(Place, 0, new ReadLimits(4, 1000))).Next;
        Assert.InRange(next, 1, 4);
        _kafka.TakeDown();
        EventLogException away = await Assert.ThrowsAsync<EventLogException>(() => log.DescribeAsync(new("clicks", 0)));
        Assert.Equal(EventLogError.Unavailable, away.Error);
        EventLogException still = await Assert.ThrowsAsync<EventLogException>(() => log.DescribeAsync(new("clicks", 0)));
        Assert.Equal(EventLogError.Unavailable, still.Error);
        _kafka.BringUp();
        _kafka.Send("Clicks.V1", 1, "10", 2000);
        LogFetch fetch = await EventuallyAsync(async () =>
        {
            await log.DescribeAsync(Place);
            return await ReadFromAsync(log, next, 11);
        });
        Assert.Equal(Enumerable.Range(next, 11 - next).Select(i => $"{i}"), fetch.Batches.SelectMany(Events.Texts));
    }

    [Fact]
    public async Task A_topic_that_gets_other_partitions_is_noticed()
    {
        await _log.FindTopicAsync("clicks");
        using var other = new MockKafka();
        other.CreateTopic("Clicks.V1", 5);
        // The same log, whose cluster was set up anew.
        await using KafkaEventLog grown = Open(TimeSpan.FromSeconds(10), other.BootstrapServers, knownAs: 3);
        EventLogException changed = await Assert.ThrowsAsync<EventLogException>(() => grown.FindTopicAsync("clicks"));
        Assert.Equal(EventLogError.TopicConflict, changed.Error);
        Assert.Contains("had 3 partitions and has 5 now", changed.Message, StringComparison.Ordinal);
        Assert.Equal(
            EventLogError.TopicConflict,
            (await Assert.ThrowsAsync<EventLogException>(() => grown.ReadAsync(Place, 0, Wide))).Error);
    }

    [Fact]
    public async Task Only_ticks_are_written_and_only_where_they_are_wanted()
    {
        DateTimeOffset begun = DateTimeOffset.UtcNow.AddMilliseconds(-1);
        var tick = new AppendRequest { Partition = Place, Batches = [Events.Tick()] };
        Assert.Equal(
            EventLogError.InvalidRequest, (await Assert.ThrowsAsync<EventLogException>(() => _log.AppendAsync(tick))).Error);
        var options = new KafkaOptions { BootstrapServers = _kafka.BootstrapServers, SendsTicks = true };
        options.Topics.Add(new KafkaTopic { Name = "clicks", InKafka = "Clicks.V1" });
        await using var log = new KafkaEventLog("test", options);
        Assert.True(log.Capabilities.Ticks);
        AppendResult appended = await log.AppendAsync(tick);
        Assert.Equal((0L, 1L), (appended.From, appended.Next));
        LogFetch fetch = await log.ReadAsync(Place, 0, Wide);
        EventBatch stored = fetch.Batches.Single();
        Assert.Equal((BatchKind.Tick, 0L, 1L), (stored.Kind, stored.From, stored.Next));
        Assert.InRange(
            stored.Stamp.Milliseconds, begun.ToUnixTimeMilliseconds(), DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
        Assert.Equal(
            EventLogError.InvalidRequest,
            (await Assert.ThrowsAsync<EventLogException>(
                () => log.AppendAsync(tick with { Batches = [Events.Numbers(0, 1)] }))).Error);
    }

    [Fact]
    public async Task A_log_that_was_closed_says_so()
    {
        KafkaEventLog log = Open();
        await log.ReadAsync(Place, 0, Wide);
        await log.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => log.ReadAsync(Place, 0, Wide));
    }

    private Task<LogFetch> ReadToAsync(long next) => ReadFromAsync(_log, 0, next);

    private static async Task<LogFetch> ReadFromAsync(KafkaEventLog log, long from, long to)
    {
        var batches = new List<EventBatch>();
        long next = from;
        while (next < to)
        {
            LogFetch fetch = await log.ReadAsync(Place, next, Wide);
            Assert.Equal(next, fetch.From);
            Assert.True(fetch.Next > next, $"nothing at {next} of {to}");
            batches.AddRange(fetch.Batches);
            next = fetch.Next;
        }

        return new LogFetch(from, next, batches);
    }

    /// <summary>Batches whose parts are put together again.</summary>
    private static IEnumerable<EventBatch> Joined(IEnumerable<EventBatch> batches)
    {
        EventBatch? open = null;
        foreach (EventBatch batch in batches)
        {
            if (open is { } before && batch.Part == BatchPart.Next)
            {
                open = before with
                {
                    Next = batch.Next,
                    Count = before.Count + batch.Count,
                    Payload = (byte[])[.. before.Payload.Span, .. batch.Payload.Span],
                };
                continue;
            }

            if (open is { } ended)
                yield return ended;
            open = batch;
        }

        if (open is { } last)
            yield return last;
    }

    private static async Task<T> EventuallyAsync<T>(Func<Task<T>> action)
    {
        DateTime until = DateTime.UtcNow.AddSeconds(40);
        while (true)
        {
            try
            {
                return await action();
            }
            catch (EventLogException away) when (away.Error == EventLogError.Unavailable && DateTime.UtcNow < until)
            {
                // It has waited for its own timeout already.
                await Task.Yield();
            }
        }
    }

    private KafkaEventLog Open(TimeSpan? timeout = null, string? bootstrap = null, int? knownAs = null)
    {
        var options = new KafkaOptions
        {
            BootstrapServers = bootstrap ?? _kafka.BootstrapServers,
            Timeout = timeout ?? TimeSpan.FromSeconds(20),
        };
        options.Topics.Add(new KafkaTopic { Name = "clicks", InKafka = "Clicks.V1", Partitions = knownAs });
        options.Topics.Add("missing");
        return new KafkaEventLog("test", options);
    }
}
