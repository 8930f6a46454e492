namespace Weir.Benchmarks.Service.Parts;

using System.Diagnostics;
using Weir.Benchmarks.Service.Jobs;
using Weir.Benchmarks.Service.Measuring;
using Weir.Client;
using Weir.Contracts.Topics;
using Weir.Engine.Streams;

/// <summary>
/// Durable appends: senders that each wait for the answer before they send again. No job reads. Everything that was
/// answered is read back at the end, and nothing else.
/// </summary>
internal sealed class AppendPart(ServiceOptions options) : IPart
{
    private static readonly int[] CallSizes = [1, 100, 1000];
    private static readonly int[] SenderCounts = [1, 8, 64];

    public string Name => "append";

    public async IAsyncEnumerable<Row> RunAsync(string directory)
    {
        await using BenchSilo silo = await BenchSilo.StartAsync<OrdersJob>(directory);
        foreach (int size in CallSizes)
            await MeasureAsync(silo.Client, $"warm-{size}", size, SenderCounts[^1]);
        foreach (int size in CallSizes)
        {
            foreach (int senders in SenderCounts)
            {
                yield return new Row(
                    Name,
                    $"{size} {(size == 1 ? "event" : "events")} a call, {senders} {(senders == 1 ? "sender" : "senders")}",
                    await MeasureAsync(silo.Client, $"orders-{size}-{senders}", size, senders));
            }
        }
    }

    private async Task<IReadOnlyDictionary<string, double>> MeasureAsync(
        IWeirClient client, string name, int size, int senders)
    {
        Topic<Order> topic = Topic.Of<Order>(name);
        await client.CreateTopicAsync(topic);
        Order[] batch = [.. Enumerable.Range(0, size).Select(number => Order.Of(number, size))];
        var start = new StretchStart();
        using var end = new CancellationTokenSource(options.Time);
        Latencies latencies = Latencies.Join(await Task.WhenAll(
            Enumerable.Range(0, senders).Select(_ => Task.Run(() => SendAsync(client, topic, batch, end.Token)))));
        Stretch stretch = start.End();
        await CheckAsync(client, topic, latencies.Count, batch);
        Dictionary<string, double> figures = stretch.Of((long)latencies.Count * size);
        latencies.AddTo(figures);
        return figures;
    }

    private static async Task<Latencies> SendAsync(
        IWeirClient client, Topic<Order> topic, Order[] batch, CancellationToken end)
    {
        var latencies = new Latencies();
        while (!end.IsCancellationRequested)
        {
            long began = Stopwatch.GetTimestamp();
            if (batch.Length == 1)
                await client.SendAsync(topic, batch[0], CancellationToken.None);
            else
                await client.SendAsync(topic, batch, CancellationToken.None);
            latencies.AddSince(began);
        }

        return latencies;
    }

    private static async Task CheckAsync(IWeirClient client, Topic<Order> topic, long calls, Order[] batch)
    {
        long events = 0;
        long cents = 0;
        await foreach (TopicEvent<Order> each in client.ReadAsync(topic))
        {
            events++;
            cents += each.Value.Cents;
        }

        WrongResultException.ThrowUnlessEqual(calls * batch.Length, events, $"events in {topic.Name}");
        WrongResultException.ThrowUnlessEqual(
            calls * batch.Sum(order => order.Cents), cents, $"sum of the events in {topic.Name}");
    }
}
