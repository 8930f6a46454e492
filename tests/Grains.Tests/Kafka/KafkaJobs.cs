namespace Weir.Grains.Tests.Kafka;

using Weir.Engine.Aggregates;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Engine.Windows;

/// <summary>A job over a topic with a key, of which Kafka knows nothing, and with partitions that go idle.</summary>
public sealed class QuietOrders : StreamJob
{
    public static readonly KeyedTopic<string, Order> Orders = Topic.Of<Order>("orders").KeyedBy(order => order.Customer);
    public static readonly Topic<Windowed<string, long>> Counts = Topic.Of<Windowed<string, long>>("order-counts");

    public override void Define(JobBuilder job) => job
        .From(Orders)
        .WithEventTime(
            order => order.At,
            Watermarks.Bounded(outOfOrder: TimeSpan.Zero, idleAfter: TimeSpan.FromSeconds(1)))
        .KeyBy(Orders.Key)
        .Window(Windows.Tumbling(TimeSpan.FromMinutes(1)))
        .Aggregate("count-orders", new Count<Order>())
        .To(Counts);
}

/// <summary>A job that would write into a topic that is only read.</summary>
public sealed class WritesOrders : StreamJob
{
    public override void Define(JobBuilder job) => job.From(Topic.Of<Order>("other-orders")).To(QuietOrders.Orders);
}

/// <summary>A job whose output would have to be the same in every replay.</summary>
public sealed class HastyOrders : StreamJob
{
    public static readonly Topic<long> Counts = Topic.Of<long>("hasty-counts");

    public override void Define(JobBuilder job) => job
        .From(QuietOrders.Orders).Select(order => (long)order.Amount).To(Counts, Delivery.Immediate);
}
