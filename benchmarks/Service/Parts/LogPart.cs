namespace Weir.Benchmarks.Service.Parts;

using Weir.Benchmarks.Service.Jobs;
using Weir.Benchmarks.Service.Measuring;
using Weir.Client;
using Weir.Contracts.Jobs;
using Weir.Contracts.Topics;
using Weir.Engine.Streams;

/// <summary>
/// Jobs over input that lies in the log before they begin, so that sending it is not measured: orders of 100 bytes to
/// results that are stored exactly once, and additions of 24 bytes to sums of many keys.
/// </summary>
internal sealed class LogPart(ServiceOptions options) : IPart
{
    private const int Accounts = 10_000;

    public string Name => "log";

    public async IAsyncEnumerable<Row> RunAsync(string directory)
    {
        int events = 2 * options.Events;
        await OrdersAsync(Path.Combine(directory, "warm"), events / 4);
        yield return new Row(
            Name,
            FormattableString.Invariant($"orders to results, {Accounts:N0} keys"),
            await OrdersAsync(Path.Combine(directory, "orders"), events));
        await new SumsRun(options.Keys, events).WarmAsync(Path.Combine(directory, "warm-sums"));
        yield return new Row(
            Name,
            FormattableString.Invariant($"24-byte events to sums, {options.Keys:N0} keys"),
            await new SumsRun(options.Keys, 2 * events).RunAsync(Path.Combine(directory, "sums")));
    }

    private static async Task<Dictionary<string, double>> OrdersAsync(string directory, int events)
    {
        await using BenchSilo silo = await BenchSilo.StartAsync<OrdersJob>(directory);
        await silo.Client.CreateTopicAsync(OrdersJob.Orders);
        await silo.SendAsync(
            OrdersJob.Orders, Enumerable.Range(0, events).Select(number => Order.Of(number, Accounts)));
        await silo.Client.SealAsync(OrdersJob.Orders.Name);
        GC.Collect();
        var start = new StretchStart();
        await silo.Client.StartJobAsync(OrdersJob.JobName);
        await silo.Client.WaitForJobAsync(OrdersJob.JobName, JobState.Finished);
        Stretch stretch = start.End();
        TopicDescription input = (await silo.Client.FindTopicAsync(OrdersJob.Orders.Name))!;
        Dictionary<string, double> figures = stretch.Of(events);
        figures["B stored/event"] = input.Partitions.Sum(each => each.Bytes) / (double)events;
        await CheckAsync(silo, events);
        return figures;
    }

    /// <summary>Every window of every account is there, once, with its sum.</summary>
    private static async Task CheckAsync(BenchSilo silo, int events)
    {
        const long window = 10_000;
        var expected = new Dictionary<(long Account, long Start), long>();
        foreach (Order order in Enumerable.Range(0, events).Select(number => Order.Of(number, Accounts)))
        {
            (long Account, long Start) place = (order.Account, order.At.Milliseconds / window * window);
            expected[place] = expected.GetValueOrDefault(place) + order.Cents;
        }

        await foreach (TopicEvent<Windowed<long, long>> each in silo.Client.ReadAsync(OrdersJob.Results))
        {
            (long Account, long Start) place = (each.Value.Key, each.Value.Window.Start.Milliseconds);
            if (!expected.Remove(place, out long cents))
                throw new WrongResultException($"The window {place} is there that should not be, or twice.");
            WrongResultException.ThrowUnlessEqual(cents, each.Value.Value, $"the window {place}");
        }

        WrongResultException.ThrowUnlessEqual(0, expected.Count, "windows that are missing");
    }
}
