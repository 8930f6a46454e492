namespace Weir.Benchmarks.Service.Jobs;

using Weir.Engine.Aggregates;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Engine.Windows;

/// <summary>An event of 100 bytes in the log, with texts that have to be read.</summary>
public sealed record Order(long Account, long Cents, EventTime At, string Item, string City, string Note)
{
    private static readonly string[] Items = ["kettle", "lamp", "chair", "carpet", "mirror", "drawer"];
    private static readonly string[] Cities = ["Oslo", "Lima", "Quito", "Dakar", "Hanoi", "Turin"];

    /// <summary>The order of a number; the same for the same number.</summary>
    public static Order Of(int number, int accounts) => new(
        number * 7919L % accounts,
        100 + number % 900,
        new EventTime(number / OrdersJob.OrdersPerMillisecond),
        Items[number % Items.Length],
        Cities[number / 7 % Cities.Length],
        "Please ring twice and wait, the bell is as old as the house that it hangs on.");
}

/// <summary>Sums per account in tumbling windows, stored exactly once in a topic.</summary>
public sealed class OrdersJob : StreamJob
{
    public const string JobName = "orders-job";

    public const int OrdersPerMillisecond = 100;

    public static readonly KeyedTopic<long, Order> Orders = Topic.Of<Order>("orders").KeyedBy(each => each.Account);

    public static readonly Topic<Windowed<long, long>> Results = Topic.Of<Windowed<long, long>>("turnover");

    public override void Define(JobBuilder job) => job
        .From(Orders)
        .WithEventTime(order => order.At, Watermarks.Monotonous())
        .KeyBy(Orders.Key)
        .Window(Windows.Tumbling(TimeSpan.FromSeconds(10)))
        .Aggregate("sum", new Sum<Order, long>(order => order.Cents))
        .To(Results);
}
