namespace Weir.Engine.Time;

/// <summary>
/// The partition that a watermark generator works for, with its cells. Must not be kept after the call.
/// </summary>
public interface IWatermarkContext
{
    /// <summary>
    /// The highest watermark so far; what was emitted since the last batch is in it and takes effect at the end of
    /// this one. <see cref="EventTime.MinValue"/> until there is one.
    /// </summary>
    EventTime Watermark { get; }

    /// <summary>
    /// How far the ingestion clock has come; at the end of a batch that batch's stamp.
    /// </summary>
    EventTime Clock { get; }

    /// <summary>What the generator remembers of this partition; null until it is set.</summary>
    /// <param name="cell">0 up to <see cref="WatermarkGenerator.Cells"/>, exclusive.</param>
    long? this[int cell] { get; set; }

    /// <summary>
    /// Promises that no event at or before a time follows; a time that is not higher than the watermark is ignored.
    /// <see cref="EventTime.MaxValue"/> is the end of the topic and belongs to it: it counts as 1 ms less here.
    /// </summary>
    void Emit(EventTime watermark);

    /// <summary>
    /// States that this partition should not hold others back, until its next event or the next <see cref="Emit"/>.
    /// </summary>
    void MarkIdle();
}

/// <summary>
/// Turns the timestamps of a partition into watermarks: a hook per event and one at the end of every batch. One object
/// serves all partitions and has no mutable fields; what it remembers of a partition lies in a few cells, which are
/// part of the snapshot.
/// </summary>
/// <remarks>
/// A generator that emits when it sees a certain event (punctuated) does so in the event hook. Whenever something is
/// emitted, it takes effect at the end of the batch, so that a replay sees the same times.
/// </remarks>
public abstract class WatermarkGenerator
{
    /// <summary>How many cells it has per partition. Default: none.</summary>
    public virtual int Cells => 0;

    /// <summary>
    /// Names the generator with its parameters: a part of the job's fingerprint. Default: the type's name.
    /// </summary>
    public virtual string Description => GetType().ToString();

    /// <summary>An event was read. Default: nothing.</summary>
    /// <param name="time">The event's timestamp.</param>
    /// <param name="partition">The partition; valid during the call.</param>
    public virtual void OnEvent(EventTime time, IWatermarkContext partition)
    {
    }

    /// <summary>
    /// The producer stated, without an event, that its event time has reached a time. Default: as an event of that
    /// time.
    /// </summary>
    public virtual void OnAdvance(EventTime time, IWatermarkContext partition) => OnEvent(time, partition);

    /// <summary>
    /// A batch ends: events, or a tick of the ingestion clock, which comes about every second while a quiet partition
    /// is waited for. Not called while <c>idleAfter</c> says that the partition is idle. Default: nothing.
    /// </summary>
    public virtual void OnBatchEnd(IWatermarkContext partition)
    {
    }

    /// <summary>
    /// Whether it works by the ingestion clock, which must then go on where nothing is sent. Default: no.
    /// </summary>
    public virtual bool UsesClock => false;

    /// <summary>
    /// What its cells mean, without parameters: those may change and the state can still be read.
    /// </summary>
    internal virtual string CellKind => GetType().Name;

    /// <summary>The type of events that it looks at, or null if their timestamps are enough.</summary>
    internal virtual Type? EventType => null;

    /// <summary>Whether of the events between two ends of batches the one with the highest timestamp is enough.</summary>
    internal virtual bool NeedsHighestOnly => false;
}

/// <summary>A watermark generator that looks at the events themselves.</summary>
/// <typeparam name="T">The type of the events, the same as the topic's.</typeparam>
public abstract class WatermarkGenerator<T> : WatermarkGenerator
{
    internal sealed override Type EventType => typeof(T);

    /// <summary>An event was read.</summary>
    /// <param name="value">The event.</param>
    /// <param name="time">Its timestamp.</param>
    /// <param name="partition">The partition; valid during the call.</param>
    public abstract void OnEvent(T value, EventTime time, IWatermarkContext partition);
}

/// <summary>Highest timestamp minus the bound minus 1 ms. Source: Flink's BoundedOutOfOrdernessWatermarks.</summary>
internal sealed class BoundedWatermarks(long boundMilliseconds) : WatermarkGenerator
{
    private const int Highest = 0;

    public override int Cells => 1;

    public override string Description => $"bounded({boundMilliseconds})";

    internal override bool NeedsHighestOnly => true;

    public override void OnEvent(EventTime time, IWatermarkContext partition)
    {
        if (partition[Highest] is not { } highest || time.Milliseconds > highest)
            partition[Highest] = time.Milliseconds;
    }

    public override void OnBatchEnd(IWatermarkContext partition)
    {
        if (partition[Highest] is { } highest)
            partition.Emit(new EventTime(highest).Minus(boundMilliseconds).Minus(1));
    }
}

/// <summary>Nothing is known before the end of the topic.</summary>
internal sealed class NoWatermarks : WatermarkGenerator
{
    public override string Description => "none";
}
