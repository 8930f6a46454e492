namespace Weir.Contracts.Topics;

using Weir.Engine.Streams;
using Weir.Engine.Time;

/// <summary>A topic to be created.</summary>
[GenerateSerializer]
[Immutable]
[Alias("Weir.TopicDefinition")]
public sealed record TopicDefinition
{
    /// <summary>Name and version of its event type.</summary>
    [Id(0)]
    public required string Schema { get; init; }

    /// <summary>Number of partitions, 1 to 1024; null takes the silo's default.</summary>
    [Id(1)]
    public int? Partitions { get; init; }

    /// <summary>Batches older than this may be removed; null: never.</summary>
    [Id(2)]
    public TimeSpan? RetentionAge { get; init; }

    /// <summary>The oldest batches of a partition may be removed above this many bytes; null: never.</summary>
    [Id(3)]
    public long? RetentionBytes { get; init; }
}

/// <summary>A topic as the log has it.</summary>
[GenerateSerializer]
[Immutable]
[Alias("Weir.TopicDescription")]
public sealed record TopicDescription
{
    /// <summary>Its name.</summary>
    [Id(0)]
    public required string Name { get; init; }

    /// <summary>Name and version of its event type.</summary>
    [Id(1)]
    public required string Schema { get; init; }

    /// <summary>Whether it is sealed.</summary>
    [Id(2)]
    public required bool IsSealed { get; init; }

    /// <summary>Its partitions, by number.</summary>
    [Id(3)]
    public required PartitionExtent[] Partitions { get; init; }
}

/// <summary>Where a partition begins and ends.</summary>
/// <param name="First">The lowest retained offset.</param>
/// <param name="Next">The offset that the next append gets.</param>
/// <param name="Bytes">Retained payload bytes.</param>
[GenerateSerializer]
[Immutable]
[Alias("Weir.PartitionExtent")]
public sealed record PartitionExtent([property: Id(0)] long First, [property: Id(1)] long Next, [property: Id(2)] long Bytes);

/// <summary>Asks for what follows an offset.</summary>
[GenerateSerializer]
[Immutable]
[Alias("Weir.ReadRequest")]
public sealed record ReadRequest
{
    /// <summary>The partition.</summary>
    [Id(0)]
    public required int Partition { get; init; }

    /// <summary>The offset of the first event wanted.</summary>
    [Id(1)]
    public required long From { get; init; }

    /// <summary>At most this many events, but at least one batch; 1 or more.</summary>
    [Id(2)]
    public int MaxEvents { get; init; } = 4096;

    /// <summary>If there is nothing, wait this long for something; at most 20 seconds.</summary>
    [Id(3)]
    public TimeSpan Wait { get; init; }
}

/// <summary>Batches in offsets <c>[From, Next)</c>.</summary>
[GenerateSerializer]
[Immutable]
[Alias("Weir.WireFetch")]
public sealed record WireFetch([property: Id(0)] long From, [property: Id(1)] long Next, [property: Id(2)] WireBatch[] Batches);

/// <summary>Events as JSON in offsets <c>[From, Next)</c>.</summary>
[GenerateSerializer]
[Immutable]
[Alias("Weir.JsonFetch")]
public sealed record JsonFetch([property: Id(0)] long From, [property: Id(1)] long Next, [property: Id(2)] JsonEvent[] Events)
{
    /// <summary>Whether the partition has ended and everything of it has been read.</summary>
    [Id(3)]
    public bool IsEnd { get; init; }
}

/// <summary>An event as JSON.</summary>
[GenerateSerializer]
[Immutable]
[Alias("Weir.JsonEvent")]
public sealed record JsonEvent([property: Id(0)] long Offset, [property: Id(1)] EventTime Stamp, [property: Id(2)] string Json);

/// <summary>A batch on its way: <see cref="EventBatch"/> in a form that Orleans sends.</summary>
[GenerateSerializer]
[Immutable]
[Alias("Weir.WireBatch")]
public readonly record struct WireBatch
{
    /// <summary>See <see cref="EventBatch.From"/>; ignored when appending.</summary>
    [Id(0)]
    public long From { get; init; }

    /// <summary>See <see cref="EventBatch.Next"/>; ignored when appending.</summary>
    [Id(1)]
    public long Next { get; init; }

    /// <summary>See <see cref="EventBatch.Count"/>.</summary>
    [Id(2)]
    public int Count { get; init; }

    /// <summary>See <see cref="EventBatch.Kind"/>.</summary>
    [Id(3)]
    public BatchKind Kind { get; init; }

    /// <summary>See <see cref="EventBatch.Stamp"/>; ignored when appending.</summary>
    [Id(4)]
    public EventTime Stamp { get; init; }

    /// <summary>See <see cref="EventBatch.Time"/>.</summary>
    [Id(5)]
    public EventTime Time { get; init; }

    /// <summary>See <see cref="EventBatch.Schema"/>.</summary>
    [Id(6)]
    public string? Schema { get; init; }

    /// <summary>See <see cref="EventBatch.Payload"/>.</summary>
    [Id(7)]
    public ReadOnlyMemory<byte> Payload { get; init; }

    /// <summary>See <see cref="EventBatch.Part"/>; ignored when appending.</summary>
    [Id(8)]
    public BatchPart Part { get; init; }

    /// <summary>The batch that this stands for.</summary>
    public EventBatch ToBatch() => new()
    {
        From = From,
        Next = Next,
        Count = Count,
        Kind = Kind,
        Stamp = Stamp,
        Time = Time,
        Schema = Schema ?? "",
        Payload = Payload,
        Part = Part,
    };

    /// <summary>What stands for a batch.</summary>
    public static WireBatch Of(in EventBatch batch) => new()
    {
        From = batch.From,
        Next = batch.Next,
        Count = batch.Count,
        Kind = batch.Kind,
        Stamp = batch.Stamp,
        Time = batch.Time,
        Schema = batch.Schema,
        Payload = batch.Payload,
        Part = batch.Part,
    };
}

/// <summary>An append of one producer to one partition. Sequences count offsets taken, as in the log.</summary>
[GenerateSerializer]
[Immutable]
[Alias("Weir.WireAppend")]
public sealed record WireAppend
{
    /// <summary>Who appends; null for an append that is not deduped.</summary>
    [Id(0)]
    public string? Producer { get; init; }

    /// <summary>Grows with every incarnation of the producer.</summary>
    [Id(1)]
    public long ProducerEpoch { get; init; }

    /// <summary>Sequence of the first event.</summary>
    [Id(2)]
    public long Sequence { get; init; }

    /// <summary>The batches, in order; at least one.</summary>
    [Id(3)]
    public required WireBatch[] Batches { get; init; }
}

/// <summary>Where events went: offsets <c>[From, Next)</c> of a partition.</summary>
[GenerateSerializer]
[Immutable]
[Alias("Weir.WireReceipt")]
public sealed record WireReceipt(
    [property: Id(0)] string Topic,
    [property: Id(1)] int Partition,
    [property: Id(2)] long From,
    [property: Id(3)] long Next,
    [property: Id(4)] bool WasDuplicate);
