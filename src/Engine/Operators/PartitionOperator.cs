namespace Weir.Engine.Operators;

using Weir.Engine.Codecs;
using Weir.Engine.Graph;
using Weir.Engine.State;
using Weir.Engine.Time;

/// <summary>What inside a stage holds state beyond a flush; it is part of the snapshot of who runs the stage.</summary>
internal interface IStageState
{
    /// <summary>Identifies the state; unique in the job.</summary>
    string Name { get; }

    /// <summary>Whether something in it will expire by the ingestion clock.</summary>
    bool WaitsForClock { get; }

    void AdvanceClock(EventTime clock);

    /// <summary>From here on it remembers what it holds, to undo what follows from a failed event.</summary>
    void Begin();

    void Undo();

    void Write(ByteWriter writer);

    void Read(ByteReader reader);
}

/// <summary>A function with state in one partition of a source. The table has one row, the partition's.</summary>
internal sealed class PartitionOperator<TIn, TOut> : Receiver<TIn>, IPartitionContext<TOut>, IStageState
{
    private const int Row = 0;
    private readonly PartitionNode<TIn, TOut> _node;
    private readonly Receiver<TOut> _output;
    private readonly StateTable _state;
    private readonly ByteWriter _undo = new();

    public PartitionOperator(PartitionNode<TIn, TOut> node, Stage stage)
    {
        _node = node;
        _output = node.Receivers(stage);
        _state = new StateTable(node.Name, node.Slots, stage.Plan.Codecs);
        _state.Current.Row = Row;
        Topic = ((ISourceNode)stage.Plan.Graph.Nodes[stage.Head]).Topic.Name;
        Partition = stage.Instance;
    }

    public string Name => _node.Name;

    public string Topic { get; }

    public int Partition { get; }

    public EventTime Time { get; private set; }

    public bool WaitsForClock => _state.WaitsForClock;

    public IValueState<T> State<T>(ValueSlot<T> slot) => (IValueState<T>)_state.Of(slot);

    public IListState<T> State<T>(ListSlot<T> slot) => (IListState<T>)_state.Of(slot);

    public IMapState<TMapKey, TValue> State<TMapKey, TValue>(MapSlot<TMapKey, TValue> slot)
        where TMapKey : notnull => (IMapState<TMapKey, TValue>)_state.Of(slot);

    public IReducingState<T> State<T>(ReducingSlot<T> slot) => (IReducingState<T>)_state.Of(slot);

    public IAggregatingState<TAdded, TResult> State<TAdded, TResult>(AggregatingSlot<TAdded, TResult> slot) =>
        (IAggregatingState<TAdded, TResult>)_state.Of(slot);

    public void Emit(TOut result) => _output.OnEvent(in result, Time);

    public override void OnEvent(in TIn value, EventTime time)
    {
        Time = time;
        _node.Function.OnEvent(value, this);
    }

    public void Begin()
    {
        _undo.Clear();
        _state.Begin(_undo);
    }

    public void Undo() => _state.Undo(new ByteReader());

    public void AdvanceClock(EventTime clock)
    {
        if (!clock.HasValue || clock <= _state.Current.Clock)
            return;
        _state.AdvanceClock(clock);
        RemoveExpired();
    }

    public void Write(ByteWriter writer)
    {
        writer.WriteSigned(_state.Current.Clock.Milliseconds);
        _state.WriteHeader(writer);
        _state.WriteRow(Row, writer);
    }

    public void Read(ByteReader reader)
    {
        _state.ReadHeader(reader, new EventTime(reader.ReadSigned()));
        _state.ReadRow(Row, reader);
        _state.EndRead();
        RemoveExpired();
    }

    private void RemoveExpired()
    {
        while (_state.TryExpire(out _))
        {
        }
    }
}
