namespace Weir.Engine.Operators;

using Weir.Engine.Graph;
using Weir.Engine.Keys;
using Weir.Engine.Time;

/// <summary>Encoded events for a topic or a sink, emitted by one instance of a stage.</summary>
/// <param name="Target">Name of the topic, or <see cref="Streams.Sink.Target"/> of the sink.</param>
/// <param name="Partition">The partition that their key asks for, or null if any will do; null for a sink.</param>
/// <param name="Count">Number of events.</param>
/// <param name="Payload">The events, framed as in <see cref="Streams.EventBatch.Payload"/>.</param>
public readonly record struct OutputBatch(string Target, int? Partition, int Count, ReadOnlyMemory<byte> Payload)
{
    /// <summary>Whether it is to be seen at once, and not when the checkpoint that it belongs to is complete.</summary>
    public bool IsImmediate { get; init; }
}

/// <summary>Takes what a program emits. Called when the program is flushed, from within that call.</summary>
public interface IStageOutput
{
    /// <summary>Takes a slice for a key group.</summary>
    void Post(Slice slice);

    /// <summary>Takes events for a topic or a sink.</summary>
    void Append(in OutputBatch batch);
}

/// <summary>Takes events of one type inside a stage: one by one, or many at once where that is less work.</summary>
internal abstract class Receiver<T>
{
    /// <summary>Whether it does more for a run than take its events one by one.</summary>
    public virtual bool TakesRuns => false;

    public abstract void OnEvent(in T value, EventTime time);

    /// <summary>Takes the events of a run in their order; the same comes of it as of each by itself.</summary>
    public virtual void OnRun(in Run<T> run)
    {
        for (int i = 0; i < run.Values.Length; i++)
        {
            run.PassOffset(i);
            OnEvent(in run.Values[i], run.Times[i]);
        }
    }
}

/// <summary>What ends a chain inside a stage and holds events until the stage is flushed.</summary>
internal interface IStageEnd
{
    /// <summary>From here on it remembers what it takes, to give it up again.</summary>
    void Begin();

    /// <summary>Forgets what it took since <see cref="Begin"/>; no step of time came between.</summary>
    void Undo();

    /// <summary>The stage's time moved on.</summary>
    void Mark(EventTime watermark, EventTime clock, bool idle);

    /// <summary>
    /// The stage's clock moved on before the events of a batch; <see cref="Mark"/> follows behind them at the latest.
    /// </summary>
    void Announce(EventTime watermark, EventTime clock, bool idle) => Mark(watermark, clock, idle);

    /// <summary>A batch of input has ended and the stage's time has not moved.</summary>
    void EndBatch()
    {
    }

    /// <summary>Ends everything that is held with the barrier of a checkpoint, on every way that leads out.</summary>
    void Barrier(long number);

    /// <summary>Hands over what is held.</summary>
    void Flush(IStageOutput output);
}

/// <summary>
/// One running instance of a piece of the graph without a shuffle inside: what follows a source partition or a key
/// group up to the next key groups and topics. Invariant: a node of the graph has one receiver in a stage, so the
/// branches of a union meet in one place.
/// </summary>
internal sealed class Stage(JobPlan plan, int head, int instance)
{
    private readonly Dictionary<object, object> _receivers = [];
    private readonly List<IStageEnd> _ends = [];
    private readonly List<IStageState> _states = [];
    private readonly List<OutputBatch> _ended = [];
    private int _heldBefore;

    public JobPlan Plan => plan;

    /// <summary>Index of the node at whose output the stage begins.</summary>
    public int Head => head;

    /// <summary>Which partition or group of the head.</summary>
    public int Instance => instance;

    /// <summary>If set, what the head emits goes there and nothing follows it.</summary>
    public OutputCapture? Capture { get; init; }

    /// <summary>Whether what the head emits goes nowhere: of an operator that is only looked at.</summary>
    public bool IsMute { get; init; }

    /// <summary>Whether it begins at a partition of a source.</summary>
    public bool IsSource { get; } = plan.Graph.Nodes[head] is ISourceNode;

    /// <summary>In a stage of a source: the offset of the event at hand.</summary>
    public long Offset { get; set; } = -1;

    /// <summary>Whether what follows from one event can be undone, because a failure need not end the job.</summary>
    public bool IsGuarded { get; set; }

    /// <summary>
    /// Events held in slices and output since the last flush, and of those that were added to others a small part.
    /// </summary>
    public int Held { get; set; }

    /// <summary>What the stage holds beyond a flush, in the order of the graph.</summary>
    public IReadOnlyList<IStageState> States => _states;

    public Receiver<T> ReceiverOf<T>(IConsumer<T> consumer)
    {
        if (_receivers.TryGetValue(consumer, out object? known))
            return (Receiver<T>)known;
        Receiver<T> made = consumer.Receive(this);
        _receivers.Add(consumer, made);

        // A union of one consumer is that consumer's receiver, which is known then.
        if (made is IStageEnd end && !_ends.Contains(end))
            _ends.Add(end);
        if (made is IStageState state && !_states.Contains(state))
            _states.Add(state);
        return made;
    }

    /// <summary>An event is about to pass; until the next call its emissions can be undone.</summary>
    public void Begin()
    {
        _heldBefore = Held;
        Capture?.Begin();
        foreach (IStageState state in _states)
            state.Begin();
        foreach (IStageEnd end in _ends)
            end.Begin();
    }

    /// <summary>Takes back everything that was emitted since <see cref="Begin"/>.</summary>
    public void Undo()
    {
        Held = _heldBefore;
        Capture?.Undo();
        foreach (IStageState state in _states)
            state.Undo();
        foreach (IStageEnd end in _ends)
            end.Undo();
    }

    public void Announce(EventTime watermark, EventTime clock, bool idle)
    {
        foreach (IStageState state in _states)
            state.AdvanceClock(clock);
        foreach (IStageEnd end in _ends)
            end.Announce(watermark, clock, idle);
    }

    public void Mark(EventTime watermark, EventTime clock, bool idle)
    {
        foreach (IStageState state in _states)
            state.AdvanceClock(clock);
        foreach (IStageEnd end in _ends)
            end.Mark(watermark, clock, idle);
    }

    public void EndBatch()
    {
        foreach (IStageEnd end in _ends)
            end.EndBatch();
    }

    /// <summary>
    /// Takes a batch that is to be seen at once. Batches of all ends of the stage stay in the order in which they ended,
    /// however seldom the stage is flushed.
    /// </summary>
    public void End(in OutputBatch batch) => _ended.Add(batch);

    public void Barrier(long number)
    {
        foreach (IStageEnd end in _ends)
            end.Barrier(number);
    }

    public void Flush(IStageOutput output)
    {
        foreach (OutputBatch batch in _ended)
            output.Append(in batch);
        _ended.Clear();
        foreach (IStageEnd end in _ends)
            end.Flush(output);
        Held = 0;
    }
}

/// <summary>Passes events on to several receivers, in the order in which the graph names them.</summary>
internal sealed class FanOut<T>(Receiver<T>[] receivers) : Receiver<T>
{
    public override void OnEvent(in T value, EventTime time)
    {
        foreach (Receiver<T> receiver in receivers)
            receiver.OnEvent(in value, time);
    }
}

/// <summary>Where nobody listens.</summary>
internal sealed class Nowhere<T> : Receiver<T>
{
    public override void OnEvent(in T value, EventTime time)
    {
    }
}
