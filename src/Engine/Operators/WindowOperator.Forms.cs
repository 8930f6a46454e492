namespace Weir.Engine.Operators;

using Weir.Engine.Codecs;
using Weir.Engine.Snapshots;
using Weir.Engine.Time;
using Weir.Engine.Timers;
using Weir.Engine.Windows;

/// <content>
/// From rows and timers to tables, and back. Invariant: either form holds the same panes under the same numbers, and all
/// of them have one form, except while a segment is read.
/// </content>
internal sealed partial class WindowOperator<TKey, TIn, TOut>
{
    private readonly List<StoredTimer> _timersOfPane = [];
    private readonly ByteWriter _moved = new();
    private readonly ByteReader _movedReader = new();

    /// <summary>Moves the panes of a row that was read into tables, if they are such as belong there.</summary>
    /// <param name="row">The row; it is removed if they do.</param>
    /// <param name="timers">Gathered timers; those of the row are taken out if they do.</param>
    /// <param name="from">Where those of the row begin.</param>
    private bool TryTakeOver(int row, OwnedTimers timers, int from)
    {
        TKey key = Keys.Key(row);
        uint hash = Keys.Hash(row);
        if (!AreWhole(row, timers.Gathered[from..]))
            return false;
        foreach ((int pane, StoredTimer timer) in timers.Gathered[from..])
        {
            OwnedTimers.CheckNumber(timer, EventTimers);
            WindowTable<TKey, TIn, TOut> table = _tables!.TableOf(_panes.Window(pane))!;
            int to = _tables.Restore(table, (key, hash), Keys.Birth(row), timer.Sequence);
            Move((_contents, pane), (table.Contents, to));
            ClearPane(pane);
            EventTimers.Remove(timer.Time, pane, timer.Tag);
            _panes.Close(pane);
        }

        timers.Forget(from);
        Keys.Remove(row);
        if (_panes.Count == 0)
            _panes.Reset();
        return true;
    }

    private bool AreWhole(int row, ReadOnlySpan<(int Owner, StoredTimer Timer)> timers)
    {
        int count = 0;
        int opened = _tables!.Open.Count;
        for (int pane = _panes.First(row); pane >= 0; pane = _panes.Next(pane), count++)
        {
            TimeRange window = _panes.Window(pane);
            bool isWhole = count < timers.Length
                && timers[count].Owner == pane
                && timers[count].Timer.Time == window.MaxTimestamp
                && window == _tumbling!.WindowOf(window.Start)
                && !_contents.IsEmpty(pane);
            if (!isWhole)
                return false;
            opened += _tables.IsOpen(window) ? 0 : 1;
        }

        return count > 0 && count == timers.Length && opened <= WindowTables<TKey, TIn, TOut>.MostOpen;
    }

    /// <summary>Moves all panes into tables, if all of them are such as belong there.</summary>
    private void ReturnToTables()
    {
        FinishCopying();
        _tables = NewTables();
        var timers = new OwnedTimers();
        int[] rows = Keys.InOrder();
        bool areWhole = ClockTimers.Count == 0 && Array.TrueForAll(rows, row => AreWhole(row, Gather(row, timers)));
        foreach (int row in areWhole ? rows : [])
        {
            Gather(row, timers);
            TryTakeOver(row, timers, 0);
        }

        if (areWhole)
            NeedsBase = true;
        else
            _tables = null;
    }

    private ReadOnlySpan<(int Owner, StoredTimer Timer)> Gather(int row, OwnedTimers timers)
    {
        timers.Forget(0);
        for (int pane = _panes.First(row); pane >= 0; pane = _panes.Next(pane))
        {
            EventTimers.CopyOwned(pane, _timersOfPane);
            foreach (StoredTimer timer in _timersOfPane)
                timers.Add(pane, timer);
        }

        return timers.Gathered;
    }

    /// <summary>Gives each key a row and each pane a timer again.</summary>
    private void LeaveTables(OwnedTimers timers)
    {
        var panes = new List<(WindowTable<TKey, TIn, TOut> Table, int Pane)>();
        foreach (WindowTable<TKey, TIn, TOut> table in _tables!.Open)
            panes.AddRange(Enumerable.Range(0, table.Count).Select(pane => (table, pane)));
        panes.Sort(static (left, right) => left.Table.Sequence(left.Pane).CompareTo(right.Table.Sequence(right.Pane)));
        (_tables, _table) = (null, null);
        foreach ((WindowTable<TKey, TIn, TOut> table, int from) in panes)
        {
            int row = Keys.Find(table.Key(from), table.Hash(from));
            if (row < 0)
                row = Keys.Add(table.Key(from), table.Hash(from), table.Birth(from));
            int pane = _panes.Open(row, table.Window);
            Move((table.Contents, from), (_contents, pane));
            timers.Add(pane, new StoredTimer(table.Last, _panes.Generation(pane), table.Sequence(from)));
        }
    }

    private void Move(
        (WindowContents<TKey, TIn, TOut> Contents, int Pane) from, (WindowContents<TKey, TIn, TOut> Contents, int Pane) to)
    {
        _moved.Clear();
        from.Contents.Write(from.Pane, _moved);
        _movedReader.Reset(_moved.WrittenMemory);
        to.Contents.Read(to.Pane, _movedReader);
    }
}
