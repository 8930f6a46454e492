namespace Weir.Engine.Operators;

using Weir.Engine.Codecs;
using Weir.Engine.Graph;
using Weir.Engine.Snapshots;
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
internal sealed class WindowOperator<TKey, TIn, TOut> : KeyedOperator<TKey, TOut>, ITriggerContext
    where TKey : notnull
{
    private readonly WindowNode<TKey, TIn, TOut> _node;
    private readonly WindowAssigner _assigner;
    private readonly IEventAssigner<TIn>? _byEvent;
    private readonly Trigger _trigger;
    private readonly bool _plain;
    private readonly bool _eventTime;
    private readonly TriggerCells _cells;
    private readonly long?[] _combined;
    private readonly WindowContents<TKey, TIn, TOut> _contents;
    private readonly Func<TIn, TKey> _key;
    private readonly long _lateness;
    private readonly Receiver<TIn>? _late;
    private readonly Action<TOut>? _shown;
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
        _eventTime = node.Spec.IsEventTime;
        _plain = _trigger is EventTimeTrigger && _eventTime;
        _cells = new TriggerCells(_trigger.Cells);
        _combined = new long?[_trigger.Cells];
        _lateness = node.Spec.LatenessMilliseconds;
        _contents = node.CreateContents(stage.Plan.Codecs);
        _key = node.Key.Of;
        _late = node.Late?.Receivers(stage);
        if (View is ViewColumn<TOut> results)
            _shown = result => results.Set(_panes.KeyRow(_pane), _panes.Window(_pane), result);
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

    // The clock that the windows go by.
    private EventTime Now => _eventTime ? Watermark : Clock;

    private TimeDomain CleanupDomain => _eventTime ? TimeDomain.Event : TimeDomain.Processing;

    private TimerQueue CleanupTimers => _eventTime ? EventTimers : ClockTimers;

    public override void Apply(Slice slice, int from, int to)
    {
        var events = (Slice<TIn>)slice;
        ReadOnlySpan<TIn> values = events.Values;
        ReadOnlySpan<EventTime> times = events.Times;
        for (int i = from; i < to; i++)
        {
            TKey key = _key(values[i]);
            try
            {
                OnEvent(key, in values[i], times[i]);
            }
            catch (Exception fault) when (fault is not OperatorFailedException)
            {
                throw new OperatorFailedException(_node.Name, key, times[i], fault);
            }
        }
    }

    protected override void OnTimer(DueTimer timer, TimeDomain domain)
    {
        _pane = timer.Owner;
        if (timer.Tag != _panes.Generation(_pane))
            return;
        TimeRange window = _panes.Window(_pane);
        try
        {
            Act(domain == TimeDomain.Event
                ? _trigger.OnEventTime(timer.Time, this)
                : _trigger.OnProcessingTime(timer.Time, this));
            if (domain == CleanupDomain && timer.Time == CleanupTime(window))
                ClosePane(_pane);
        }
        catch (Exception fault) when (fault is not OperatorFailedException)
        {
            throw new OperatorFailedException(_node.Name, Keys.Key(_panes.KeyRow(timer.Owner)), timer.Time, fault);
        }
    }

    protected override string StateSchema => _cells.Count == 0
        ? $"window {_contents.Schema}"
        : $"window {_contents.Schema}, {_cells.Count} cells of {_trigger.CellKind}";

    protected override bool IsRowEmpty(int row) => _panes.First(row) < 0;

    protected override void WriteRow(int row, ByteWriter writer, RowTimers timers)
    {
        int count = 0;
        for (int pane = _panes.First(row); pane >= 0; pane = _panes.Next(pane))
            count++;
        writer.WriteVarint((ulong)count);
        for (int pane = _panes.First(row); pane >= 0; pane = _panes.Next(pane))
        {
            TimeRange window = _panes.Window(pane);
            writer.WriteSigned(window.Start.Milliseconds);
            writer.WriteSigned(window.End.Milliseconds);
            writer.WriteBool(!_contents.IsEmpty(pane));
            if (!_contents.IsEmpty(pane))
                _contents.Write(pane, writer);
            _cells.Write(pane, writer);
            timers.Event.WriteTagged(pane, _panes.Generation(pane), writer);
            timers.Clock.WriteTagged(pane, _panes.Generation(pane), writer);
        }
    }

    protected override void ReadRow(int row, ByteReader reader, RowTimers timers)
    {
        int count = reader.ReadCount();
        for (int i = 0; i < count; i++)
        {
            var window = new TimeRange(new EventTime(reader.ReadSigned()), new EventTime(reader.ReadSigned()));
            if (_panes.Find(row, window) >= 0)
                throw new CorruptDataException($"the window {window} of a key is stored twice");
            int pane = _panes.Open(row, window);
            if (reader.ReadBool())
                _contents.Read(pane, reader);
            _cells.Read(pane, reader);
            timers.Event.Read(pane, 0, reader);
            timers.Clock.Read(pane, 0, reader);
        }
    }

    protected override void InspectRow(
        int row, List<OpenWindow> windows, List<PendingTimer> timers, List<HeldState> state)
    {
        for (int pane = _panes.First(row); pane >= 0; pane = _panes.Next(pane))
            windows.Add(new OpenWindow(_panes.Window(pane), Ask(pane, _contents.Describe)));
        foreach (TimeDomain domain in Enum.GetValues<TimeDomain>())
        {
            timers.AddRange(TimersOf(domain).All()
                .Where(each => _panes.KeyRow(each.Owner) == row && each.Timer.Tag == _panes.Generation(each.Owner))
                .Select(each => new PendingTimer(each.Timer.Time, domain, null)));
        }
    }

    protected override ViewReading? ReadView(int row)
    {
        if (View is null)
            return null;
        int newest = -1;
        for (int pane = _panes.First(row); pane >= 0; pane = _panes.Next(pane))
        {
            if (!_contents.IsEmpty(pane) && (newest < 0 || _panes.Window(pane).Start > _panes.Window(newest).Start))
                newest = pane;
        }

        bool kept = !View.IsEmpty(row);
        bool openIsNewer = newest >= 0 && (!kept || _panes.Window(newest).Start >= View.Window(row).Start);
        if (openIsNewer && Ask(newest, pane => _contents.Peek(pane, View)) is { } open)
            return new ViewReading(open, _panes.Window(newest), IsFinal: false, Watermark);
        if (!kept)
            return null;
        TimeRange window = View.Window(row);
        return new ViewReading(View.Encode(row), window, Now >= CleanupTime(window), Watermark);
    }

    // A query of an open window calls the user's aggregator too.
    private TAnswer Ask<TAnswer>(int pane, Func<int, TAnswer> question)
    {
        try
        {
            return question(pane);
        }
        catch (Exception fault)
        {
            throw new OperatorFailedException(
                _node.Name, Keys.Key(_panes.KeyRow(pane)), _panes.Window(pane).MaxTimestamp, fault);
        }
    }

    private void OnEvent(TKey key, in TIn value, EventTime time)
    {
        if (_eventTime && !time.HasValue)
            throw new InvalidOperationException("The event has no timestamp, and event-time windows need one.");
        int row = RowOf(key);
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
            Act(_plain ? OnPaneEvent(pane) : _trigger.OnEvent(time, this));
        }

        if (accepted)
            return;
        RemoveRowIfEmpty(row);
        if (!_eventTime || time.Plus(_lateness) > Watermark)
            return;
        LateEvents++;
        _late?.OnEvent(in value, time);
    }

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
        if ((result & TriggerResult.Fire) != 0 && !_contents.IsEmpty(_pane))
        {
            TKey key = Keys.Key(_panes.KeyRow(_pane));
            var firing = new Firing<TKey, TOut>(key, _panes.Window(_pane), this, Output, _shown);
            _contents.Emit(_pane, in firing);
        }

        if ((result & TriggerResult.Purge) != 0)
            _contents.Clear(_pane);
    }

    private void ClosePane(int pane)
    {
        int row = _panes.KeyRow(pane);
        if (View is not null && !_contents.IsEmpty(pane))
            _contents.KeepForView(pane, (row, _panes.Window(pane)), View);
        _contents.Clear(pane);
        _pane = pane;
        if (!_plain || _panes.Window(pane).MaxTimestamp > Watermark)
            _trigger.Clear(this);
        _cells.Clear(pane);
        _panes.Close(pane);
        RemoveRowIfEmpty(row);
    }

    private EventTime CleanupTime(TimeRange window) =>
        _eventTime ? window.MaxTimestamp.Plus(_lateness) : window.MaxTimestamp;

    private bool IsLate(TimeRange window) => _eventTime && CleanupTime(window) <= Watermark;
}
