namespace Weir.Connectors.Kafka;

using System.Collections.ObjectModel;

/// <summary>A Kafka cluster whose topics jobs read.</summary>
public sealed class KafkaOptions : KafkaConnection
{
    /// <summary>The topics that are read from there; all others are Weir's own.</summary>
    public KafkaTopics Topics { get; } = [];

    /// <summary>
    /// Whether Weir may append a message without key and value, once a second, to partitions whose time a job waits for
    /// while nothing is sent: for <c>idleAfter</c>, timers on processing time, and the last watermark before a pause. All
    /// consumers of the topic see these messages, and a compacted topic refuses them. Default: no.
    /// </summary>
    public bool SendsTicks { get; set; }

    /// <inheritdoc/>
    public override IEnumerable<string> Faults()
    {
        foreach (string fault in base.Faults())
            yield return fault;
        if (Topics.Count == 0)
            yield return "Topics is empty: name the topics that are read from the cluster.";
        foreach (IGrouping<string, KafkaTopic> name in Topics.GroupBy(topic => topic.Name).Where(same => same.Count() > 1))
            yield return $"The topic '{name.Key}' is named {name.Count()} times: name it once.";
    }
}

/// <summary>The topics of a cluster.</summary>
public sealed class KafkaTopics : Collection<KafkaTopic>
{
    /// <summary>Adds a topic of the same name in Kafka.</summary>
    public void Add(string name, KafkaFormat format = KafkaFormat.Json) => Add(new KafkaTopic { Name = name, Format = format });
}

/// <summary>A topic of Kafka as jobs read it.</summary>
public sealed record KafkaTopic
{
    private readonly string? _inKafka;

    /// <summary>The topic's name in jobs.</summary>
    public required string Name { get; init; }

    /// <summary>Its name in Kafka; default: the same.</summary>
    public string InKafka
    {
        get => _inKafka ?? Name;
        init => _inKafka = value;
    }

    /// <summary>How many partitions it must have, or null (the default) to take what is there.</summary>
    public int? Partitions { get; init; }

    /// <summary>How the values of messages become events; default: JSON.</summary>
    public KafkaFormat Format { get; init; }
}

/// <summary>How the value of a message becomes an event.</summary>
public enum KafkaFormat
{
    /// <summary>JSON of the topic's event type: names in any case, enums by name or number, times as ISO 8601 or
    /// milliseconds.</summary>
    Json,

    /// <summary>The bytes of the codec of the topic's event type.</summary>
    Weir,
}
