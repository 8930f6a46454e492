namespace Weir.Grains.Tests.Streams;

using System.Diagnostics;
using Orleans.Providers.Streams.Common;
using Orleans.Streams;
using Xunit.Abstractions;

/// <summary>What subscribers on a client get of a partition.</summary>
public sealed class DeliveryTests(ITestOutputHelper output)
{
    [Fact]
    public async Task A_plain_producer_reaches_a_plain_subscriber()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        await cluster.CreateAsync(TestTopics.Plain);
        var observer = new ReadingObserver();
        IAsyncStream<Reading> stream = cluster.Stream("plain", 0);
        await stream.SubscribeAsync(observer);

        for (int i = 0; i < 5; i++)
            await stream.OnNextAsync(new Reading("a", i));

        IReadOnlyList<(long, int)> received = await observer.Received.UntilCountAsync(5);
        Assert.Equal([(0L, 0), (1L, 1), (2L, 2), (3L, 3), (4L, 4)], received);
    }

    [Fact]
    public async Task An_event_on_an_idle_stream_arrives_at_once()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        await cluster.CreateAsync(TestTopics.Plain);
        var observer = new ReadingObserver();
        IAsyncStream<Reading> stream = cluster.Stream("plain", 0);
        await stream.SubscribeAsync(observer);
        var waits = new List<double>();

        for (int i = 0; i < 50; i++)
        {
            long begun = Stopwatch.GetTimestamp();
            await stream.OnNextAsync(new Reading("a", i));
            await observer.Received.UntilCountAsync(i + 1);
            waits.Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
        }

        waits.Sort();
        output.WriteLine($"append and delivery, idle: {waits[25]:0.0} ms, p90 {waits[45]:0.0}, most {waits[^1]:0.0}");
        Assert.InRange(waits[25], 0, 100);
    }

    [Fact]
    public async Task A_subscriber_begins_at_its_token()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        await cluster.CreateAsync(TestTopics.Plain);
        await cluster.AppendAsync("plain", 0, 0, 10);
        await cluster.AppendAsync("plain", 0, 10, 20);
        var observer = new ReadingObserver();

        await cluster.Stream("plain", 0).SubscribeAsync(observer, new EventSequenceTokenV2(4));

        IReadOnlyList<(long Offset, int)> received = await observer.Received.UntilCountAsync(16);
        Assert.Equal(Enumerable.Range(4, 16).Select(i => ((long)i, i)), received);
    }
}
