namespace Weir.Engine.Operators;

using Weir.Engine.Codecs;
using Weir.Engine.Errors;
using Weir.Engine.Graph;
using Weir.Engine.Snapshots;
using Weir.Engine.Time;

/// <summary>
/// One instance of an operator, as a group's program drives it: of a key group, or without keys of an instance of the
/// stage before.
/// </summary>
internal abstract class GroupOperator
{
    /// <summary>Events that came too late and went nowhere or to the late output.</summary>
    public long LateEvents { get; protected set; }

    /// <summary>Events and timers that failed and were given up, or were discarded.</summary>
    public long DeadLetters { get; protected set; }

    /// <summary>Where the next command has to come from: the offset after the last one applied.</summary>
    public long CommandsTo { get; protected set; }

    /// <summary>Number of keys in quarantine.</summary>
    public virtual int Quarantined => 0;

    /// <summary>Number of keys with any state.</summary>
    public virtual int Rows => 0;

    /// <summary>The time of the next event timer, or the maximum.</summary>
    public virtual EventTime NextEventTimer => EventTime.MaxValue;

    /// <summary>Whether a timer waits for the ingestion clock.</summary>
    public virtual bool WaitsForClock => false;

    /// <summary>Whether it holds events or steps of time that must still go on, though no input makes them.</summary>
    public virtual bool IsBusy => false;

    /// <summary>Applies events <c>[from, to)</c> of a slice.</summary>
    public abstract void Apply(Slice slice, int from, int to);

    /// <summary>Applies events <c>[from, to)</c> of a slice that came beside what the operator is for.</summary>
    public virtual void ApplyAside(Edge edge, Slice slice, int from, int to) =>
        throw new InvalidOperationException($"The operator takes nothing from the edge {edge.Id}.");

    /// <summary>Applies commands to keys.</summary>
    public virtual void ApplyCommands(Slice slice)
    {
    }

    /// <summary>The keys in quarantine.</summary>
    public virtual IReadOnlyList<QuarantinedKey> ListQuarantined() => [];

    /// <summary>Moves the watermark and fires what is due, in order of time.</summary>
    public virtual void AdvanceWatermark(EventTime watermark)
    {
    }

    /// <summary>Moves the ingestion clock and fires what is due, in order of time.</summary>
    public virtual void AdvanceClock(EventTime clock)
    {
    }

    /// <summary>
    /// Whether it takes a step of time over, to hand it to its stage itself when all that came before has gone on.
    /// </summary>
    public virtual bool TakesOver(EventTime watermark, EventTime clock, bool idle) => false;

    /// <summary>The first ingestion clock at which something is to be done, or the maximum.</summary>
    public virtual EventTime NextClockTimer => EventTime.MaxValue;

    /// <summary>
    /// Whether what was captured must be read before anything else happens, because passing time or commands do more
    /// than to make timers due.
    /// </summary>
    public virtual bool LoadsAtOnce => Quarantined > 0;

    /// <summary>Whether anything but time and counters has changed since the last capture.</summary>
    public abstract bool HasChanges { get; }

    /// <summary>Whether what was read was not written as this operator would, so that a base must come next.</summary>
    public bool NeedsBase { get; protected set; }

    /// <summary>The counters that are part of a <see cref="GroupMark"/>.</summary>
    public virtual void WriteCounters(ByteWriter writer)
    {
        writer.WriteSigned(LateEvents);
        writer.WriteSigned(DeadLetters);
        writer.WriteSigned(CommandsTo);
    }

    /// <summary>Adds counters of an operator before.</summary>
    public virtual void ReadCounters(ByteReader reader)
    {
        LateEvents += reader.ReadSigned();
        DeadLetters += reader.ReadSigned();
        CommandsTo = Math.Max(CommandsTo, reader.ReadSigned());
    }

    /// <summary>States the time without firing anything.</summary>
    public virtual void SetTime(EventTime watermark, EventTime clock)
    {
    }

    /// <summary>A segment of everything, which changes nothing.</summary>
    /// <param name="time">Time and counters, where the segment is to stand alone; else empty.</param>
    public abstract ReadOnlyMemory<byte> WriteSegment(ReadOnlyMemory<byte> time);

    /// <summary>Captures everything, or what changed since the last capture; changes count from here on.</summary>
    /// <param name="isBase">Whether everything.</param>
    public abstract SegmentCopy Capture(bool isBase);

    /// <summary>Whether a header is what this operator would write, so that it can be read later as well as now.</summary>
    public abstract bool IsOwn(SegmentHeader header);

    /// <summary>Reads a chain of segments, oldest first, after its time and counters.</summary>
    public abstract void Read(IReadOnlyList<SegmentReader> chain);

    public virtual ViewReading? Find(ReadOnlyMemory<byte> key) => null;

    public virtual KeyInspection? Inspect(ReadOnlyMemory<byte> key, int group) => null;

    public virtual KeyPage ViewKeys(long from, int limit) => new([], null);
}
