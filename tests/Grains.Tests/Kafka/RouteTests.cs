namespace Weir.Grains.Tests.Kafka;

using Weir.Connectors.Kafka;
using Weir.Connectors.Sqlite;
using Weir.Engine.Codecs;
using Weir.Engine.Graph;
using Weir.Engine.Streams;
using Weir.Grains.Hosting;
using Weir.Grains.Logs;
using Weir.Grains.Tests.Streams;
using Weir.Protocol.Logs;

/// <summary>Topics of several systems under one log, and what jobs can ask of them.</summary>
public sealed class RouteTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("weir-routes-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void AJob_ThatAsksForMoreThanItsTopicsCanDo_IsRefusedWithAllReasons()
    {
        Assert.Matches("idleAfter would do nothing", Assert.Single(FaultsOf(new QuietOrders(), ticks: false)));
        Assert.Empty(FaultsOf(new QuietOrders(), ticks: true));
        Assert.Matches("Write to a sink", Assert.Single(FaultsOf(new WritesOrders(), ticks: true)));
        Assert.Matches("Use transactional output", Assert.Single(FaultsOf(new HastyOrders(), ticks: true)));
    }

    [Fact]
    public void ATopicThatOthersFill_IsShuffled_WhereAJobWouldKeepToItsPartitions()
    {
        var job = new HostedJob(JobGraph.Build(new QuietOrders(), Codecs), Codecs);
        var partitions = new Dictionary<string, int> { ["orders"] = 3, ["order-counts"] = 1 };
        Assert.Equal(1, job.PlanFor(partitions).ChannelCount(0, 5));
        Assert.Equal(3, (job with { Scattered = new HashSet<string> { "orders" } }).PlanFor(partitions).ChannelCount(0, 5));
    }

    [Fact]
    public async Task EveryTopicGoesToItsLog_AndOneThatFailsLeavesTheOthersAlone()
    {
        await using SqliteEventLog own = await OpenAsync("own.db");
        await using SqliteEventLog inner = await OpenAsync("other.db");
        var other = new Failing(inner);
        await using var log = new RoutedEventLog(own, [new TopicRoute(other, ["orders"])]);
        await log.CreateTopicAsync(Spec("clicks"));
        await log.CreateTopicAsync(Spec("orders"));
        Assert.Null(await own.FindTopicAsync("orders"));
        Assert.Equal(["clicks", "orders"], await NamesAsync());
        Assert.True(log.CapabilitiesOf("orders").Pins);

        // A log tells its watchers after it has answered, each on a thread of its own.
        var heard = new Probe<TopicPartition>();
        using (log.Watch((partition, _) => heard.Add(partition)))
        {
            foreach (string topic in (string[])["orders", "clicks"])
                await log.AppendAsync(new AppendRequest
                {
                    Partition = new TopicPartition(topic, 0),
                    Batches = [new NewBatch { Kind = BatchKind.Tick, Schema = "" }],
                });
            await heard.UntilCountAsync(2);
        }

        Assert.Equal(["clicks", "orders"], heard.Items.Select(each => each.Topic).Order(StringComparer.Ordinal));
        Assert.Equal(1, (await own.DescribeAsync(new("clicks", 0))).Next);
        Assert.Equal(1, (await inner.DescribeAsync(new("orders", 0))).Next);
        other.Fails = true;
        Assert.Equal(["clicks", "orders"], await NamesAsync());
        Assert.NotNull(await log.FindTopicAsync("clicks"));

        async Task<string[]> NamesAsync() => [.. (await log.ListTopicsAsync()).Select(topic => topic.Name)];
    }

    private static CodecRegistry Codecs { get; } = new();

    private static IReadOnlyList<string> FaultsOf(StreamJob job, bool ticks)
    {
        var options = new KafkaOptions { BootstrapServers = "localhost:1", SendsTicks = ticks };
        options.Topics.Add("orders");
        var hosted = new HostedJob(JobGraph.Build(job, Codecs), Codecs);
        var route = new TopicRoute(new KafkaEventLog("shop", options), ["orders"]);
        return Record.Exception(() => RouteRules.Check(hosted, [route])) is JobDefinitionException refused ? refused.Faults : [];
    }

    private Task<SqliteEventLog> OpenAsync(string file) =>
        SqliteEventLog.OpenAsync(new SqliteEventLogOptions { Path = Path.Combine(_directory, file) });

    private static TopicSpec Spec(string topic) => new() { Name = topic, Partitions = 1, Schema = "Order:1" };

    private sealed class Failing(IEventLog log) : LogWrapper(log)
    {
        public bool Fails { get; set; }

        public override Task<IReadOnlyList<TopicInfo>> ListTopicsAsync(CancellationToken cancellation = default) => Fails
            ? throw new EventLogException(EventLogError.Unavailable, "it is away")
            : base.ListTopicsAsync(cancellation);
    }
}
