namespace Weir.Grains.Hosting;

using Weir.Connectors.Kafka;
using Weir.Grains.Logs;

/// <summary>Lets jobs read topics of Kafka and Azure Event Hubs.</summary>
public static class KafkaHosting
{
    /// <summary>
    /// Topics of a Kafka cluster. Jobs name them as any topic: <c>.From(Clicks)</c>. Every silo states the same.
    /// </summary>
    /// <param name="weir">The silo.</param>
    /// <param name="cluster">A name for the cluster, in messages.</param>
    /// <param name="configure">States where it is and which topics are read from it.</param>
    /// <exception cref="ArgumentException">A setting is out of its range.</exception>
    public static WeirBuilder AddKafka(this WeirBuilder weir, string cluster, Action<KafkaOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(weir);
        ArgumentNullException.ThrowIfNull(configure);
        var options = new KafkaOptions();
        configure(options);
        var log = new KafkaEventLog(cluster, options);
        weir.Services.AddTopicRoute(log, log.Topics);
        return weir;
    }

    /// <summary>Hubs of Azure Event Hubs, each a topic, through their Kafka endpoint.</summary>
    /// <param name="weir">The silo.</param>
    /// <param name="name">A name for the namespace, in messages.</param>
    /// <param name="connectionString">Of the namespace, or of one hub, which is read then.</param>
    /// <param name="configure">Names the hubs, and changes settings.</param>
    /// <exception cref="ArgumentException">A setting is out of its range, or the connection string is none.</exception>
    public static WeirBuilder AddEventHubs(
        this WeirBuilder weir, string name, Secret connectionString, Action<KafkaOptions>? configure = null) =>
        weir.AddKafka(name, kafka =>
        {
            EventHubs.Connect(kafka, connectionString);
            configure?.Invoke(kafka);
            if (kafka.Topics.Count == 0 && EventHubs.HubOf(connectionString) is { } hub)
                kafka.Topics.Add(new KafkaTopic { Name = hub.ToLowerInvariant(), InKafka = hub });
        });
}
