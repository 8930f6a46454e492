namespace Weir.Grains.Tests.Jobs;

using Weir.Client;
using Weir.Contracts.Jobs;
using Weir.Contracts.Topics;
using Weir.Engine.Streams;
using Weir.Engine.Testing;
using Weir.Engine.Time;

/// <summary>Sources that wait for each other, and windows on the ingestion clock.</summary>
public sealed class TimeTests : IDisposable
{
    private const string Pair = "aligned-pair";
    private readonly string _directory = Directory.CreateTempSubdirectory("weir-time-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData(1, 10_000)]
    [InlineData(1, 20)]
    [InlineData(2, 20)]
    public async Task AnAlignedSource_WaitsForTheSlowOne_AndBothFinish(short silos, int patience)
    {
        await using JobCluster cluster = await StartAsync(silos, TimeSpan.FromMilliseconds(patience));
        await cluster.Client.StartJobAsync(Pair);
        await SendAsync(cluster, AlignedPair.Ahead, 0, 100);

        // Nothing is known of the slow one: the first batch gives a watermark, and that is ahead.
        await WaitsAtAsync(cluster, 1);
        await SendAsync(cluster, AlignedPair.Behind, 0, 1);
        // Its watermark is 1 ms before minute 0; the first that is more than 5 minutes above is that of minute 6.
        await WaitsAtAsync(cluster, 7);
        await SendAsync(cluster, AlignedPair.Behind, 10, 11);
        await WaitsAtAsync(cluster, 17);

        await cluster.Client.SealAsync(AlignedPair.Behind);
        await cluster.Client.WaitForJobAsync(Pair, status => Next(status, AlignedPair.Ahead) == 100)
            .WaitAsync(JobCluster.Patience);
        await cluster.Client.SealAsync(AlignedPair.Ahead);
        await cluster.FinishedAsync(Pair);

        var harness = new JobHarness(new AlignedPair());
        harness.Send(AlignedPair.Behind, [.. Clicks(0, 1), .. Clicks(10, 11)]);
        harness.Send(AlignedPair.Ahead, Clicks(0, 100));
        harness.Seal();
        Assert.Equal(Sorted(harness.Read(AlignedPair.PerHour)), Sorted(await cluster.ReadAllAsync(AlignedPair.PerHour)));
    }

    [Fact]
    public async Task AnIdleSource_IsNotWaitedFor()
    {
        await using JobCluster cluster = await StartAsync(1, TimeSpan.FromMilliseconds(20));
        await cluster.Client.StartJobAsync("aligned-unless-quiet");
        await SendAsync(cluster, AlignedPair.Ahead, 0, 100);
        await cluster.Client.WaitForJobAsync("aligned-unless-quiet", status => Next(status, AlignedPair.Ahead) == 100)
            .WaitAsync(JobCluster.Patience);
    }

    [Fact]
    public async Task AJobThatWaits_CanBeStoppedAndStartedAgain()
    {
        await using JobCluster cluster = await StartAsync(1, TimeSpan.FromMilliseconds(20));
        await cluster.Client.StartJobAsync(Pair);
        await SendAsync(cluster, AlignedPair.Behind, 0, 1);
        await SendAsync(cluster, AlignedPair.Ahead, 0, 100);
        for (int epoch = 1; epoch <= 3; epoch++)
        {
            await WaitsAtAsync(cluster, 7);
            await cluster.Client.StopJobAsync(Pair);
            Assert.Equal(epoch + 1, (await cluster.Client.StartJobAsync(Pair)).Epoch);
        }

        await cluster.Client.SealAsync(AlignedPair.Behind);
        await cluster.Client.SealAsync(AlignedPair.Ahead);
        await cluster.FinishedAsync(Pair);
        Assert.Equal(101, (await cluster.ReadAllAsync(AlignedPair.PerHour)).Sum(each => each.Value));
    }

    [Fact]
    public async Task ProcessingTimeWindows_GiveTheirResultOnAnIdleTopic()
    {
        await using JobCluster cluster = await JobCluster.StartAsync(_directory);
        await cluster.Client.StartJobAsync("arrivals-per-second");
        await cluster.Client.SendAsync(
            PageViews.Clicks,
            [new Click("/home", "ada", new EventTime(1)), new Click("/home", "bob", new EventTime(900_000))]);
        using var patience = new CancellationTokenSource(JobCluster.Patience);
        await foreach (TopicEvent<Windowed<string, long>> count in cluster.Client.ReadAsync(
            ArrivalsPerSecond.Counts, new ReadOptions { Follow = true }, patience.Token))
        {
            Assert.Equal(("/home", 2L), (count.Value.Key, count.Value.Value));
            Assert.Equal(TimeSpan.FromSeconds(1), count.Value.Window.End - count.Value.Window.Start);
            Assert.True(count.Value.Window.Start > new EventTime(900_000), "the window is not of the ingestion clock");
            return;
        }

        Assert.Fail("The topic ended without the count.");
    }

    /// <summary>
    /// Waits until the fast source has read up to an offset and waits there. At no time may it be seen beyond.
    /// </summary>
    private static async Task WaitsAtAsync(JobCluster cluster, long next)
    {
        JobStatus status = await cluster.Client
            .WaitForJobAsync(Pair, each => Next(each, AlignedPair.Ahead) >= next && IsWaiting(each))
            .WaitAsync(JobCluster.Patience);
        Assert.Equal(next, Next(status, AlignedPair.Ahead));
    }

    private static bool IsWaiting(JobStatus status) =>
        status.Sources.Any(source => source.Topic == AlignedPair.Ahead.Name && source.IsWaiting);

    private static long Next(JobStatus status, Topic topic) =>
        status.Sources.SingleOrDefault(source => source.Topic == topic.Name)?.Next ?? -1;

    private async Task<JobCluster> StartAsync(short silos, TimeSpan patience)
    {
        JobCluster cluster = await JobCluster.StartAsync(
            _directory, silos, options => options.AlignmentPatience = patience);
        await cluster.Client.CreateTopicAsync(AlignedPair.Ahead, new TopicOptions { Partitions = 1 });
        await cluster.Client.CreateTopicAsync(AlignedPair.Behind, new TopicOptions { Partitions = 1 });
        return cluster;
    }

    // One click a minute, each in a batch of its own.
    private static Click[] Clicks(int from, int to) =>
        [.. Enumerable.Range(from, to - from).Select(i => new Click("/home", "ada", new EventTime(i * 60_000L)))];

    private static async Task SendAsync(JobCluster cluster, Topic<Click> topic, int from, int to)
    {
        await using Producer<Click> producer = cluster.Client.CreateProducer(topic);
        foreach (Click click in Clicks(from, to))
            await producer.SendBatchAsync([click]);
        await producer.FlushAsync();
    }

    private static IEnumerable<Windowed<string, long>> Sorted(IEnumerable<Windowed<string, long>> results) =>
        results.OrderBy(each => each.Window.Start).ThenBy(each => each.Key, StringComparer.Ordinal);
}
