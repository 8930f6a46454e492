namespace Weir.Engine.Operators;

using System.Runtime.InteropServices;
using Weir.Engine.Snapshots;
using Weir.Engine.State;
using Weir.Engine.Time;
using Weir.Engine.Timers;
using Weir.Engine.Windows;

/// <content>
/// Tumbling windows that fire once and go, all their panes together: those of the default trigger, without lateness,
/// view, error handling and state, whose function gives one result. A pane of theirs is found in the table of its window,
/// without a row for its key and without a timer. Invariant: results, numbers and segments are those of
/// <see cref="OnTumblingEvent"/>, which takes over where there are too many open windows at once, or where a segment has
/// panes of another kind; until few windows are open, and all of them are such.
/// </content>
internal sealed partial class WindowOperator<TKey, TIn, TOut>
{
    private readonly bool _mayHaveTables;
    private WindowTables<TKey, TIn, TOut>? _tables;

    // That of the event before.
    private WindowTable<TKey, TIn, TOut>? _table;

    public override int Rows => base.Rows + (_tables?.Keys ?? 0);

    public override bool HasChanges => base.HasChanges || _tables?.HasChanges == true;

    public override EventTime NextEventTimer => _tables?.Next ?? base.NextEventTimer;

    protected override void EndCapture()
    {
        base.EndCapture();
        _tables?.EndCapture();
    }

    public override void AdvanceWatermark(EventTime watermark)
    {
        if (_tables is not null)
        {
            Watermark = watermark;
            while (_tables.Open.Count > 0 && _tables.Next <= watermark)
                Fire(_tables.Open[0]);
            return;
        }

        int times = EventTimers.Times;
        base.AdvanceWatermark(watermark);
        bool hasFew = EventTimers.Times < times && EventTimers.Times <= WindowTables<TKey, TIn, TOut>.FewOpen;
        if (_mayHaveTables && hasFew)
            ReturnToTables();
    }

    protected override int ApplyOthers(Slice<TIn> events, int from, int to)
    {
        while (from < to && _tables is not null)
        {
            for (int end = Math.Min(to, LookAt(events, from)); from < end; from++)
            {
                (TKey Key, uint Hash) key = LookedAt(from);
                try
                {
                    if (!TryAdd(key, in events.Values[from], events.Times[from]))
                        return from;
                }
                catch (Exception fault) when (fault is not OperatorFailedException)
                {
                    throw Failed(key.Key, events, from, fault);
                }
            }
        }

        return from;
    }

    protected override void LookAhead(ReadOnlySpan<uint> hashes)
    {
        if (_tables is null)
            base.LookAhead(hashes);
        else if (_table?.Count >= ReadAhead.FewestKeys)
            Foreseen = _table.Foresee(hashes);
    }

    /// <summary>False if there are no tables any more: the event has not been added then.</summary>
    private bool TryAdd((TKey Key, uint Hash) key, in TIn value, EventTime time)
    {
        if (key.Key is null)
            throw NoKey();
        if (!time.HasValue)
            throw NoTimestamp();
        if (_table?.Holds(time) != true && !TryOpen(time))
            return false;
        if (_table is not null)
        {
            _table.Contents.Add(_tables!.PaneOf(_table, key.Key, key.Hash), in value, time);
            return true;
        }

        _tables!.Pass(key.Key, key.Hash);
        TellLate(in value, time);
        return true;
    }

    /// <summary>
    /// Goes to the table of a timestamp, or to none if its window is late; false if there are no tables any more.
    /// </summary>
    private bool TryOpen(EventTime time)
    {
        TimeRange window = _tumbling!.WindowOf(time);
        _table = null;
        if (IsLate(window))
            return true;
        _table = _tables!.TableOf(window);
        if (_table is not null)
            return true;
        var timers = new OwnedTimers();
        LeaveTables(timers);
        timers.RestoreTo(EventTimers);
        NeedsBase = true;
        return false;
    }

    /// <summary>Adds the first partials of a run, which belong to one window.</summary>
    /// <returns>The first that was not added.</returns>
    private int AddToTable(Slice slice, int from, int to)
    {
        EventTime time = slice.Times[from];
        if (!TryOpen(time))
            return from;
        TimeRange window = _table?.Window ?? _tumbling!.WindowOf(time);
        int end = from + 1;
        while (end < to && slice.Times[end] >= window.Start && slice.Times[end] < window.End)
            end++;
        (_table?.Contents ?? _contents).AddPartials(slice, from, end, this);
        return end;
    }

    private ReadOnlySpan<int> PaneInTable(TKey key, uint hash, int events)
    {
        if (key is null)
            throw NoKey();
        _partialPanes.Clear();
        if (_table is not null)
        {
            _partialPanes.Add(_tables!.PaneOf(_table, key, hash));
        }
        else
        {
            _tables!.Pass(key, hash);
            LateEvents += events;
        }

        return CollectionsMarshal.AsSpan(_partialPanes);
    }

    private void Fire(WindowTable<TKey, TIn, TOut> table)
    {
        int[]? order = table.Order();
        for (int at = 0; at < table.Count; at++)
            Fire(table, order is null ? at : order[at]);
        _table = null;
        _tables!.Close(table);
    }

    private void Fire(WindowTable<TKey, TIn, TOut> table, int pane)
    {
        _context.Begin(table.Key(pane), table.Window, default, isClosing: false);
        try
        {
            table.Contents.Emit(pane, _context);
        }
        catch (Exception fault) when (fault is not OperatorFailedException)
        {
            throw new OperatorFailedException(Call(table.Key(pane), table.Last, null) with { IsTimer = true }, fault);
        }
    }

    private WindowTables<TKey, TIn, TOut> NewTables() =>
        new(Keys, EventTimers, () => _node.CreateContents(_codecs));
}
