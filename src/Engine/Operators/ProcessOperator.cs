namespace Weir.Engine.Operators;

using Weir.Engine.Codecs;
using Weir.Engine.Graph;
using Weir.Engine.State;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Engine.Timers;

/// <summary>A function with keyed state and timers, for a key group.</summary>
internal sealed class ProcessOperator<TKey, TIn, TOut> : GuardedOperator<TKey, TIn, TOut>, IKeyContext<TKey, TOut>
    where TKey : notnull
{
    private readonly ProcessNode<TKey, TIn, TOut> _node;
    private readonly KeyedProcess<TKey, TIn, TOut> _function;
    private readonly CurrentRow _current = new();
    private readonly StateColumn[] _columns;
    private readonly RowTimerService _timers;
    private readonly Dictionary<object, object> _sides = [];
    private readonly List<(StateColumn Column, int At)> _touched = [];

    public ProcessOperator(ProcessNode<TKey, TIn, TOut> node, Stage stage)
        : base(node, stage)
    {
        _node = node;
        _function = node.Function;
        _columns = [.. node.Slots.Select(slot => slot.CreateColumn(stage.Plan.Codecs, _current))];
        _timers = new RowTimerService(EventTimers, ClockTimers, _current);
        foreach (ISideOfProcess side in node.Sides)
            _sides.Add(side.Output, side.Receivers(stage));
    }

    public TKey Key => Keys.Key(_current.Row);

    public EventTime Time { get; private set; }

    public ITimers Timers => _timers;

    public IValueState<T> State<T>(ValueSlot<T> slot) => (ValueColumn<T>)ColumnOf(slot);

    public IListState<T> State<T>(ListSlot<T> slot) => (ListColumn<T>)ColumnOf(slot);

    public IMapState<TMapKey, TValue> State<TMapKey, TValue>(MapSlot<TMapKey, TValue> slot)
        where TMapKey : notnull => (MapColumn<TMapKey, TValue>)ColumnOf(slot);

    public void Emit(TOut result)
    {
        Output.OnEvent(in result, Time);
        if (View is ViewColumn<TOut> view)
            view.Set(_current.Row, TimeRange.All, result);
    }

    public void Emit<T>(SideOutput<T> side, T value)
    {
        if (!_sides.TryGetValue(side, out object? receiver))
            throw new InvalidOperationException(
                $"The side output '{side.Name}' of '{_node.Name}' is not taken: add .Side(...) to the operator, or do "
                + "not emit to it.");
        ((Receiver<T>)receiver).OnEvent(in value, Time);
    }

    protected override TKey KeyOf(in TIn value) => _node.Key.Of(value);

    protected override void OnEvent(int row, in TIn value, EventTime time)
    {
        Begin(row, time);
        _function.OnEvent(value, this);
        RemoveRowIfEmpty(row);
    }

    protected override void OnDueTimer(DueTimer timer, TimeDomain domain)
    {
        Begin(timer.Owner, domain == TimeDomain.Event ? timer.Time : EventTime.None);
        FiredTimer fired = _timers.Fired(timer, domain);
        _function.OnTimer(fired, this);
        RemoveRowIfEmpty(timer.Owner);
    }

    protected override int RowOfTimer(int owner, int tag) => owner;

    // State is saved when a function first asks for it: most functions touch little of what they own.
    protected override void SaveRow(int row) => _touched.Clear();

    protected override void UndoRow(int row, ByteReader reader)
    {
        foreach ((StateColumn column, int at) in _touched)
        {
            column.Clear(row);
            reader.Reset(Undo!.WrittenMemory[at..]);
            if (reader.ReadBool())
                column.Read(row, reader);
        }
    }

    protected override void OnTimerUndone(bool wasAdded, int owner, StoredTimer timer, TimeDomain domain) =>
        _timers.Undone(wasAdded, owner, timer, domain);

    protected override void KeepTimer(DueTimer timer, TimeDomain domain) => _timers.Keep(timer, domain);

    protected override void DropTimer(DueTimer timer, TimeDomain domain) => _timers.Fired(timer, domain);

    protected override string StateSchema =>
        $"state [{string.Join(", ", _columns.Select(column => $"{column.Slot.Name}: {column.Schema}"))}]";

    protected override bool IsRowEmpty(int row) =>
        !_timers.HasAny(row) && Array.TrueForAll(_columns, column => column.IsEmpty(row));

    protected override void WriteShared(ByteWriter writer)
    {
        _timers.WriteNames(writer);
    }

    protected override void ReadShared(ByteReader reader)
    {
        _timers.ReadNames(reader);
    }

    protected override void WriteRow(int row, ByteWriter writer, RowTimers timers)
    {
        foreach (StateColumn column in _columns)
            WriteColumn(column, row, writer);

        timers.Event.Write(row, writer);
        timers.Clock.Write(row, writer);
    }

    protected override void ReadRow(int row, ByteReader reader, RowTimers timers)
    {
        foreach (StateColumn column in _columns)
        {
            if (reader.ReadBool())
                column.Read(row, reader);
        }

        _timers.Count(row, timers.Event.Read(row, reader) + timers.Clock.Read(row, reader));
    }

    protected override void AfterRead() => _timers.FindNamed();

    protected override void InspectRow(
        int row, List<OpenWindow> windows, List<PendingTimer> timers, List<HeldState> state)
    {
        timers.AddRange(_timers.Pending(row));
        state.AddRange(_columns
            .Where(column => !column.IsEmpty(row))
            .Select(column => new HeldState(column.Slot.Name, column.Describe(row))));
    }

    protected override ViewReading? ReadView(int row) => View?.IsEmpty(row) == false
        ? new ViewReading(View.Encode(row), null, Watermark == EventTime.MaxValue, Watermark)
        : null;

    private void Begin(int row, EventTime time)
    {
        _current.Row = row;
        Time = time;
    }

    private static void WriteColumn(StateColumn column, int row, ByteWriter writer)
    {
        writer.WriteBool(!column.IsEmpty(row));
        if (!column.IsEmpty(row))
            column.Write(row, writer);
    }

    private void Save(StateColumn column, ByteWriter undo)
    {
        int at = undo.Length;
        WriteColumn(column, _current.Row, undo);
        _touched.Add((column, at));
    }

    private StateColumn ColumnOf(StateSlot slot)
    {
        foreach (StateColumn column in _columns)
        {
            if (!ReferenceEquals(column.Slot, slot))
                continue;
            if (Undo is { } undo && !_touched.Exists(each => ReferenceEquals(each.Column, column)))
                Save(column, undo);
            return column;
        }

        throw new InvalidOperationException(
            $"The state '{slot.Name}' is not among the slots of '{_node.Name}': make it a static field of the "
            + "function, or name it in Slots.");
    }
}
