namespace Weir.Engine.Operators;

using Weir.Engine.Codecs;
using Weir.Engine.Graph;
using Weir.Engine.State;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Engine.Timers;

/// <summary>A function with keyed state and timers, for a key group.</summary>
internal partial class ProcessOperator<TKey, TIn, TOut>
    : GuardedOperator<TKey, TIn, TOut>, IKeyContext<TKey, TOut>
    where TKey : notnull
{
    private readonly ProcessNode<TKey, TIn, TOut> _node;
    private readonly KeyedProcess<TKey, TIn, TOut> _function;
    private readonly CurrentRow _current;
    private readonly StateTable _state;
    private readonly StateTable _shared;
    private readonly BroadcastMap[] _broadcast;
    private readonly int _group;
    private readonly JobPlan _plan;
    private readonly RowTimerService _timers;
    private readonly SideReceivers _sides;

    public ProcessOperator(ProcessNode<TKey, TIn, TOut> node, Stage stage)
        : base(node, stage)
    {
        _node = node;
        _function = node.Function;
        _group = stage.Instance;
        _plan = stage.Plan;
        _state = new StateTable(node.Name, [.. node.Slots.Where(slot => slot is not IBroadcastSlot)], stage.Plan.Codecs);
        _current = _state.Current;
        _shared = new StateTable(node.Name, [.. node.Slots.Where(slot => slot is IBroadcastSlot)], stage.Plan.Codecs);
        _shared.Current.Row = SharedRow;
        _broadcast = [.. node.Slots.OfType<IBroadcastSlot>().Select(slot => slot.CreateMap(_shared))];
        _timers = new RowTimerService(EventTimers, ClockTimers, _current);
        _sides = new SideReceivers(node.Name, node.Sides, stage);
    }

    public TKey Key => Keys.Key(_current.Row);

    public EventTime Time { get; private set; }

    public ITimers Timers => _timers;

    public override EventTime NextClockTimer => EventTime.Min(base.NextClockTimer, _state.NextExpiry);

    public override bool WaitsForClock => base.WaitsForClock || _state.WaitsForClock;

    public IValueState<T> State<T>(ValueSlot<T> slot) => (ValueColumn<T>)_state.Of(slot);

    public IListState<T> State<T>(ListSlot<T> slot) => (IListState<T>)_state.Of(slot);

    public IMapState<TMapKey, TValue> State<TMapKey, TValue>(MapSlot<TMapKey, TValue> slot)
        where TMapKey : notnull => (IMapState<TMapKey, TValue>)_state.Of(slot);

    public IReducingState<T> State<T>(ReducingSlot<T> slot) => (ReducingColumn<T>)_state.Of(slot);

    public IAggregatingState<TAdded, TResult> State<TAdded, TResult>(AggregatingSlot<TAdded, TResult> slot) =>
        (IAggregatingState<TAdded, TResult>)_state.Of(slot);

    public void Emit(TOut result)
    {
        Output.OnEvent(in result, Time);
        if (View is ViewColumn<TOut> view)
            view.Set(_current.Row, TimeRange.All, result);
    }

    public void Emit<T>(SideOutput<T> side, T value) => _sides.Emit(side, value, Time);

    protected override TKey KeyOf(in TIn value) => _node.Key.Of(value);

    protected override int Foresee(ReadOnlySpan<int> rows) => _state.Foresee(rows) ^ (View?.Foresee(rows) ?? 0);

    protected override void OnEvent(int row, in TIn value, EventTime time)
    {
        Begin(row, time);
        _function.OnEvent(value, this);
        RemoveRowIfEmpty(row);
    }

    protected override void OnDueTimer(DueTimer timer, TimeDomain domain)
    {
        FiredTimer fired = BeginTimer(timer, domain);
        _function.OnTimer(fired, this);
        RemoveRowIfEmpty(timer.Owner);
    }

    protected FiredTimer BeginTimer(DueTimer timer, TimeDomain domain)
    {
        Begin(timer.Owner, domain == TimeDomain.Event ? timer.Time : EventTime.None);
        return _timers.Fired(timer, domain);
    }

    protected void Begin(int row, EventTime time)
    {
        _current.Row = row;
        Time = time;
    }

    protected override int RowOfTimer(int owner, int tag) => owner;

    // State is saved when a function first asks for it: most functions touch little of what they own.
    protected override void SaveRow(int row) => _state.Begin(Undo!);

    protected override void UndoRow(int row, ByteReader reader) => _state.Undo(reader);

    protected override void OnTimerUndone(bool wasAdded, int owner, StoredTimer timer, TimeDomain domain) =>
        _timers.Undone(wasAdded, owner, timer, domain);

    protected override void KeepTimer(DueTimer timer, TimeDomain domain) => _timers.Keep(timer, domain);

    protected override void DropTimer(DueTimer timer, TimeDomain domain) => _timers.Fired(timer, domain);

    protected override void OnClock()
    {
        if (IsCopying && _state.ChangesBy(Clock))
            FinishCopying();
        NeedsBase |= _state.AdvanceClock(Clock);
        RemoveExpired();
    }

    // What a state looks like stands beside its name, so that each is matched alone.
    protected override string StateSchema => "state by name";

    protected override bool IsRowEmpty(int row) => !_timers.HasAny(row) && _state.IsEmpty(row);

    protected override IReadOnlyList<string> TimerNames => _timers.NamesInOrder;

    protected override void WriteSchema(ByteWriter writer)
    {
        _state.WriteHeader(writer);
        _shared.WriteHeader(writer);
        _state.WriteLifetimes(writer);
    }

    protected override void ReadSchema(ByteReader reader)
    {
        _state.ReadHeader(reader, Clock);
        _shared.ReadHeader(reader, Clock);
        StateTable.ReadLifetimes(reader);
    }

    protected override void ReadTimerNames(IReadOnlyList<string> names) => _timers.ReadNames(names);

    protected override void WriteShared(ByteWriter writer) => _shared.WriteRow(SharedRow, writer);

    protected override void ReadShared(ByteReader reader) => _shared.ReadRow(SharedRow, reader);

    protected override void WriteRow(int row, ByteWriter writer, RowTimers timers)
    {
        _state.WriteRow(row, writer);
        timers.Event.Write(row, writer);
        timers.Clock.Write(row, writer);
    }

    protected override void ReadRow(int row, ByteReader reader, RowTimers timers)
    {
        _state.ReadRow(row, reader);
        _timers.Count(row, timers.Event.Read(row, true, reader) + timers.Clock.Read(row, true, reader));

        // A key may have had nothing but state that was given up.
        RemoveRowIfEmpty(row);
    }

    // A shorter time to live than before can have made state expire.
    protected override void AfterRead()
    {
        _timers.FindNamed();
        _state.EndRead();
        RemoveExpired();
    }

    protected override void InspectRow(
        int row, List<OpenWindow> windows, List<PendingTimer> timers, List<HeldState> state)
    {
        timers.AddRange(_timers.Pending(row));
        state.AddRange(_state.Describe(row));
    }

    protected override ViewReading? ReadView(int row) => View?.IsEmpty(row) == false
        ? new ViewReading(View.Encode(row), null, Watermark == EventTime.MaxValue, Watermark)
        : null;

    private void RemoveExpired()
    {
        while (_state.TryExpire(out int row))
        {
            Keys.Touch(row);
            RemoveRowIfEmpty(row);
        }
    }
}
