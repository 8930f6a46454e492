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

    void Write(ByteWriter writer);

    void Read(ByteReader reader);
}

/// <summary>A function with state in one partition of a source. The columns have one row, the partition's.</summary>
internal sealed class PartitionOperator<TIn, TOut> : Receiver<TIn>, IPartitionContext<TOut>, IStageState
{
    private const int Row = 0;
    private readonly PartitionNode<TIn, TOut> _node;
    private readonly Receiver<TOut> _output;
    private readonly StateColumn[] _columns;

    public PartitionOperator(PartitionNode<TIn, TOut> node, Stage stage)
    {
        _node = node;
        _output = node.Receivers(stage);
        var current = new CurrentRow { Row = Row };
        _columns = [.. node.Slots.Select(slot => slot.CreateColumn(stage.Plan.Codecs, current))];
        Topic = ((ISourceNode)stage.Plan.Graph.Nodes[stage.Head]).Topic.Name;
        Partition = stage.Instance;
    }

    public string Name => _node.Name;

    public string Topic { get; }

    public int Partition { get; }

    public EventTime Time { get; private set; }

    public IValueState<T> State<T>(ValueSlot<T> slot) => (IValueState<T>)ColumnOf(slot);

    public IListState<T> State<T>(ListSlot<T> slot) => (IListState<T>)ColumnOf(slot);

    public IMapState<TMapKey, TValue> State<TMapKey, TValue>(MapSlot<TMapKey, TValue> slot)
        where TMapKey : notnull => (IMapState<TMapKey, TValue>)ColumnOf(slot);

    public void Emit(TOut result) => _output.OnEvent(in result, Time);

    public override void OnEvent(in TIn value, EventTime time)
    {
        Time = time;
        _node.Function.OnEvent(value, this);
    }

    public void Write(ByteWriter writer)
    {
        StateColumn[] held = [.. _columns.Where(column => !column.IsEmpty(Row))];
        writer.WriteVarint((ulong)held.Length);
        foreach (StateColumn column in held)
        {
            writer.WriteString(column.Slot.Name);
            writer.WriteString(column.Schema);
            int start = writer.BeginFrame();
            column.Write(Row, writer);
            writer.EndFrame(start);
        }
    }

    /// <summary>Reads the slots that the function still has; what belonged to others is left out.</summary>
    public void Read(ByteReader reader)
    {
        int count = reader.ReadCount(3);
        for (int i = 0; i < count; i++)
        {
            string? name = reader.ReadString();
            string? schema = reader.ReadString();
            int outer = reader.EnterFrame();
            if (Array.Find(_columns, column => column.Slot.Name == name) is { } column)
            {
                if (column.Schema != schema)
                    throw new CorruptDataException(
                        $"the state '{name}' of '{Name}' was written as {schema} and can not be read as "
                        + column.Schema);
                column.Read(Row, reader);
            }

            reader.LeaveFrame(outer);
        }
    }

    private StateColumn ColumnOf(StateSlot slot)
    {
        foreach (StateColumn column in _columns)
        {
            if (ReferenceEquals(column.Slot, slot))
                return column;
        }

        throw new InvalidOperationException(
            $"The state '{slot.Name}' is not among the slots of '{Name}': make it a static field of the function, or "
            + "name it in Slots.");
    }
}
