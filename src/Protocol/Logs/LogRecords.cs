namespace Weir.Protocol.Logs;

using Weir.Engine.Streams;
using Weir.Engine.Time;

/// <summary>A partition of a topic.</summary>
/// <param name="Topic">Name of the topic.</param>
/// <param name="Partition">From 0 to the topic's partition count - 1.</param>
public readonly record struct TopicPartition(string Topic, int Partition)
{
    /// <summary>Shown as <c>topic/partition</c>.</summary>
    public override string ToString() => $"{Topic}/{Partition}";
}

/// <summary>What a log can do.</summary>
/// <param name="KeepsBatches">Boundaries are stored; otherwise they are a function of offsets alone.</param>
/// <param name="DedupesProducers">A repeated append is stored once.</param>
/// <param name="Pins">Retention can be held back.</param>
/// <param name="Ticks">Ticks and advances can be appended.</param>
public sealed record LogCapabilities(bool KeepsBatches, bool DedupesProducers, bool Pins, bool Ticks)
{
    /// <summary>What a producer has appended can be taken back: <see cref="IEventLog.SupersedeAsync"/>.</summary>
    public bool Supersedes { get; init; }

    /// <summary>Events of a topic with a key lie in the partition that its key says. Else another system has placed them
    /// by rules of its own, and a job brings them to their key groups by a shuffle. Default: true.</summary>
    public bool PlacesByKey { get; init; } = true;
}

/// <summary>How long a topic keeps its batches. Both limits are optional; without any, everything is kept.</summary>
public sealed record RetentionPolicy
{
    /// <summary>Keep everything.</summary>
    public static readonly RetentionPolicy Forever = new();

    /// <summary>Remove batches whose stamp is older than this; null: no limit.</summary>
    public TimeSpan? Age { get; init; }

    /// <summary>Remove the oldest batches of a partition above this many payload bytes; null: no limit.</summary>
    public long? BytesPerPartition { get; init; }
}

/// <summary>A topic to be created.</summary>
public sealed record TopicSpec
{
    /// <summary>1 to 200 characters of letters, digits, '.', '_' and '-'.</summary>
    public required string Name { get; init; }

    /// <summary>1 to 1024.</summary>
    public required int Partitions { get; init; }

    /// <summary>Name and version of its event type, as in <see cref="EventBatch.Schema"/>.</summary>
    public required string Schema { get; init; }

    /// <summary>How long batches are kept; default: forever.</summary>
    public RetentionPolicy Retention { get; init; } = RetentionPolicy.Forever;
}

/// <summary>A topic as the log has it.</summary>
public sealed record TopicInfo(TopicSpec Spec, bool IsSealed)
{
    /// <summary>Name of the topic.</summary>
    public string Name => Spec.Name;

    /// <summary>Number of partitions.</summary>
    public int Partitions => Spec.Partitions;
}

/// <summary>Extent of a partition.</summary>
/// <param name="First">The lowest retained offset (equal to <paramref name="Next"/> when empty).</param>
/// <param name="Next">The offset that the next append gets.</param>
/// <param name="Stamp">The ingestion clock of the last batch, or <see cref="EventTime.None"/>.</param>
/// <param name="Bytes">Retained payload bytes.</param>
/// <param name="IsSealed">Whether its last batch is an end batch.</param>
public sealed record PartitionInfo(long First, long Next, EventTime Stamp, long Bytes, bool IsSealed);

/// <summary>One batch to append: the log adds offsets and the stamp.</summary>
public readonly record struct NewBatch
{
    /// <summary>What it carries; <see cref="BatchKind.End"/> is reserved to <see cref="IEventLog.SealAsync"/>.
    /// </summary>
    public BatchKind Kind { get; init; }

    /// <summary>Number of events; at least 1 for <see cref="BatchKind.Events"/>, else 0.</summary>
    public int Count { get; init; }

    /// <summary>For <see cref="BatchKind.Advance"/>: the event time reached.</summary>
    public EventTime Time { get; init; }

    /// <summary>Name and version of the event type.</summary>
    public string Schema { get; init; }

    /// <summary>The events, each as a variable-length count of bytes followed by the bytes of its codec.</summary>
    public ReadOnlyMemory<byte> Payload { get; init; }
}

/// <summary>
/// An append of one producer. Sequences count offsets taken (events, and 1 for a batch without events): a request
/// covers <c>[Sequence, Sequence + taken)</c>. The part of it that is already stored is trimmed, so a retry is stored
/// once; a gap above the last stored sequence is <see cref="EventLogError.SequenceGap"/>.
/// </summary>
public sealed record AppendRequest
{
    /// <summary>Where to.</summary>
    public required TopicPartition Partition { get; init; }

    /// <summary>Who appends; null for an append that is not deduped.</summary>
    public string? Producer { get; init; }

    /// <summary>Grows with every incarnation of the producer; a lower one than stored is
    /// <see cref="EventLogError.Fenced"/>. Sequences go on across epochs.</summary>
    public long ProducerEpoch { get; init; }

    /// <summary>Sequence of the first event; a producer that the log does not know begins at 0.</summary>
    public long Sequence { get; init; }

    /// <summary>If set, the append is refused with <see cref="EventLogError.OffsetConflict"/> unless the partition's
    /// next offset is this (or the whole request is already stored).</summary>
    public long? ExpectedNext { get; init; }

    /// <summary>The batches, in order; at least one.</summary>
    public required IReadOnlyList<NewBatch> Batches { get; init; }
}

/// <summary>What is to be taken back of one producer in one partition.</summary>
public sealed record SupersedeRequest
{
    /// <summary>Where.</summary>
    public required TopicPartition Partition { get; init; }

    /// <summary>Whose; a producer that the log does not know is fenced all the same.</summary>
    public required string Producer { get; init; }

    /// <summary>The first sequence that goes, 0 or more; 0 takes back everything.</summary>
    public required long FromSequence { get; init; }

    /// <summary>Lower epochs of the producer are fenced from here on. If a higher one has appended, the request itself
    /// is <see cref="EventLogError.Fenced"/>.</summary>
    public required long Epoch { get; init; }
}

/// <summary>Where an append went: offsets <c>[From, Next)</c> and the stamp.</summary>
/// <param name="From">Offset of its first event. Of a request of which a part was stored before, that of the part, so
/// that events of others may lie between.</param>
/// <param name="Next">The offset after its last event.</param>
/// <param name="Stamp">The stamp of its last batch.</param>
/// <param name="WasDuplicate">All of it was stored before. The answer then is that of the first request while it is
/// among the last 8 of its producer; for an older one it is the place of the producer's last append.</param>
public sealed record AppendResult(long From, long Next, EventTime Stamp, bool WasDuplicate);

/// <summary>Limits of one read.</summary>
/// <param name="MaxEvents">Stop before exceeding this many events, where a batch without events counts as one; 1 or
/// more.</param>
/// <param name="MaxBytes">Stop before exceeding this many payload bytes; 1 or more.</param>
public readonly record struct ReadLimits(int MaxEvents, int MaxBytes)
{
    /// <summary>16 384 events, 1 MiB.</summary>
    public static readonly ReadLimits Default = new(16_384, 1 << 20);
}

/// <summary>
/// What a read returned. It covers offsets <c>[From, Next)</c>: <c>From</c> is the offset asked for or the start of the
/// batch that holds it.
/// </summary>
public sealed record LogFetch(long From, long Next, IReadOnlyList<EventBatch> Batches);

/// <summary>Why a log refused.</summary>
public enum EventLogError
{
    /// <summary>There is no such topic or partition.</summary>
    UnknownTopic,

    /// <summary>A topic of that name exists with other partitions or another schema.</summary>
    TopicConflict,

    /// <summary>The topic is sealed: it takes no more events.</summary>
    Sealed,

    /// <summary>A newer incarnation of this producer has appended.</summary>
    Fenced,

    /// <summary>The request begins above the last stored sequence + 1, or an expired producer went on.</summary>
    SequenceGap,

    /// <summary>The partition's next offset is not the expected one.</summary>
    OffsetConflict,

    /// <summary>The offset is no longer retained.</summary>
    OffsetExpired,

    /// <summary>The request itself is wrong: empty, too large, a bad name.</summary>
    InvalidRequest,

    /// <summary>Stored bytes do not match their checksum.</summary>
    Corrupt,

    /// <summary>The storage was written by a newer release or by another program.</summary>
    Incompatible,

    /// <summary>The storage has no room.</summary>
    Full,

    /// <summary>The storage did not answer or failed; whether the request was stored is unknown, so repeat it.
    /// </summary>
    Unavailable,
}

/// <summary>A log refused or failed; the message says what, where, and what to do.</summary>
public sealed class EventLogException(EventLogError error, string message, Exception? inner = null)
    : Exception(message, inner)
{
    /// <summary>Why.</summary>
    public EventLogError Error { get; } = error;
}
