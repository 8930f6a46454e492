namespace Weir.Grains.Tests.Kafka;

using System.Globalization;
using System.Text;
using System.Text.Json;
using Confluent.Kafka;
using Microsoft.Extensions.DependencyInjection;
using Weir.Client;
using Weir.Connectors.Kafka;
using Weir.Connectors.Tests.Kafka;
using Weir.Contracts;
using Weir.Contracts.Jobs;
using Weir.Contracts.Json;
using Weir.Engine.Errors;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Grains.Hosting;
using Weir.Grains.Tests.Jobs;
using Weir.Protocol.Jobs;

/// <summary>Jobs on silos that read from Kafka and write to it, against the mock cluster of librdkafka.</summary>
public sealed class KafkaJobTests : IDisposable
{
    private const string Job = "order-totals";
    private const int Partitions = 3;
    private readonly string _directory = Directory.CreateTempSubdirectory("weir-kafka-").FullName;
    private readonly MockKafka _kafka = new();
    private readonly List<Order> _sent = [];

    public KafkaJobTests()
    {
        _kafka.CreateTopic("orders", Partitions);
        _kafka.CreateTopic("order-totals", 2);
    }

    public void Dispose()
    {
        _kafka.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task AJobThatIsRestored_GoesOnExactlyOnce(short silos)
    {
        await using (JobCluster cluster = await StartAsync(silos))
        {
            await cluster.Client.StartJobAsync(Job);
            Send(0, 400);
            await cluster.CaughtUpAsync(Job);
            await CheckpointAsync(cluster);
            Send(400, 900);
            await cluster.CaughtUpAsync(Job);
        }

        Send(900, 1200);
        await using (JobCluster cluster = await StartAsync(silos))
        {
            await cluster.Client.WaitForJobAsync(Job, JobState.Running).WaitAsync(JobCluster.Patience);
            await cluster.CaughtUpAsync(Job);
            await QuietAsync(cluster);
            _kafka.TakeDown();
            _kafka.BringUp();
            Send(1200, 1500);
            await cluster.CaughtUpAsync(Job);
        }

        await using (JobCluster cluster = await StartAsync(silos))
        {
            string[] expected = Expected();
            End();
            string[] found = [.. (await ReadAsync(cluster, OrderTotals.PerMinute, expected.Length)).Select(Show)];
            Assert.Equal(expected, found.Order(StringComparer.Ordinal));
            await CheckpointAsync(cluster);
            await WrittenAsync(cluster, expected);
            JobStatus status = await cluster.Client.WaitForJobAsync(Job, JobState.Running).WaitAsync(JobCluster.Patience);
            Assert.Equal(0, status.Operators.Single().LateEvents);
        }
    }

    [Fact]
    public async Task AMessageThatIsNoEvent_IsADeadLetter_AndTheJobGoesOn()
    {
        await using JobCluster cluster = await StartAsync(1);
        await cluster.Client.StartJobAsync(Job);
        Send(0, 30);
        long offset = _kafka.Send("orders", 2, """{"customer":"c1","amount":"much"}""", 5000);
        _kafka.Send("orders", 2, null, 5001);
        Send(30, 60);
        string[] expected = Expected();
        End();
        Assert.Equal(
            expected,
            (await ReadAsync(cluster, OrderTotals.PerMinute, expected.Length)).Select(Show).Order(StringComparer.Ordinal));
        SourceDeadLetter letter = Assert.Single(await ReadAsync(cluster, OrderTotals.Unreadable, 1));
        Assert.Equal(("orders", 2, offset, "json"), (letter.Topic, letter.Partition, letter.Offset, letter.Schema));
        Assert.Equal("""{"customer":"c1","amount":"much"}""", Encoding.UTF8.GetString(letter.Event));
        Assert.Contains("the message is no JSON of Order", letter.Error, StringComparison.Ordinal);

        // People and tools see the same events.
        var first = new List<Order>();
        await foreach (TopicEvent<Order> each in cluster.Client.ReadAsync(OrderTotals.Orders, new ReadOptions { Partition = 0 }))
            first.Add(each.Value);
        Assert.Equal(_sent.Where((_, i) => i % Partitions == 0), first.SkipLast(1));
        WeirException unreadable = await Assert.ThrowsAsync<WeirException>(async () =>
        {
            await foreach (TopicEvent<Order> each in cluster.Client.ReadAsync(
                OrderTotals.Orders, new ReadOptions { Partition = 2, From = offset }))
                Assert.Fail($"{each} was read");
        });
        Assert.Equal(WeirError.InvalidValue, unreadable.Error);
    }

    [Fact]
    public async Task APartitionThatIsQuiet_GoesIdle_WhereTicksAreSent()
    {
        await using JobCluster cluster = await JobCluster.StartAsync(_directory, parts: new JobClusterParts
        {
            Jobs = [typeof(QuietOrders)],
            Weir = weir => weir.AddKafka("shop", kafka =>
            {
                kafka.BootstrapServers = _kafka.BootstrapServers;
                kafka.SendsTicks = true;
                kafka.Topics.Add("orders");
            }),
        });
        await cluster.Client.StartJobAsync("quiet-orders");
        long now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        _kafka.Send("orders", 1, TextOf(new Order("a", 1, new EventTime(0))), now);
        _kafka.Send("orders", 1, TextOf(new Order("b", 1, new EventTime(1))), now + 1);
        _kafka.Send("orders", 1, TextOf(new Order("z", 1, new EventTime(60_000))), now + 2);

        // Only ticks can tell that nothing more comes: in partition 1 of its last events, and elsewhere of any.
        List<Windowed<string, long>> counts = await ReadAsync(cluster, QuietOrders.Counts, 2);
        Assert.Equal(["a 1", "b 1"], counts.Select(each => $"{each.Key} {each.Value}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task ATopicThatKafkaDoesNotHave_IsSaidWhenTheJobStarts()
    {
        await using JobCluster cluster = await JobCluster.StartAsync(_directory, parts: new JobClusterParts
        {
            Jobs = [typeof(OrderTotals)],
            Weir = weir =>
            {
                weir.Services.AddSingleton(Connection());
                weir.AddKafka("shop", kafka =>
                {
                    kafka.BootstrapServers = _kafka.BootstrapServers;
                    kafka.Topics.Add(new KafkaTopic { Name = "orders", InKafka = "Shop.Orders" });
                });
            },
        });
        WeirException refused = await Assert.ThrowsAsync<WeirException>(() => cluster.Client.StartJobAsync(Job));
        Assert.Equal(WeirError.UnknownTopic, refused.Error);
        Assert.Equal(
            "There is no topic 'Shop.Orders' in the Kafka cluster 'shop', and Weir creates none: create it there, or "
            + "correct its name.",
            refused.Message);
    }

    // A silo that joins while the job starts may move a key group, which begins another epoch.
    private async Task<JobCluster> StartAsync(short silos) => await JobCluster.StartAsync(
        _directory,
        silos,
        options => options.RestartStrategy = RestartStrategy.Default,
        new JobClusterParts
        {
            Jobs = [typeof(OrderTotals)],
            Weir = weir =>
            {
                weir.Services.AddSingleton(Connection());
                weir.AddKafka("shop", kafka =>
                {
                    kafka.BootstrapServers = _kafka.BootstrapServers;
                    kafka.Topics.Add("orders");
                });
            },
        });

    private KafkaConnection Connection() => new() { BootstrapServers = _kafka.BootstrapServers };

    private void Send(int from, int to)
    {
        for (int i = from; i < to; i++)
            _sent.Add(new Order($"c{i % 7}", i % 13, new EventTime(i * 250L)));
        foreach (int partition in Enumerable.Range(0, Partitions))
            _kafka.SendAll("orders", partition, _sent.Skip(from)
                .Where((_, i) => (from + i) % Partitions == partition)
                .Select(order => ((string?)TextOf(order), 1_000_000 + order.At.Milliseconds)));
    }

    /// <summary>Moves the watermark of every partition past everything that was sent.</summary>
    private void End()
    {
        for (int partition = 0; partition < Partitions; partition++)
            _kafka.Send("orders", partition, TextOf(new Order("end", 0, new EventTime(86_400_000))), 99_000_000);
    }

    private static string TextOf(Order order) => JsonSerializer.Serialize(order, WeirJson.Options);

    private string[] Expected() =>
    [
        .. _sent
            .GroupBy(order => (order.Customer, Minute: order.At.Milliseconds / 60_000))
            .Select(each => string.Create(
                CultureInfo.InvariantCulture, $"{each.Key.Customer} {each.Key.Minute} {each.Sum(order => order.Amount)}"))
            .Order(StringComparer.Ordinal),
    ];

    private static string Show(Windowed<string, decimal> total) => string.Create(
        CultureInfo.InvariantCulture, $"{total.Key} {total.Window.Start.Milliseconds / 60_000} {total.Value}");

    private static async Task<List<T>> ReadAsync<T>(JobCluster cluster, Topic<T> topic, int count)
    {
        var events = new List<T>();
        using var patience = new CancellationTokenSource(JobCluster.Patience);
        await foreach (TopicEvent<T> each in cluster.Client.ReadAsync(
            topic, new ReadOptions { Follow = true }, patience.Token))
        {
            events.Add(each.Value);
            if (events.Count == count)
                break;
        }

        return events;
    }

    private static async Task CheckpointAsync(JobCluster cluster)
    {
        long epoch = (await cluster.Client.DescribeJobAsync(Job)).Epoch;
        await cluster.Orleans.GetGrain<IJobGrain>($"j:{Job}").CheckpointAsync(epoch).WaitAsync(JobCluster.Patience);
    }

    /// <summary>
    /// The sink has nothing on its way: three checkpoints in a row brought no message. The mock cluster does not know
    /// idempotent producers, so what it had stored and not answered when it went down would be stored twice.
    /// </summary>
    private async Task QuietAsync(JobCluster cluster)
    {
        int known = -1;
        for (int same = 0, attempt = 0; same < 3 && attempt < 100; attempt++)
        {
            await cluster.Client.WaitForJobAsync(Job, JobState.Running).WaitAsync(JobCluster.Patience);
            try
            {
                await CheckpointAsync(cluster);
            }
            catch (WeirException)
            {
                // The job moves to the second silo.
                known = -1;
            }

            int written = _kafka.ReadAll("order-totals", 2).Count;
            same = written == known ? same + 1 : 0;
            known = written;
        }
    }

    /// <summary>The messages that the sink has written are the results, each once.</summary>
    private async Task WrittenAsync(JobCluster cluster, string[] expected)
    {
        for (int attempt = 0; _kafka.ReadAll("order-totals", 2).Count < expected.Length && attempt < 20; attempt++)
            await CheckpointAsync(cluster);
        List<ConsumeResult<byte[]?, byte[]?>> written = _kafka.ReadAll("order-totals", 2);
        Assert.Equal(expected, written
            .Select(each => Show(JsonSerializer.Deserialize<Windowed<string, decimal>>(each.Message.Value!, WeirJson.Options)!))
            .Order(StringComparer.Ordinal));
        Assert.Equal(written.Count, written.Select(each => (
            Encoding.UTF8.GetString(each.Message.Headers.GetLastBytes("weir-producer")),
            Encoding.UTF8.GetString(each.Message.Headers.GetLastBytes("weir-sequence")))).Distinct().Count());
    }
}
