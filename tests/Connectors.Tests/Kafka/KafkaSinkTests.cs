namespace Weir.Connectors.Tests.Kafka;

using System.Globalization;
using System.Text;
using Confluent.Kafka;
using Weir.Connectors.Kafka;
using Weir.Engine.Codecs;
using Weir.Protocol.Sinks;

/// <summary>Events written to Kafka, against the mock cluster of librdkafka.</summary>
public sealed class KafkaSinkTests : IDisposable
{
    private const string Topic = "results";
    private const int Partitions = 3;
    private static readonly CodecRegistry Codecs = new();
    private static readonly SinkProducer Producer = new("flights", 2, "operator sums", 4, 1);
    private readonly MockKafka _kafka = new();

    public KafkaSinkTests() => _kafka.CreateTopic(Topic, Partitions);

    public void Dispose() => _kafka.Dispose();

    [Fact]
    public async Task Events_are_messages_of_JSON_that_say_who_wrote_them()
    {
        using KafkaSink<Number> sink = Sink();
        await using ISinkLane lane = sink.OpenLane(Producer, Codecs);
        Assert.Equal(0, await lane.OpenAsync());
        await lane.AppendAsync(0, [Numbers(0, 2), Numbers(2, 3)]);
        await lane.AppendAsync(3, []);
        await lane.AppendAsync(3, [Numbers(3, 300)]);
        await lane.FinishAsync();

        List<ConsumeResult<byte[]?, byte[]?>> stored = _kafka.ReadAll(Topic, Partitions);
        Assert.Equal(Enumerable.Range(0, 300), stored.Select(each => (int)SequenceOf(each)));
        Assert.All(stored, each => Assert.Equal((1, "flights@2/operator sums/4"), (each.Partition.Value, ProducerOf(each))));
        Assert.Equal("""{"value":7,"text":"seven"}""", Encoding.UTF8.GetString(stored[7].Message.Value!));
        Assert.Null(stored[7].Message.Key);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_repeated_after_a_restart_is_stored_once(bool hasKeys)
    {
        for (int epoch = 1; epoch <= 5; epoch++)
        {
            // A new process knows nothing; it finds what is there.
            using KafkaSink<Number> sink = Sink(hasKeys);
            await using ISinkLane lane = sink.OpenLane(Producer with { Epoch = epoch }, Codecs);
            await using ISinkLane other = sink.OpenLane(Producer with { Epoch = epoch, Instance = 7 }, Codecs);
            await lane.OpenAsync();
            await other.OpenAsync();
            long next = (epoch - 1) * 10;
            long from = Math.Max(0, next - 7);
            await lane.AppendAsync(from, [Numbers(from, next + 4), Numbers(next + 4, next + 10)]);
            await lane.AppendAsync(from, [Numbers(from, next + 10)]);
            await other.AppendAsync(from, [Numbers(from, next + 10)]);
        }

        foreach (IGrouping<string, ConsumeResult<byte[]?, byte[]?>> each in _kafka.ReadAll(Topic, Partitions).GroupBy(ProducerOf))
            Assert.Equal(Enumerable.Range(0, 50), each.Select(one => (int)SequenceOf(one)).Order());
        Assert.Equal(100, _kafka.ReadAll(Topic, Partitions).Count);
    }

    [Fact]
    public async Task An_append_that_was_stored_in_part_is_completed_once()
    {
        // Keys spread an append over partitions, of which any may have been reached before the end.
        using (KafkaSink<Number> first = Sink(hasKeys: true))
        {
            await using ISinkLane lane = first.OpenLane(Producer, Codecs);
            await lane.OpenAsync();
            foreach (int part in (int[])[3, 4, 9])
                await lane.AppendAsync(part, [Numbers(part, part + 1)]);
        }

        using KafkaSink<Number> second = Sink(hasKeys: true);
        await using ISinkLane again = second.OpenLane(Producer with { Epoch = 2 }, Codecs);
        await again.OpenAsync();
        await again.AppendAsync(0, [Numbers(0, 12)]);
        Assert.Equal(
            Enumerable.Range(0, 12), _kafka.ReadAll(Topic, Partitions).Select(each => (int)SequenceOf(each)).Order());
    }

    [Fact]
    public async Task A_new_lineage_begins_anew()
    {
        using KafkaSink<Number> sink = Sink();
        foreach (long lineage in (long[])[2, 3])
        {
            await using ISinkLane lane = sink.OpenLane(Producer with { Lineage = lineage }, Codecs);
            Assert.Equal(0, await lane.OpenAsync());
            await lane.AppendAsync(0, [Numbers(0, 5)]);
        }

        Assert.Equal(10, _kafka.ReadAll(Topic, Partitions).Count);
    }

    [Fact]
    public async Task An_append_with_an_unknown_outcome_is_repeated_by_a_lane_that_looks_first()
    {
        using KafkaSink<Number> sink = Sink(timeout: TimeSpan.FromMilliseconds(500));
        await using (ISinkLane lane = sink.OpenLane(Producer, Codecs))
        {
            await lane.OpenAsync();
            await lane.AppendAsync(0, [Numbers(0, 5)]);
            _kafka.TakeDown();
            SinkException away = await Assert.ThrowsAsync<SinkException>(
                () => lane.AppendAsync(5, [Numbers(5, 8)]).AsTask());
            Assert.Equal(SinkError.Unavailable, away.Error);
            Assert.Contains("whether events were stored is unknown", away.Message, StringComparison.Ordinal);
        }

        _kafka.BringUp();
        await using ISinkLane again = sink.OpenLane(Producer, Codecs);
        await EventuallyAsync(async () =>
        {
            Assert.InRange(await again.OpenAsync(), 5, 8);
            await again.AppendAsync(0, [Numbers(0, 8)]);
        });
        Assert.Equal(
            Enumerable.Range(0, 8), _kafka.ReadAll(Topic, Partitions).Select(each => (int)SequenceOf(each)));
    }

    [Fact]
    public async Task Errors_of_brokers_store_nothing_twice()
    {
        using KafkaSink<Number> sink = Sink();
        await using ISinkLane lane = sink.OpenLane(Producer, Codecs);
        await lane.OpenAsync();
        _kafka.Refuse(MockKafka.Request.Produce, ErrorCode.NotLeaderForPartition, ErrorCode.RequestTimedOut);
        await lane.AppendAsync(0, [Numbers(0, 50)]);
        Assert.Equal(
            Enumerable.Range(0, 50), _kafka.ReadAll(Topic, Partitions).Select(each => (int)SequenceOf(each)));
    }

    [Fact]
    public async Task What_lies_further_back_than_was_asked_for_is_not_found_and_can_be_told_by_its_headers()
    {
        using (KafkaSink<Number> first = Sink(lookBack: 10))
        {
            await using ISinkLane lane = first.OpenLane(Producer, Codecs);
            await lane.OpenAsync();
            await lane.AppendAsync(0, [Numbers(0, 20)]);
        }

        using KafkaSink<Number> second = Sink(lookBack: 10);
        await using ISinkLane again = second.OpenLane(Producer with { Epoch = 2 }, Codecs);
        await again.OpenAsync();
        await again.AppendAsync(5, [Numbers(5, 20)]);
        Assert.Equal(
            [.. Enumerable.Range(0, 20), .. Enumerable.Range(5, 5)],
            _kafka.ReadAll(Topic, Partitions).Select(each => (int)SequenceOf(each)));
    }

    [Fact]
    public async Task A_topic_that_is_not_there_is_said()
    {
        using KafkaSink<Number> sink = KafkaSink.Json<Number>("out", "nowhere", Connection(TimeSpan.FromSeconds(5)));
        await using ISinkLane lane = sink.OpenLane(Producer, Codecs);
        SinkException refused = await Assert.ThrowsAsync<SinkException>(() => lane.OpenAsync().AsTask());
        Assert.Equal(SinkError.Refused, refused.Error);
        Assert.Equal(
            "The sink 'out' writes to the topic 'nowhere', which is not there: create it, or correct its name.",
            refused.Message);
    }

    private KafkaSink<Number> Sink(bool hasKeys = false, int lookBack = 100_000, TimeSpan? timeout = null) => KafkaSink.Json(
        "out",
        Topic,
        Connection(timeout ?? TimeSpan.FromSeconds(20)),
        new KafkaSinkOptions<Number> { Key = hasKeys ? number => number.Text : null, LookBack = lookBack });

    private KafkaConnection Connection(TimeSpan timeout) =>
        new() { BootstrapServers = _kafka.BootstrapServers, Timeout = timeout };

    private static async Task EventuallyAsync(Func<Task> action)
    {
        DateTime until = DateTime.UtcNow.AddSeconds(40);
        while (true)
        {
            try
            {
                await action();
                return;
            }
            catch (SinkException away) when (away.Error == SinkError.Unavailable && DateTime.UtcNow < until)
            {
                // It has waited for its own timeout already.
                await Task.Yield();
            }
        }
    }

    private static SinkBatch Numbers(long from, long to) => SinkBatches.Of(
        Codecs, [.. Enumerable.Range((int)from, (int)(to - from)).Select(i => new Number(i, i == 7 ? "seven" : $"n{i}"))]);

    private static long SequenceOf(ConsumeResult<byte[]?, byte[]?> message) => long.Parse(
        Encoding.ASCII.GetString(message.Message.Headers.GetLastBytes("weir-sequence")), CultureInfo.InvariantCulture);

    private static string ProducerOf(ConsumeResult<byte[]?, byte[]?> message) =>
        Encoding.UTF8.GetString(message.Message.Headers.GetLastBytes("weir-producer"));

    private sealed record Number(long Value, string Text);
}
