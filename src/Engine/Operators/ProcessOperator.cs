namespace Weir.Engine.Operators;

using Weir.Engine.Codecs;
using Weir.Engine.Graph;
using Weir.Engine.State;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Engine.Timers;

/// <summary>A function with keyed state and timers, for a key group.</summary>
internal sealed class ProcessOperator<TKey, TIn, TOut> : KeyedOperator<TKey, TOut>, IKeyContext<TKey, TOut>
    where TKey : notnull
{
    private readonly ProcessNode<TKey, TIn, TOut> _node;
    private readonly KeyedProcess<TKey, TIn, TOut> _function;
    private readonly CurrentRow _current = new();
    private readonly StateColumn[] _columns;
    private readonly RowTimerService _timers;
    private readonly Dictionary<object, object> _sides = [];

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

    public override void Apply(Slice slice, int from, int to)
    {
        var events = (Slice<TIn>)slice;
        for (int i = from; i < to; i++)
        {
            TIn value = events.Values[i];
            TKey key = _node.Key.Of(value);
            Begin(RowOf(key), events.Times[i]);
            try
            {
                _function.OnEvent(value, this);
            }
            catch (Exception fault) when (fault is not OperatorFailedException)
            {
                throw new OperatorFailedException(_node.Name, key, Time, fault);
            }

            RemoveRowIfEmpty(_current.Row);
        }
    }

    protected override void OnTimer(DueTimer timer, TimeDomain domain)
    {
        Begin(timer.Owner, domain == TimeDomain.Event ? timer.Time : EventTime.None);
        FiredTimer fired = _timers.Fired(timer, domain);
        try
        {
            _function.OnTimer(fired, this);
        }
        catch (Exception fault) when (fault is not OperatorFailedException)
        {
            throw new OperatorFailedException(_node.Name, Key, timer.Time, fault);
        }

        RemoveRowIfEmpty(timer.Owner);
    }

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
        {
            writer.WriteBool(!column.IsEmpty(row));
            if (!column.IsEmpty(row))
                column.Write(row, writer);
        }

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

        int names = _timers.NameCount;
        _timers.Count(row, timers.Event.Read(row, names, reader) + timers.Clock.Read(row, names, reader));
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

    private StateColumn ColumnOf(StateSlot slot)
    {
        foreach (StateColumn column in _columns)
        {
            if (ReferenceEquals(column.Slot, slot))
                return column;
        }

        throw new InvalidOperationException(
            $"The state '{slot.Name}' is not among the slots of '{_node.Name}': make it a static field of the "
            + "function, or name it in Slots.");
    }
}
