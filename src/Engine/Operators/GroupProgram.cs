namespace Weir.Engine.Operators;

using Weir.Engine.Codecs;
using Weir.Engine.Errors;
using Weir.Engine.Graph;
using Weir.Engine.Snapshots;
using Weir.Engine.Time;

/// <summary>
/// What runs for one key group of an operator: it merges the time of its channels, applies events, fires timers and
/// emits. Invariant: timers due at a watermark fire before that watermark goes on downstream.
/// </summary>
public sealed class GroupProgram
{
    private readonly Stage _stage;
    private readonly KeyedOperator _operator;
    private readonly WatermarkMerge _watermarks;
    private readonly WatermarkMerge _clocks;

    internal GroupProgram(JobPlan plan, int operatorIndex, int group)
    {
        IOperatorNode node = plan.Graph.Operators[operatorIndex];
        OperatorName = node.Name;
        Group = group;
        _stage = new Stage(plan, node.Node.Id, group);
        _operator = node.Create(_stage);
        int channels = plan.ChannelCount(operatorIndex, group);
        _watermarks = new WatermarkMerge(channels);
        _clocks = new WatermarkMerge(channels);
    }

    /// <summary>The operator.</summary>
    public string OperatorName { get; }

    /// <summary>The key group.</summary>
    public int Group { get; }

    /// <summary>The merged watermark of all channels.</summary>
    public EventTime Watermark => _watermarks.Watermark;

    /// <summary>The merged ingestion clock of all channels.</summary>
    public EventTime Clock => _clocks.Watermark;

    /// <summary>Whether all input has ended and nothing of it is held in quarantine.</summary>
    public bool HasEnded => Watermark == EventTime.MaxValue && Quarantined == 0;

    /// <summary>Number of keys in quarantine.</summary>
    public int Quarantined => _operator.Quarantined;

    /// <summary>Events and timers that failed and were given up, or were discarded from quarantine.</summary>
    public long DeadLetters => _operator.DeadLetters;

    /// <summary>The offset after the last command that was applied to one of its keys; 0 if there was none.</summary>
    public long CommandsTo => _operator.CommandsTo;

    /// <summary>Keys with any state.</summary>
    public int Rows => _operator.Rows;

    /// <summary>Events applied since the program was made.</summary>
    public long EventsIn { get; private set; }

    /// <summary>Events that came too late.</summary>
    public long LateEvents => _operator.LateEvents;

    /// <summary>Events and steps of time held since the last flush.</summary>
    public int Held => _stage.Held;

    /// <summary>The time of the next event timer, or the maximum.</summary>
    public EventTime NextEventTimer => _operator.EventTimers.Next;

    /// <summary>Whether a timer waits for the ingestion clock, which must go on for it.</summary>
    public bool WaitsForClock => _operator.ClockTimers.Count > 0;

    /// <summary>
    /// Applies a slice of one of its channels. What is emitted is held until <see cref="Flush"/>.
    /// </summary>
    /// <exception cref="OperatorFailedException">
    /// A function of the user's failed; the program must be discarded.
    /// </exception>
    public void Apply(Slice slice)
    {
        ArgumentNullException.ThrowIfNull(slice);
        if (slice is Slice<QuarantineCommand>)
        {
            ApplyCommands(slice);
            return;
        }

        int applied = 0;
        foreach (Mark mark in slice.Marks)
        {
            if (mark.Position > applied)
                _operator.Apply(slice, applied, mark.Position);
            applied = mark.Position;
            Step(slice.Target.Channel, in mark);
        }

        if (slice.Count > applied)
            _operator.Apply(slice, applied, slice.Count);
        EventsIn += slice.Count;
    }

    /// <summary>Hands over the slices and output that have gathered.</summary>
    public void Flush(IStageOutput output) => _stage.Flush(output);

    /// <summary>The bytes of everything that it holds: a segment.</summary>
    public byte[] Snapshot()
    {
        var segment = new SegmentWriter();
        _watermarks.Write(segment.Writer);
        _clocks.Write(segment.Writer);
        _operator.Write(segment);
        return segment.Finish();
    }

    /// <summary>Takes over a segment; only on a new program.</summary>
    /// <exception cref="CorruptDataException">The segment is damaged, or of another operator.</exception>
    public void Restore(ReadOnlyMemory<byte> segment)
    {
        var reader = new SegmentReader(segment);
        _watermarks.Read(reader.Header);
        _clocks.Read(reader.Header);
        _operator.Read(reader);
    }

    /// <summary>What the operator's view holds for a key, given as its codec's bytes; null if nothing.</summary>
    public ViewReading? Find(ReadOnlyMemory<byte> key) => _operator.Find(key);

    /// <summary>Everything that the operator holds for a key, given as its codec's bytes; null if nothing.</summary>
    public KeyInspection? Inspect(ReadOnlyMemory<byte> key) => _operator.Inspect(key, Group);

    /// <summary>The keys in quarantine.</summary>
    public IReadOnlyList<QuarantinedKey> ListQuarantined() => _operator.ListQuarantined();

    /// <summary>Keys that the view holds something for, from a position on.</summary>
    /// <param name="from">0 to begin, then <see cref="KeyPage.Next"/>.</param>
    /// <param name="limit">1 or more.</param>
    public KeyPage ViewKeys(long from, int limit) => _operator.ViewKeys(from, limit);

    private void ApplyCommands(Slice slice)
    {
        bool hadEnded = HasEnded;
        _operator.ApplyCommands(slice);
        if (HasEnded && !hadEnded)
            _stage.Mark(_watermarks.Watermark, _clocks.Watermark, _watermarks.IsIdle);
    }

    private void Step(int channel, in Mark mark)
    {
        bool wasIdle = _watermarks.IsIdle;
        bool rose = false;
        if (!mark.IsIdle)
            _watermarks.SetIdle(channel, idle: false);
        bool clockRose = _clocks.Advance(channel, mark.Clock);

        // A channel that has ended gets no more ticks; its clock must not hold back the others for ever.
        if (mark.Watermark == EventTime.MaxValue)
            clockRose |= _clocks.SetIdle(channel, idle: true);
        rose |= _watermarks.Advance(channel, mark.Watermark);
        if (mark.IsIdle)
            rose |= _watermarks.SetIdle(channel, idle: true);
        if (clockRose)
            _operator.AdvanceClock(_clocks.Watermark);
        if (rose)
            _operator.AdvanceWatermark(_watermarks.Watermark);

        // What is held in quarantine is still to come: until then, those behind this group must not take it for ended.
        if (Watermark == EventTime.MaxValue && !HasEnded)
            return;
        if (rose || clockRose || wasIdle != _watermarks.IsIdle)
            _stage.Mark(_watermarks.Watermark, _clocks.Watermark, _watermarks.IsIdle);
    }
}
