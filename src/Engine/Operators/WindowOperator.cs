namespace Weir.Engine.Operators;

using Weir.Engine.Codecs;
using Weir.Engine.Graph;
using Weir.Engine.State;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Engine.Timers;
using Weir.Engine.Windows;

/// <summary>
/// Windows of a key group. A pane is one window of one key; it is opened by its first event, fires when its trigger
/// says so, and is closed when the watermark reaches its last instant plus the allowed lateness.
/// Invariant: an open pane has a cleanup timer, unless that lies at the end of time, and is not late.
/// </summary>
/// <remarks>
/// Size 60 s, lateness 10 s: an event at 61 s opens [60 s, 120 s); the watermark 119.999 s fires it; an event at 70 s
/// that comes now fires it again, with the whole new result; the watermark 129.999 s closes it; an event at 70 s that
/// comes then is late. Source: Flink's WindowOperator.
/// </remarks>
internal sealed partial class WindowOperator<TKey, TIn, TOut> : GuardedOperator<TKey, TIn, TOut>, ITriggerContext
    where TKey : notnull
{
    private readonly WindowNode<TKey, TIn, TOut> _node;
    private readonly WindowAssigner _assigner;
    private readonly IEventAssigner<TIn>? _byEvent;
    private readonly Trigger _trigger;
    private readonly bool _looksAtEvents;
    private readonly bool _plain;
    private readonly bool _eventTime;
    private readonly TriggerCells _cells;
    private readonly long?[] _combined;
    private readonly WindowContents<TKey, TIn, TOut> _contents;
    private readonly Func<TIn, TKey> _key;
    private readonly long _lateness;
    private readonly Receiver<TIn>? _late;
    private readonly WindowSlots _state;
    private readonly CodecRegistry _codecs;
    private readonly WindowContext<TKey, TOut> _context;
    private readonly bool _forgets;
    private readonly PaneTable _panes = new();
    private readonly List<TimeRange> _assigned = [];
    private readonly List<int> _merging = [];
    private int _pane = -1;

    public WindowOperator(WindowNode<TKey, TIn, TOut> node, Stage stage)
        : base(node, stage)
    {
        _node = node;
        _assigner = node.Spec.Assigner;
        _byEvent = _assigner as IEventAssigner<TIn>;
        _trigger = node.Trigger;
        _looksAtEvents = _trigger.EventType is not null;
        _eventTime = node.Spec.IsEventTime;
        _plain = _trigger is EventTimeTrigger && _eventTime;
        _tumbling = _plain ? _assigner as TumblingWindows : null;
        _cells = new TriggerCells(_trigger.Cells);
        _combined = new long?[_trigger.Cells];
        _lateness = node.Spec.LatenessMilliseconds;
        _contents = node.CreateContents(stage.Plan.Codecs);
        _key = node.Key.Of;
        _late = node.Late?.Receivers(stage);
        _state = new WindowSlots(node.Name, node.Slots, stage.Plan.Codecs, _assigner.Merges);
        _codecs = stage.Plan.Codecs;
        _mayHaveTables = stage.Plan.HasWindowTables && _tumbling is not null && node.IsPlain && _contents.GivesOneResult;
        _tables = _mayHaveTables ? NewTables() : null;
        _forgets = _assigner is GlobalWindow && !_trigger.UsesTimers;
        _context = new WindowContext<TKey, TOut>
        {
            Operator = this,
            Output = Output,
            Sides = new SideReceivers(node.Name, node.Sides, stage),
            State = _state,
            Shown = View is ViewColumn<TOut> results
                ? result => results.Set(_panes.KeyRow(_pane), _panes.Window(_pane), result)
                : null,
        };
    }

    TimeRange ITriggerContext.Window => _panes.Window(_pane);

    long? ITriggerContext.this[int cell]
    {
        get => _cells.Get(_pane, cell);
        set => _cells.Set(_pane, cell, value);
    }

    void ITriggerContext.Register(EventTime time, TimeDomain domain) =>
        TimersOf(domain).Add(time, _pane, _panes.Generation(_pane));

    void ITriggerContext.Delete(EventTime time, TimeDomain domain)
    {
        if (domain != CleanupDomain || time != CleanupTime(_panes.Window(_pane)))
            TimersOf(domain).Remove(time, _pane, _panes.Generation(_pane));
    }

    // How far the clock that the windows go by has come: timers up to here have fired.
    private EventTime Now => _eventTime ? Watermark : DueClock;

    private TimeDomain CleanupDomain => _eventTime ? TimeDomain.Event : TimeDomain.Processing;

    private TimerQueue CleanupTimers => _eventTime ? EventTimers : ClockTimers;

    public override EventTime NextClockTimer => EventTime.Min(base.NextClockTimer, _state.NextExpiry);

    public override bool WaitsForClock => base.WaitsForClock || _state.NextExpiry != EventTime.MaxValue;

    protected override TKey KeyOf(in TIn value) => _key(value);

    protected override int Foresee(ReadOnlySpan<int> rows)
    {
        Span<int> panes = stackalloc int[ReadAhead.Width];
        panes = panes[..rows.Length];
        return _panes.Foresee(rows, panes) ^ _contents.Foresee(panes);
    }

    protected override void OnClock()
    {
        if (IsCopying && _state.ChangesBy(Clock))
            FinishCopying();
        NeedsBase |= _state.AdvanceClock(Clock);
        RemoveExpired();
    }

    protected override void OnDueTimer(DueTimer timer, TimeDomain domain)
    {
        _pane = timer.Owner;
        Act(domain == TimeDomain.Event
            ? _trigger.OnEventTime(timer.Time, this)
            : _trigger.OnProcessingTime(timer.Time, this));
        if (IsCleanup(timer, domain))
            ClosePane(timer.Owner);
    }

    protected override void OnEvent(int row, in TIn value, EventTime time)
    {
        if (_tumbling is not null && time.HasValue)
        {
            OnTumblingEvent(row, in value, time);
            return;
        }

        if (_eventTime && !time.HasValue)
            throw NoTimestamp();
        _assigned.Clear();
        EventTime at = _eventTime ? time : Clock;
        if (_byEvent is null)
            _assigner.Assign(at, _assigned);
        else
            _byEvent.Assign(value, at, _assigned);
        bool accepted = false;
        foreach (TimeRange window in _assigned)
        {
            int pane = _assigner.Merges ? SessionPane(row, window) : FixedPane(row, window);
            if (pane < 0)
                continue;
            accepted = true;
            _contents.Add(pane, in value, time);
            _pane = pane;
            Act(_plain ? OnPaneEvent(pane) : Ask(in value, time));
        }

        if (accepted)
            return;
        // All its windows are past; of a point window [t, t) that is so at t - 1 ms. An event between windows has none.
        if (_eventTime && (_assigned.Count > 0 || time.Plus(_lateness) <= Watermark))
            TellLate(in value, time);
        RemoveRowIfEmpty(row);
    }

    private static InvalidOperationException NoTimestamp() =>
        new("The event has no timestamp, and event-time windows need one.");

    private void TellLate(in TIn value, EventTime time)
    {
        _late?.OnEvent(in value, time);
        LateEvents++;
    }

    private TriggerResult Ask(in TIn value, EventTime time) => _looksAtEvents
        ? _trigger.OnValue(in value, time, this)
        : _trigger.OnEvent(time, this);

    // The default trigger has set its timer when the pane was opened; only lateness is left to look at.
    private TriggerResult OnPaneEvent(int pane) =>
        _panes.Window(pane).MaxTimestamp <= Watermark ? TriggerResult.Fire : TriggerResult.Continue;

    private int FixedPane(int row, TimeRange window)
    {
        int pane = _panes.Find(row, window);
        if (pane >= 0)
            return pane;
        return IsLate(window) ? -1 : OpenPane(row, window);
    }

    /// <summary>
    /// The session that an event's own window becomes part of. The panes that it touches are merged into the first of
    /// them, so lateness is decided on the merged window: an event whose own window is past can still join.
    /// </summary>
    private int SessionPane(int row, TimeRange window)
    {
        _merging.Clear();
        TimeRange cover = window;
        for (int pane = _panes.First(row); pane >= 0; pane = _panes.Next(pane))
        {
            if (!_panes.Window(pane).Intersects(window))
                continue;
            _merging.Add(pane);
            cover = cover.Cover(_panes.Window(pane));
        }

        if (_merging.Count == 0)
            return IsLate(window) ? -1 : OpenPane(row, window);
        if (_merging.Count == 1 && _panes.Window(_merging[0]) == cover)
            return _merging[0];
        return MergePanes(cover);
    }

    private int MergePanes(TimeRange cover)
    {
        int into = _merging[0];
        CombineCells();
        foreach (int pane in _merging)
        {
            _pane = pane;
            _trigger.Clear(this);
            _cells.Clear(pane);
            CleanupTimers.Remove(CleanupTime(_panes.Window(pane)), pane, _panes.Generation(pane));
            if (pane == into)
                continue;
            _contents.Merge(into, pane);
            _panes.Close(pane);
        }

        _panes.SetWindow(into, cover);
        for (int cell = 0; cell < _combined.Length; cell++)
            _cells.Set(into, cell, _combined[cell]);
        _pane = into;
        _trigger.OnMerge(this);
        if (CleanupTime(cover) != EventTime.MaxValue)
            CleanupTimers.Add(CleanupTime(cover), into, _panes.Generation(into));
        return into;
    }

    private void CombineCells()
    {
        for (int cell = 0; cell < _combined.Length; cell++)
        {
            long? combined = null;
            foreach (int pane in _merging)
            {
                if (_cells.Get(pane, cell) is { } value)
                    combined = combined is { } other ? _trigger.Combine(cell, other, value) : value;
            }

            _combined[cell] = combined;
        }
    }

    private int OpenPane(int row, TimeRange window)
    {
        int pane = _panes.Open(row, window);
        int generation = _panes.Generation(pane);
        EventTime cleanup = CleanupTime(window);
        if (cleanup != EventTime.MaxValue)
            CleanupTimers.AddNew(cleanup, pane, generation);
        if (!_plain)
            return pane;
        bool cleanupFires = cleanup == window.MaxTimestamp && cleanup != EventTime.MaxValue;
        if (window.MaxTimestamp > Watermark && !cleanupFires)
            EventTimers.AddNew(window.MaxTimestamp, pane, generation);
        return pane;
    }

    private void Act(TriggerResult result)
    {
        if (result == TriggerResult.Continue)
            return;
        bool fires = (result & TriggerResult.Fire) != 0 && !_contents.IsEmpty(_pane);
        if (fires)
        {
            Begin(isClosing: false);
            _contents.Emit(_pane, _context);
        }

        if ((result & TriggerResult.Purge) == 0)
            return;
        if (fires)
            KeepForView(_pane);
        _contents.Clear(_pane);
        if (_forgets)
            ForgetIfEmpty(_pane);
    }

    private void Begin(bool isClosing)
    {
        int row = _panes.KeyRow(_pane);
        _context.Begin(Keys.Key(row), _panes.Window(_pane), (row, _pane), isClosing);
    }

    private void KeepForView(int pane)
    {
        if (View is not null && !_contents.IsEmpty(pane))
            _contents.KeepForView(pane, (_panes.KeyRow(pane), _panes.Window(pane)), View);
    }

    // The global window is never closed: a key whose window holds nothing and waits for nothing must not stay for it.
    private void ForgetIfEmpty(int pane)
    {
        if (!_cells.IsEmpty(pane) || !_state.IsWindowEmpty(pane))
            return;
        int row = _panes.KeyRow(pane);
        _panes.Close(pane);
        RemoveRowIfEmpty(row);
    }

    private void RemoveExpired()
    {
        while (_state.TryExpireOfKey(out int row))
        {
            Keys.Touch(row);
            RemoveRowIfEmpty(row);
        }

        while (_state.TryExpireOfWindow(out int pane))
        {
            Keys.Touch(_panes.KeyRow(pane));
            if (_assigner is GlobalWindow && _contents.IsEmpty(pane))
                ForgetIfEmpty(pane);
        }
    }

    private void ClosePane(int pane)
    {
        int row = _panes.KeyRow(pane);
        KeepForView(pane);
        _contents.Clear(pane);
        _pane = pane;
        if (!_plain || _panes.Window(pane).MaxTimestamp > Watermark)
            _trigger.Clear(this);
        _cells.Clear(pane);
        Begin(isClosing: true);
        _contents.Close(_context);
        _state.ClearWindow(pane);
        _panes.Close(pane);
        RemoveRowIfEmpty(row);
    }

    private EventTime CleanupTime(TimeRange window) =>
        _eventTime ? window.MaxTimestamp.Plus(_lateness) : window.MaxTimestamp;

    private bool IsLate(TimeRange window) => _eventTime && CleanupTime(window) <= Watermark;
}
