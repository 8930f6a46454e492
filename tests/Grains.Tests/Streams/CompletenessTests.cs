namespace Weir.Grains.Tests.Streams;

using Orleans.Providers.Streams.Common;
using Orleans.Streams;
using Weir.Grains.Streams;
using Weir.Protocol.Logs;

/// <summary>Nothing is left out, whatever the pace of producers, subscribers and silos.</summary>
public sealed class CompletenessTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Many_events_in_odd_batches_reach_every_subscriber(bool isOnDisk)
    {
        await using TestCluster cluster = await TestCluster.StartAsync(
            streams: options => options.MaxEvents = 97, isOnDisk: isOnDisk);
        await cluster.CreateAsync(TestTopics.Plain);
        ReadingObserver[] observers = [new(), new(), new()];
        IReaderGrain reader = cluster.Client.GetGrain<IReaderGrain>($"many/{isOnDisk}");
        await reader.StartAsync("plain", 0, 0);
        foreach (ReadingObserver observer in observers)
            await cluster.Stream("plain", 0).SubscribeAsync(observer);

        await AppendOddAsync(cluster, 10_000);

        foreach (ReadingObserver observer in observers)
            AssertComplete(10_000, await observer.Received.UntilCountAsync(10_000));
        ReaderRecord record = ReaderRecord.Find($"many/{isOnDisk}")!;
        await record.Taken.UntilAsync(taken => taken.Count > 0 && taken[^1].Next == 10_000);
        Assert.Empty(record.Gaps.Items);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_backlog_is_read_after_a_start_without_a_new_append(bool isCrash)
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        await cluster.CreateAsync(TestTopics.Plain);
        IReaderGrain reader = cluster.Client.GetGrain<IReaderGrain>($"backlog/{isCrash}");
        await reader.StartAsync("plain", 0, 0);
        await cluster.AppendAsync("plain", 0, 0, 10);
        ReaderRecord record = ReaderRecord.Find($"backlog/{isCrash}")!;
        await record.Taken.UntilCountAsync(1);
        // It is to go on further back, as after a restore.
        record.Next = 3;

        Action<WeirStreamOptions> once = options => options.ReannounceInterval = TimeSpan.FromMinutes(10);
        await (isCrash ? cluster.CrashAndRestartAsync(once) : cluster.RestartAsync(once));

        await record.Taken.UntilCountAsync(2);
        Assert.Equal((0, 10), record.Taken.Items[1]);
    }

    [Fact]
    public async Task A_quiet_stream_serves_a_subscriber_after_the_last_one_left()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(
            streams: options => options.ReannounceInterval = TimeSpan.FromMinutes(10));
        await cluster.CreateAsync(TestTopics.Plain);
        await cluster.AppendAsync("plain", 0, 0, 10);

        for (int i = 0; i < 3; i++)
        {
            var observer = new ReadingObserver();
            StreamSubscriptionHandle<Reading> handle = await cluster.Stream("plain", 0).SubscribeAsync(observer);
            AssertComplete(10, await observer.Received.UntilCountAsync(10));
            await handle.UnsubscribeAsync();
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_was_taken_back_is_passed_over_without_a_gap(bool isOnDisk)
    {
        await using TestCluster cluster = await TestCluster.StartAsync(
            streams: options => options.MaxEvents = 7, isOnDisk: isOnDisk);
        await cluster.CreateAsync(TestTopics.Plain);
        var partition = new TopicPartition("plain", 0);
        for (int i = 0; i < 40; i++)
        {
            await cluster.Log.AppendAsync(new AppendRequest
            {
                Partition = partition,
                Producer = i % 4 == 3 ? "stays" : "goes",
                Sequence = i % 4 == 3 ? i / 4 * 2 : (i / 4 * 6) + (i % 4 * 2),
                Batches = [TestTopics.NewBatch(2 * i, (2 * i) + 1)],
            });
        }

        await cluster.Log.SupersedeAsync(
            new SupersedeRequest { Partition = partition, Producer = "goes", FromSequence = 9, Epoch = 1 });

        // Of "goes" the first 9 events, at offsets 0 to 5 and 8 to 10; of "stays" all.
        int[] stay = [.. Enumerable.Range(0, 80).Where(value => value <= 10 || value / 2 % 4 == 3)];
        var observer = new ReadingObserver();
        IReaderGrain reader = cluster.Client.GetGrain<IReaderGrain>($"superseded/{isOnDisk}");
        await reader.StartAsync("plain", 0, 0);
        await cluster.Stream("plain", 0).SubscribeAsync(observer, new EventSequenceTokenV2(0));

        Assert.Equal(
            stay.Select(value => ((long)value, value)), await observer.Received.UntilCountAsync(stay.Length));
        ReaderRecord record = ReaderRecord.Find($"superseded/{isOnDisk}")!;
        await record.Taken.UntilAsync(taken => taken.Count > 0 && taken[^1].Next == 80);
        Assert.Empty(record.Gaps.Items);
        Assert.All(
            record.Taken.Items.Zip(record.Taken.Items.Skip(1)), pair => Assert.Equal(pair.First.Next, pair.Second.From));
    }

    [Fact]
    public async Task A_topic_created_while_silos_run_is_delivered()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(2);
        await cluster.CreateAsync(TestTopics.Plain);
        await cluster.AppendAsync("plain", 0, 0, 1);
        var observer = new ReadingObserver();
        await cluster.CreateAsync(TestTopics.Keyed, 16);
        for (int i = 0; i < 16; i++)
        {
            await cluster.Stream("keyed", i).SubscribeAsync(observer);
            await cluster.AppendAsync("keyed", i, i, i + 1);
        }

        IReadOnlyList<(long, int Value)> received = await observer.Received.UntilCountAsync(16);
        Assert.Equal(Enumerable.Range(0, 16), received.Select(reading => reading.Value).Order());
    }

    [Fact]
    public async Task Appends_that_this_process_does_not_notice_are_found()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(
            streams: options => options.RefreshInterval = TimeSpan.FromMilliseconds(200),
            wrap: log => new UnwatchedLog(log));
        await cluster.CreateAsync(TestTopics.Plain);
        var observer = new ReadingObserver();
        await cluster.Stream("plain", 0).SubscribeAsync(observer);

        for (int i = 0; i < 3; i++)
        {
            await cluster.AppendAsync("plain", 0, i, i + 1);
            await observer.Received.UntilCountAsync(i + 1);
        }

        AssertComplete(3, observer.Received.Items);
    }

    [Fact]
    public async Task A_reader_of_a_sealed_topic_begins_again_further_back()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(
            streams: options => options.ReannounceInterval = TimeSpan.FromMinutes(10));
        await cluster.CreateAsync(TestTopics.Plain);
        await cluster.AppendAsync("plain", 0, 0, 10);
        await cluster.AppendAsync("plain", 0, 10, 20);
        await cluster.Topic("plain").SealAsync();
        IReaderGrain reader = cluster.Client.GetGrain<IReaderGrain>("rewind");
        await reader.StartAsync("plain", 0, 0);
        ReaderRecord record = ReaderRecord.Find("rewind")!;
        await record.Taken.UntilAsync(taken => taken.Count > 0 && taken[^1].Next == 21);

        for (int i = 0; i < 3; i++)
        {
            int before = record.Taken.Items.Count;
            await reader.RewindAsync(10);
            await record.Taken.UntilAsync(taken => taken.Count > before && taken[^1] == (10, 21));
        }

        Assert.Empty(record.Gaps.Items);
    }

    [Fact]
    public async Task A_plain_handle_resumed_further_back_begins_again_with_the_next_append()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        await cluster.CreateAsync(TestTopics.Plain);
        await cluster.AppendAsync("plain", 0, 0, 10);
        var first = new ReadingObserver();
        StreamSubscriptionHandle<Reading> handle = await cluster.Stream("plain", 0).SubscribeAsync(first);
        await first.Received.UntilCountAsync(10);
        var second = new ReadingObserver();

        await handle.ResumeAsync(second, new EventSequenceTokenV2(7));
        await cluster.AppendAsync("plain", 0, 10, 11);

        IReadOnlyList<(long, int)> received = await second.Received.UntilCountAsync(4);
        Assert.Equal([(7L, 7), (8L, 8), (9L, 9), (10L, 10)], received);
    }

    [Fact]
    public async Task A_place_that_is_no_longer_retained_shows_in_the_block()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        await cluster.CreateAsync(TestTopics.Plain);
        await cluster.AppendAsync("plain", 0, 0, 10);
        await cluster.AppendAsync("plain", 0, 10, 20);
        await cluster.Log.TruncateAsync(new TopicPartition("plain", 0), 10);

        await cluster.Client.GetGrain<IReaderGrain>("missing").StartAsync("plain", 0, 4);

        IReadOnlyList<string> gaps = await ReaderRecord.Find("missing")!.Gaps.UntilCountAsync(1);
        Assert.Equal(["[10, 20) after 4, missing: True"], gaps);
    }

    internal static void AssertComplete(int count, IReadOnlyList<(long Offset, int Value)> received) =>
        Assert.Equal(Enumerable.Range(0, count).Select(i => ((long)i, i)), received);

    internal static async Task AppendOddAsync(TestCluster cluster, int count)
    {
        int[] sizes = [1, 3, 250, 7, 97, 2, 98, 41];
        var appends = new List<Task>();
        for (int from = 0, i = 0; from < count; i++)
        {
            int to = Math.Min(count, from + sizes[i % sizes.Length]);
            appends.Add(cluster.Log.AppendAsync(new AppendRequest
            {
                Partition = new TopicPartition("plain", 0),
                Batches = [TestTopics.NewBatch([.. Enumerable.Range(from, to - from)])],
            }));
            from = to;
        }

        await Task.WhenAll(appends);
    }
}
