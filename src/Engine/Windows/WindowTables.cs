namespace Weir.Engine.Windows;

using Weir.Engine.State;
using Weir.Engine.Time;
using Weir.Engine.Timers;

/// <summary>
/// The open windows of a key group, where each goes as a whole: a <see cref="WindowTable{TKey, TIn, TOut}"/> for each, in
/// order of their ends. Invariant: keys and panes have the numbers that they would have in a
/// <see cref="KeyTable{TKey}"/> and as timers, so that either form can go on from the other.
/// </summary>
/// <remarks>
/// A key that has panes of two windows has one number: it is looked for in the other windows when it comes into one, which
/// few open windows allow. Opened at 10 s, 20 s and, when the first has gone, again at 70 s, a key of windows of a minute
/// is numbered twice; with the first window still open at 70 s, once.
/// </remarks>
internal sealed class WindowTables<TKey, TIn, TOut>(
    KeyTable<TKey> keys, TimerQueue timers, Func<WindowContents<TKey, TIn, TOut>> contents)
    where TKey : notnull
{
    /// <summary>With more open windows than these, a table for each costs more than it saves.</summary>
    public const int MostOpen = 4;

    /// <summary>With no more open windows than these, it is worth while to come back to tables.</summary>
    public const int FewOpen = 2;

    private readonly List<WindowTable<TKey, TIn, TOut>> _open = [];
    private readonly List<(TKey Key, uint Hash)> _removed = [];
    private WindowTable<TKey, TIn, TOut>? _spare;

    /// <summary>The open windows, in order of their ends.</summary>
    public IReadOnlyList<WindowTable<TKey, TIn, TOut>> Open => _open;

    /// <summary>Number of keys.</summary>
    public int Keys { get; private set; }

    /// <summary>When the next window ends, or the maximum.</summary>
    public EventTime Next => _open.Count > 0 ? _open[0].Last : EventTime.MaxValue;

    /// <summary>Whether a key was touched or went since the last capture.</summary>
    public bool HasChanges => _removed.Count > 0 || _open.Exists(static table => table.HasTouched);

    /// <summary>Keys that the last capture had and that are gone.</summary>
    public IEnumerable<(TKey Key, uint Hash)> Removed => _removed.Where(each => !Has(each.Key, each.Hash));

    /// <summary>The table of a window, made if need be; null if there are too many already.</summary>
    public WindowTable<TKey, TIn, TOut>? TableOf(TimeRange window)
    {
        int at = 0;
        for (; at < _open.Count && _open[at].Window.Start <= window.Start; at++)
        {
            if (_open[at].Window == window)
                return _open[at];
        }

        if (_open.Count == MostOpen)
            return null;
        WindowTable<TKey, TIn, TOut> table = _spare ?? new(contents());
        _spare = null;
        table.Begin(window);
        _open.Insert(at, table);
        return table;
    }

    /// <summary>Touches the pane of a key, which is opened if need be.</summary>
    public int PaneOf(WindowTable<TKey, TIn, TOut> table, TKey key, uint hash)
    {
        int pane = table.FindOrOpen(key, hash, out bool isNew);
        if (isNew)
            Number(table, pane, keys.NextBirth, timers.NextSequence++);
        return pane;
    }

    /// <summary>Takes over a pane with the numbers that it has.</summary>
    public int Restore(WindowTable<TKey, TIn, TOut> table, (TKey Key, uint Hash) key, long birth, long sequence)
    {
        int pane = table.FindOrOpen(key.Key, key.Hash, out _);
        Number(table, pane, birth, sequence);
        return pane;
    }

    /// <summary>A key has come without an event that any window takes: it is numbered or touched all the same.</summary>
    public void Pass(TKey key, uint hash)
    {
        foreach (WindowTable<TKey, TIn, TOut> table in _open)
        {
            int pane = table.Find(key, hash);
            if (pane < 0)
                continue;
            table.Touch(pane);
            return;
        }

        keys.NextBirth++;
    }

    public bool IsOpen(TimeRange window) => _open.Exists(table => table.Window == window);

    public bool Has(TKey key, uint hash) => _open.Exists(table => table.Find(key, hash) >= 0);

    /// <summary>The panes of a key in the order in which they were opened.</summary>
    public void CopyPanes(TKey key, uint hash, List<(WindowTable<TKey, TIn, TOut> Table, int Pane)> into)
    {
        into.Clear();
        foreach (WindowTable<TKey, TIn, TOut> table in _open)
        {
            int pane = table.Find(key, hash);
            if (pane >= 0)
                into.Add((table, pane));
        }

        if (into.Count > 1)
            into.Sort(static (left, right) =>
                left.Table.Sequence(left.Pane).CompareTo(right.Table.Sequence(right.Pane)));
    }

    /// <summary>Whether no window before has a pane of the same key, or none that was touched.</summary>
    public bool IsFirst(WindowTable<TKey, TIn, TOut> table, int pane, bool amongTouched)
    {
        foreach (WindowTable<TKey, TIn, TOut> before in _open)
        {
            if (before == table)
                return true;
            int other = before.Find(table.Key(pane), table.Hash(pane));
            if (other >= 0 && (!amongTouched || before.IsTouched(other)))
                return false;
        }

        return true;
    }

    /// <summary>A window goes, and with it the keys that have no other.</summary>
    public void Close(WindowTable<TKey, TIn, TOut> table)
    {
        _open.Remove(table);
        Keys -= table.Count;
        for (int pane = 0; pane < table.Count; pane++)
        {
            bool isCaptured = table.IsCaptured(pane);
            if (table.IsShared(pane) && Stays(table, pane, isCaptured))
                Keys++;
            else if (isCaptured)
                _removed.Add((table.Key(pane), table.Hash(pane)));
        }

        bool isOversized = table.IsOversized;
        table.Clear();
        if (!isOversized)
            _spare = table;
    }

    /// <summary>Everything as it is now was captured, or has just been restored.</summary>
    public void EndCapture()
    {
        foreach (WindowTable<TKey, TIn, TOut> table in _open)
            table.EndCapture();
        _removed.Clear();
    }

    private void Number(WindowTable<TKey, TIn, TOut> table, int pane, long birth, long sequence)
    {
        long known = _open.Count > 1 ? Share(table, pane) : 0;
        table.SetNumbers(pane, known > 0 ? known : birth, sequence);
        if (known > 0)
            return;
        Keys++;
        keys.NextBirth = Math.Max(keys.NextBirth, birth + 1);
    }

    /// <summary>If the key of a new pane has others, marks all of them and gives the key's number; else 0.</summary>
    private long Share(WindowTable<TKey, TIn, TOut> table, int pane)
    {
        long birth = 0;
        foreach (WindowTable<TKey, TIn, TOut> other in _open)
        {
            int known = other == table ? -1 : other.Find(table.Key(pane), table.Hash(pane));
            if (known < 0)
                continue;
            other.SetShared(known);
            table.SetShared(pane);
            birth = other.Birth(known);
        }

        return birth;
    }

    private bool Stays(WindowTable<TKey, TIn, TOut> gone, int pane, bool isCaptured)
    {
        foreach (WindowTable<TKey, TIn, TOut> table in _open)
        {
            int other = table.Find(gone.Key(pane), gone.Hash(pane));
            if (other < 0)
                continue;
            table.Touch(other);
            if (isCaptured)
                table.SetCaptured(other);
            return true;
        }

        return false;
    }
}
