namespace Weir.Grains.Tests.Kafka;

using Orleans.Hosting;
using Weir.Connectors.Kafka;
using Weir.Engine.Aggregates;
using Weir.Engine.Errors;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Engine.Windows;
using Weir.Grains.Hosting;

/// <summary>The code of docs/guide/kafka.md; <see cref="KafkaJobTests"/> runs the job.</summary>
public static class KafkaGuide
{
    public static void Host(ISiloBuilder siloBuilder, string brokers)
    {
        #region host
        siloBuilder.AddWeir(weir => weir
            .AddJob<OrderTotals>()
            .AddKafka("shop", kafka =>
            {
                kafka.BootstrapServers = brokers;
                kafka.Topics.Add("orders");
                kafka.Topics.Add(new KafkaTopic { Name = "refunds", InKafka = "Shop.Refunds" });
            }));
        #endregion
    }

    public static void HostWithEventHubs(ISiloBuilder siloBuilder)
    {
        #region eventhubs
        siloBuilder.AddWeir(weir => weir
            .AddJob<OrderTotals>()
            .AddEventHubs("shop", Secret.FromEnvironment("SHOP_EVENT_HUBS"), kafka => kafka.Topics.Add("orders")));
        #endregion
    }

    public static void Login(KafkaOptions kafka)
    {
        #region login
        kafka.UseTls = true;
        kafka.User = "weir";
        kafka.Password = Secret.FromFile("/run/secrets/kafka");
        kafka.Properties["ssl.ca.location"] = "/etc/ssl/shop.pem";
        #endregion
    }
}

#region job
public sealed record Order(string Customer, decimal Amount, EventTime At);

public sealed class OrderTotals(KafkaConnection kafka) : StreamJob
{
    public static readonly Topic<Order> Orders = Topic.Of<Order>("orders");
    public static readonly Topic<SourceDeadLetter> Unreadable = Topic.Of<SourceDeadLetter>("unreadable-orders");
    public static readonly Topic<Windowed<string, decimal>> PerMinute = Topic.Of<Windowed<string, decimal>>("order-totals");

    public override void Define(JobBuilder job)
    {
        DataStream<Windowed<string, decimal>> totals = job
            .From(Orders)
            .OnError(Errors.DeadLetterTo(Unreadable))
            .WithEventTime(order => order.At, Watermarks.Bounded(outOfOrder: TimeSpan.FromSeconds(5)))
            .KeyBy(order => order.Customer)
            .Window(Windows.Tumbling(TimeSpan.FromMinutes(1)))
            .Aggregate("sum-orders", new Sum<Order, decimal>(order => order.Amount));
        totals.To(PerMinute);
        totals.To(KafkaSink.Json("totals-to-kafka", "order-totals", kafka, new KafkaSinkOptions<Windowed<string, decimal>>
        {
            Key = total => total.Key,
        }));
    }
}
#endregion
