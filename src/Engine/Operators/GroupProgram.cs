namespace Weir.Engine.Operators;

using Weir.Engine.Codecs;
using Weir.Engine.Errors;
using Weir.Engine.Graph;
using Weir.Engine.Keys;
using Weir.Engine.Snapshots;
using Weir.Engine.State;
using Weir.Engine.Time;

/// <summary>
/// What runs for one key group of an operator: it merges the time of its channels, applies events, fires timers and
/// emits. Invariant: timers due at a watermark fire before that watermark goes on downstream.
/// </summary>
public sealed partial class GroupProgram
{
    private readonly IOperatorNode _node;
    private readonly Stage _stage;
    private readonly GroupOperator _operator;
    private readonly HostedGroup? _hosted;
    private readonly WatermarkMerge _watermarks;
    private readonly WatermarkMerge _clocks;

    internal GroupProgram(JobPlan plan, int operatorIndex, int group)
    {
        IOperatorNode node = plan.Graph.Operators[operatorIndex];
        _node = node;
        OperatorName = node.Name;
        Group = group;
        _stage = new Stage(plan, node.Node.Id, group);
        _operator = node.Create(_stage);
        if (node.OneGrainPerKey)
            _hosted = new HostedGroup(node.CreateHosted(plan, group)!, _stage);
        int channels = plan.ChannelCount(operatorIndex, group);
        _watermarks = new WatermarkMerge(channels);
        _clocks = new WatermarkMerge(channels, idle: true);
    }

    /// <summary>The operator.</summary>
    public string OperatorName { get; }

    /// <summary>The key group.</summary>
    public int Group { get; }

    /// <summary>The merged watermark of all channels.</summary>
    public EventTime Watermark => _watermarks.Watermark;

    /// <summary>The merged ingestion clock of all channels.</summary>
    public EventTime Clock => _clocks.Watermark;

    /// <summary>Whether all input has ended, all that follows from it was emitted, and nothing is held.</summary>
    public bool HasEnded => Watermark == EventTime.MaxValue && !_operator.IsBusy && Quarantined == 0;

    /// <summary>The calls to the outside that the operator makes, or null if it makes none.</summary>
    public IGroupCalls? Calls => _operator as IGroupCalls;

    /// <summary>Number of keys in quarantine.</summary>
    public int Quarantined => _operator.Quarantined;

    /// <summary>Events and timers that failed and were given up, or were discarded from quarantine.</summary>
    public long DeadLetters => _hosted?.Keys.DeadLetters ?? _operator.DeadLetters;

    /// <summary>The offset after the last command that was applied to one of its keys; 0 if there was none.</summary>
    public long CommandsTo => _operator.CommandsTo;

    /// <summary>Keys with any state.</summary>
    public int Rows => _stored?.Mark.Rows ?? _hosted?.Keys.Rows ?? _operator.Rows;

    /// <summary>Events applied, by this program and by those whose captures it was restored from.</summary>
    public long EventsIn { get; private set; }

    /// <summary>Events that came too late.</summary>
    public long LateEvents => _hosted?.Keys.LateEvents ?? _operator.LateEvents;

    /// <summary>
    /// Whether its keys are hosted one by one: then <see cref="ApplyAsync"/> and <see cref="SnapshotAsync"/> take the
    /// place of <see cref="Apply"/> and <see cref="Snapshot"/>.
    /// </summary>
    public bool HostsKeys => _hosted is not null;

    /// <summary>Events and steps of time held since the last flush.</summary>
    public int Held => _stage.Held;

    /// <summary>The time of the next event timer, or the maximum.</summary>
    public EventTime NextEventTimer =>
        _stored?.Mark.NextEventTimer ?? _hosted?.Keys.NextEventTimer ?? _operator.NextEventTimer;

    /// <summary>
    /// Whether a timer or state that will expire waits for the ingestion clock, which must go on for it.
    /// </summary>
    public bool WaitsForClock =>
        _stored?.WaitsForClock ?? _hosted?.Keys.WaitsForClock ?? _operator.WaitsForClock;

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

        Edge edge = _stage.Plan.Graph.Edges[slice.Target.Edge];
        int applied = 0;
        foreach (Mark mark in slice.Marks)
        {
            if (mark.Position > applied)
                ApplyEvents(edge, slice, applied, mark.Position);
            applied = mark.Position;
            Step(slice.Target.Channel, in mark);
        }

        if (slice.Count > applied)
            ApplyEvents(edge, slice, applied, slice.Count);
        EventsIn += slice.Events;
    }

    /// <summary>Applies a slice to keys that are hosted one by one.</summary>
    /// <param name="slice">The slice.</param>
    /// <param name="host">Where the keys live.</param>
    /// <exception cref="OperatorFailedException">As for <see cref="Apply"/>.</exception>
    public async ValueTask ApplyAsync(Slice slice, IKeyHost host)
    {
        ArgumentNullException.ThrowIfNull(slice);
        var before = new HostedTime(Watermark, Clock);
        var steps = new List<GroupStep>();
        foreach (Mark mark in slice.Marks)
        {
            if (Merge(slice.Target.Channel, in mark) != TimeChange.None)
                steps.Add(new GroupStep(
                    mark.Position, Watermark, Clock, _watermarks.IsIdle, mark.Position + steps.Count));
        }

        if (slice.Count > 0 || IsDue)
            Load();
        await _hosted!.ApplyAsync(slice, before, steps, host);
        EventsIn += slice.Count;
    }

    /// <summary>
    /// Ends what has gathered with the barrier of a checkpoint: each channel that leaves this group gets one, behind
    /// everything that was emitted before. A flush follows.
    /// </summary>
    /// <param name="checkpoint">The checkpoint's number, 1 or more.</param>
    public void EmitBarrier(long checkpoint)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(checkpoint);
        _stage.Barrier(checkpoint);
    }

    /// <summary>Hands over the slices and output that have gathered.</summary>
    public void Flush(IStageOutput output) => _stage.Flush(output);

    /// <summary>The keys in quarantine.</summary>
    public IReadOnlyList<QuarantinedKey> ListQuarantined() => _operator.ListQuarantined();

    private void ApplyEvents(Edge edge, Slice slice, int from, int to)
    {
        Load();
        if (edge.IsMain)
            _operator.Apply(slice, from, to);
        else
            _operator.ApplyAside(edge, slice, from, to);
    }

    private void ApplyCommands(Slice slice)
    {
        if (slice.Count == 0)
            return;
        Load();
        bool hadEnded = HasEnded;
        _operator.ApplyCommands(slice);
        if (HasEnded && !hadEnded)
            _stage.Mark(_watermarks.Watermark, _clocks.Watermark, _watermarks.IsIdle);
    }

    private void Step(int channel, in Mark mark)
    {
        TimeChange change = Merge(channel, in mark);
        if (IsDue)
            Load();
        if (_stored is { } stored)
            stored.Passed = new HostedTime(_watermarks.Watermark, _clocks.Watermark);
        else
            Advance(change);

        // What is held in quarantine is still to come: until then, those behind this group must not take it for ended.
        bool isWithheld = Watermark == EventTime.MaxValue && Quarantined > 0;
        if (change == TimeChange.None || isWithheld)
        {
            _stage.EndBatch();
            return;
        }

        if (!_operator.TakesOver(_watermarks.Watermark, _clocks.Watermark, _watermarks.IsIdle))
            _stage.Mark(_watermarks.Watermark, _clocks.Watermark, _watermarks.IsIdle);
    }

    private void Advance(TimeChange change)
    {
        if ((change & TimeChange.Clock) != 0)
            _operator.AdvanceClock(_clocks.Watermark);
        if ((change & TimeChange.Watermark) != 0)
            _operator.AdvanceWatermark(_watermarks.Watermark);
    }

    private TimeChange Merge(int channel, in Mark mark)
    {
        bool wasIdle = _watermarks.IsIdle;
        bool rose = false;
        if (!mark.IsIdle)
            _watermarks.SetIdle(channel, idle: false);

        // A channel has a part in the clock once it has spoken: what nobody sends to must not stop the clock of all.
        if (mark.Clock.HasValue)
            _clocks.SetIdle(channel, idle: false);
        bool clockRose = _clocks.Advance(channel, mark.Clock);

        // A channel that has ended gets no more ticks; its clock must not hold back the others for ever.
        if (mark.Watermark == EventTime.MaxValue)
            clockRose |= _clocks.SetIdle(channel, idle: true);
        rose |= _watermarks.Advance(channel, mark.Watermark);
        if (mark.IsIdle)
            rose |= _watermarks.SetIdle(channel, idle: true);
        return (rose ? TimeChange.Watermark : TimeChange.None)
            | (clockRose ? TimeChange.Clock : TimeChange.None)
            | (wasIdle != _watermarks.IsIdle ? TimeChange.Idleness : TimeChange.None);
    }

    [Flags]
    private enum TimeChange
    {
        None = 0,
        Clock = 1,
        Watermark = 2,
        Idleness = 4,
    }
}
