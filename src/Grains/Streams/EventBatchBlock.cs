namespace Weir.Grains.Streams;

using Weir.Contracts.Topics;

/// <summary>
/// What a subscriber gets that takes a partition as it is: all batches of one read of the log, as one stream item.
/// Subscribe to a stream of this type. Invariant: the batches cover <c>[From, Next)</c> and are whole; blocks of one
/// subscription go on where the one before ended, or begin again below it after a failure.
/// </summary>
[GenerateSerializer]
[Immutable]
[Alias("Weir.EventBatchBlock")]
public sealed record EventBatchBlock
{
    /// <summary>The topic.</summary>
    [Id(0)]
    public required string Topic { get; init; }

    /// <summary>The partition.</summary>
    [Id(1)]
    public required int Partition { get; init; }

    /// <summary>The offset that was asked for; inside the first batch if the subscription began inside it.</summary>
    [Id(2)]
    public required long Asked { get; init; }

    /// <summary>Offset of the first batch.</summary>
    [Id(3)]
    public required long From { get; init; }

    /// <summary>The offset after the last batch: where to go on.</summary>
    [Id(4)]
    public required long Next { get; init; }

    /// <summary>The batches, in order; at least one.</summary>
    [Id(5)]
    public required WireBatch[] Batches { get; init; }

    /// <summary>Whether <c>[Asked, From)</c> is no longer in the log.</summary>
    public bool IsDataMissing => From > Asked;
}
