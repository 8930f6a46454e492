namespace Weir.Client;

using Weir.Engine.Time;

/// <summary>How a topic is created.</summary>
public sealed record TopicOptions
{
    /// <summary>Number of partitions, 1 to 1024; it can not be changed later. Default null: what the silo is set to.
    /// </summary>
    public int? Partitions { get; init; }

    /// <summary>Batches older than this may be removed; must be positive. Default null: never.</summary>
    public TimeSpan? RetentionAge { get; init; }

    /// <summary>The oldest batches of a partition may be removed above this many bytes; must be positive. Default null:
    /// never.</summary>
    public long? RetentionBytes { get; init; }
}

/// <summary>What part of a topic is read, and for how long.</summary>
public sealed record ReadOptions
{
    /// <summary>The partition to read. Default null: all.</summary>
    public int? Partition { get; init; }

    /// <summary>
    /// The offset of the first event wanted, 0 or more, in every partition that is read; a partition that ends before
    /// it is read from its end. Default null: the lowest retained offset.
    /// </summary>
    public long? From { get; init; }

    /// <summary>Whether to go on with events as they are appended, until the topic is sealed. Default false: stop at
    /// the present end.</summary>
    public bool Follow { get; init; }
}

/// <summary>An event of a topic.</summary>
/// <typeparam name="T">The type of the event.</typeparam>
/// <param name="Value">The event.</param>
/// <param name="Partition">Its partition.</param>
/// <param name="Offset">Its offset in the partition.</param>
/// <param name="Stamp">When it was appended, by the topic's ingestion clock.</param>
public readonly record struct TopicEvent<T>(T Value, int Partition, long Offset, EventTime Stamp);

/// <summary>Where an event is stored.</summary>
/// <param name="Topic">The topic.</param>
/// <param name="Partition">The partition.</param>
/// <param name="Offset">The offset in the partition.</param>
public readonly record struct SendReceipt(string Topic, int Partition, long Offset);

/// <summary>Where a producer's batch is stored: offsets <c>[From, Next)</c> of a partition.</summary>
/// <param name="Topic">The topic.</param>
/// <param name="Partition">The partition.</param>
/// <param name="From">The offset of its first event.</param>
/// <param name="Next">The offset after its last event.</param>
public readonly record struct BatchReceipt(string Topic, int Partition, long From, long Next);
