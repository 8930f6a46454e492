namespace Weir.Engine.Streams;

using Weir.Engine.Time;

/// <summary>What a batch in a log carries.</summary>
public enum BatchKind : byte
{
    /// <summary>Events, one or more.</summary>
    Events = 0,

    /// <summary>No event: the ingestion clock moved on.</summary>
    Tick = 1,

    /// <summary>No event: the producer states that its event time has reached <see cref="EventBatch.Time"/>.</summary>
    Advance = 2,

    /// <summary>No event and none ever after: the partition is sealed, the watermark becomes the maximum.</summary>
    End = 3,
}

/// <summary>
/// What one producer appended to one partition as a unit. Boundaries of batches are part of the data: a source's
/// watermark moves only at them, so a replay sees the same times.
/// </summary>
/// <remarks>
/// A batch covers the offsets <c>[From, Next)</c>; event i has the offset <c>From + i</c>. A batch without events takes
/// one offset, so that every batch has a position of its own. Continuity means that <c>From</c> equals the
/// <c>Next</c> before it.
/// </remarks>
public readonly record struct EventBatch
{
    /// <summary>Offset of the first event.</summary>
    public required long From { get; init; }

    /// <summary>The offset after this batch.</summary>
    public required long Next { get; init; }

    /// <summary>
    /// Number of events in <see cref="Payload"/>; 0 unless the kind is <see cref="BatchKind.Events"/>.
    /// </summary>
    public int Count { get; init; }

    /// <summary>What the batch carries.</summary>
    public BatchKind Kind { get; init; }

    /// <summary>The ingestion clock when the batch was appended; never lower than that of the batch before.</summary>
    public EventTime Stamp { get; init; }

    /// <summary>For <see cref="BatchKind.Advance"/>: the event time that the producer has reached.</summary>
    public EventTime Time { get; init; }

    /// <summary>Name and version of the event type, for example <c>Click:1</c>; empty without events.</summary>
    public string Schema { get; init; }

    /// <summary>The events, each as a variable-length count of bytes followed by the bytes of its codec.</summary>
    public ReadOnlyMemory<byte> Payload { get; init; }
}
