namespace Weir.Faults.Jobs;

using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Engine.Windows;

/// <summary>
/// Co-partitioned windows with late events, and timers on the log's clock: what the job writes is decided by the log
/// alone, down to which events are late.
/// </summary>
public sealed class PartitionedJob : StreamJob
{
    public const string JobName = "partitioned";

    public static readonly TimeSpan OutOfOrder = TimeSpan.FromMilliseconds(20);
    public static readonly TimeSpan WindowSize = TimeSpan.FromMilliseconds(500);
    public static readonly TimeSpan RingAfter = TimeSpan.FromMilliseconds(300);

    public static readonly Topic<Windowed<int, Tally>> Counts = Topic.Of<Windowed<int, Tally>>("counts");
    public static readonly Topic<Order> TooLate = Topic.Of<Order>("orders-too-late");
    public static readonly Topic<Rang> Rings = Topic.Of<Rang>("rings");
    public static readonly View<int, Tally> Latest = new("latest-counts");

    public override string Name => JobName;

    public override void Define(JobBuilder job)
    {
        ArgumentNullException.ThrowIfNull(job);
        DataStream<Order> orders = job.From(Topics.Orders)
            .WithEventTime(order => order.At, Watermarks.Bounded(OutOfOrder));
        orders.KeyBy(Topics.Orders.Key)
            .Window(Windows.Tumbling(WindowSize))
            .Aggregate("count-orders", new TallyOrders())
            .LateTo(TooLate)
            .PublishAs(Latest)
            .To(Counts);
        orders.KeyBy(Topics.Orders.Key).Process("ring", new Ring()).To(Rings);
    }
}
