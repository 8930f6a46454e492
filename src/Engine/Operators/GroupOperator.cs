namespace Weir.Engine.Operators;

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

    public abstract void Write(SegmentWriter segment);

    public abstract void Read(SegmentReader segment);

    public virtual ViewReading? Find(ReadOnlyMemory<byte> key) => null;

    public virtual KeyInspection? Inspect(ReadOnlyMemory<byte> key, int group) => null;

    public virtual KeyPage ViewKeys(long from, int limit) => new([], null);
}
