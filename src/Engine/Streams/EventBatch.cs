namespace Weir.Engine.Streams;

using Weir.Engine.Codecs;
using Weir.Engine.Time;

/// <summary>What a batch in a log carries.</summary>
public enum BatchKind : byte
{
    /// <summary>Events, one or more.</summary>
    Events = 0,

    /// <summary>No event: the ingestion clock moved on. One that covers several offsets stands for events that were taken
    /// back.</summary>
    Tick = 1,

    /// <summary>No event: the producer states that its event time has reached <see cref="EventBatch.Time"/>.</summary>
    Advance = 2,

    /// <summary>No event and none ever after: the partition is sealed, the watermark becomes the maximum.</summary>
    End = 3,
}

/// <summary>Which part of its batch a reader was given; see <see cref="EventBatch.Part"/>.</summary>
public enum BatchPart : byte
{
    /// <summary>All of it.</summary>
    Whole = 0,

    /// <summary>Its beginning; whether more of it follows is not known yet.</summary>
    First = 1,

    /// <summary>More of the batch that the part before belongs to.</summary>
    Next = 2,
}

/// <summary>
/// What one producer appended to one partition as a unit. Boundaries of batches are part of the data: a source's
/// watermark moves only at them, so a replay sees the same times.
/// </summary>
/// <remarks>
/// A batch covers the offsets <c>[From, Next)</c>, and its events the last of them: event i has the offset
/// <c>FirstOffset + i</c>. Most logs have no holes, and then <see cref="FirstOffset"/> is <c>From</c>. A batch without
/// events takes one offset, so that every batch has a position of its own, or all offsets of the events that it stands
/// for. Continuity means that <c>From</c> equals the <c>Next</c> before it.
/// <para>A log that keeps no batches does not know the end of a batch before it has seen what comes after it, and gives
/// the events that are there as parts. A batch of parts ends where something comes that is no
/// <see cref="BatchPart.Next"/>; where the cuts between its parts lie means nothing.</para>
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

    /// <summary>Whether this is a whole batch or a part of one, which has events. The parts of a batch have one stamp.
    /// </summary>
    public BatchPart Part { get; init; }

    /// <summary>The offset of its first event; <see cref="From"/> without events.</summary>
    public long FirstOffset => Count > 0 ? Next - Count : From;

    /// <summary>The ingestion clock when the batch was appended; in a log that keeps batches never lower than that of the
    /// batch before.</summary>
    public EventTime Stamp { get; init; }

    /// <summary>For <see cref="BatchKind.Advance"/>: the event time that the producer has reached.</summary>
    public EventTime Time { get; init; }

    /// <summary>Name and version of the event type, for example <c>Click:1</c>; empty without events.</summary>
    public string Schema { get; init; }

    /// <summary>The events, each as a variable-length count of bytes followed by the bytes of its codec.</summary>
    public ReadOnlyMemory<byte> Payload { get; init; }

    /// <summary>What is left of a part behind an offset inside of it.</summary>
    /// <exception cref="CorruptDataException">The payload does not hold the events.</exception>
    public EventBatch Behind(long offset)
    {
        if (offset <= From)
            return this;
        int passed = (int)Math.Max(0, offset - FirstOffset);
        return this with
        {
            From = offset,
            Count = Count - passed,
            Part = passed > 0 ? BatchPart.Next : Part,
            Payload = Payload[LengthOf(passed)..],
        };
    }

    /// <summary>What of a part lies before an offset inside of it, behind its first event.</summary>
    /// <exception cref="CorruptDataException">The payload does not hold the events.</exception>
    public EventBatch Before(long offset)
    {
        if (offset >= Next)
            return this;
        int kept = (int)(offset - FirstOffset);
        return this with { Next = offset, Count = kept, Payload = Payload[..LengthOf(kept)] };
    }

    private int LengthOf(int events)
    {
        var reader = new ByteReader(Payload);
        for (; events > 0; events--)
            reader.ReadBlob();
        return Payload.Length - reader.Remaining;
    }
}
