namespace Weir.Grains.Tests.Streams;

using Orleans.TestingHost;
using Weir.Contracts;
using Weir.Protocol.Logs;

/// <summary>Subscribers, logs and silos that fail or stand still.</summary>
public sealed class FailureTests
{
    [Fact]
    public async Task A_subscriber_that_throws_for_a_while_misses_nothing()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(streams: options => options.MaxEvents = 5);
        await cluster.CreateAsync(TestTopics.Plain);
        int refusals = 4;
        var observer = new ReadingObserver(reading => reading.Value == 12 && refusals-- > 0
            ? throw new InvalidOperationException("not now")
            : Task.CompletedTask);
        await cluster.Stream("plain", 0).SubscribeAsync(observer);

        for (int i = 0; i < 20; i += 5)
            await cluster.AppendAsync("plain", 0, i, i + 5);

        var received = await observer.Received.UntilAsync(items => items.Any(item => item.Value == 19));
        Assert.Equal(Enumerable.Range(0, 20), received.Select(item => item.Value).Distinct());
        Assert.True(refusals < 0);
    }

    [Fact]
    public async Task A_subscriber_that_takes_nothing_holds_up_nobody_and_little_memory()
    {
        ProbedLog log = null!;
        await using TestCluster cluster = await TestCluster.StartAsync(
            streams: options => (options.MaxEvents, options.Slots) = (10, 1),
            wrap: inner => log = new ProbedLog(inner));
        await cluster.CreateAsync(TestTopics.Plain, 2);
        var mayGoOn = new TaskCompletionSource();
        await cluster.Client.GetGrain<IReaderGrain>("standing").StartAsync("plain", 0, 0);
        await cluster.Client.GetGrain<IReaderGrain>("moving").StartAsync("plain", 1, 0);
        ReaderRecord standing = ReaderRecord.Find("standing")!;
        ReaderRecord moving = ReaderRecord.Find("moving")!;
        standing.MayGoOn = mayGoOn.Task;

        for (int i = 0; i < 1000; i += 10)
        {
            await cluster.AppendAsync("plain", 0, i, i + 10);
            await cluster.AppendAsync("plain", 1, i, i + 10);
        }

        await moving.Taken.UntilAsync(taken => taken.Count > 0 && taken[^1].Next == 1000);
        Assert.Empty(standing.Taken.Items);
        Assert.InRange(log.Reads, 1, 3);
        mayGoOn.SetResult();
        await standing.Taken.UntilAsync(taken => taken.Count > 0 && taken[^1].Next == 1000);
        Assert.Empty(standing.Gaps.Items);
    }

    [Fact]
    public async Task A_log_that_fails_is_told_to_the_subscriber_and_read_on_afterwards()
    {
        ProbedLog log = null!;
        await using TestCluster cluster = await TestCluster.StartAsync(
            streams: options => options.MaxRetryDelay = TimeSpan.FromMilliseconds(100),
            wrap: inner => log = new ProbedLog(inner));
        await cluster.CreateAsync(TestTopics.Plain);
        var observer = new ReadingObserver();
        await cluster.Stream("plain", 0).SubscribeAsync(observer);
        await cluster.AppendAsync("plain", 0, 0, 10);
        await observer.Received.UntilCountAsync(10);
        log.Failure = new EventLogException(EventLogError.Corrupt, "The disk is broken.");
        await cluster.AppendAsync("plain", 0, 10, 20);

        IReadOnlyList<Exception> errors = await observer.Errors.UntilCountAsync(3);
        Assert.All(errors, error => Assert.Equal(WeirError.Corrupt, Assert.IsType<WeirException>(error).Error));
        log.Failure = null;

        CompletenessTests.AssertComplete(20, await observer.Received.UntilCountAsync(20));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Silos_that_come_and_go_leave_nothing_out(bool isKilled)
    {
        await using TestCluster cluster = await TestCluster.StartAsync(2, options => options.MaxEvents = 20);
        const int partitions = 8;
        const int rounds = 60;
        await cluster.CreateAsync(TestTopics.Plain, partitions);
        string[] keys = [.. Enumerable.Range(0, partitions).Select(i => $"silos/{isKilled}/{i}")];
        for (int i = 0; i < partitions; i++)
            await cluster.Client.GetGrain<IReaderGrain>(keys[i]).StartAsync("plain", i, 0);

        for (int round = 0; round < rounds; round++)
        {
            for (int i = 0; i < partitions; i++)
                await cluster.Log.AppendAsync(Request(i, round));
            if (round == rounds / 3)
                await cluster.Silos.StartAdditionalSiloAsync();
            if (round == rounds * 2 / 3)
                await StopOneAsync(cluster.Silos, isKilled);
        }

        foreach (string key in keys)
        {
            ReaderRecord record = ReaderRecord.Find(key)!;
            await record.Taken.UntilAsync(taken => taken.Count > 0 && taken[^1].Next == rounds * 7);
            Assert.Empty(record.Gaps.Items);
        }
    }

    private static AppendRequest Request(int partition, int round) => new()
    {
        Partition = new TopicPartition("plain", partition),
        Batches = [TestTopics.NewBatch([.. Enumerable.Range(round * 7, 7)])],
    };

    private static Task StopOneAsync(InProcessTestCluster silos, bool isKilled) =>
        isKilled ? silos.KillSiloAsync(silos.Silos[1]) : silos.StopSiloAsync(silos.Silos[1]);
}
