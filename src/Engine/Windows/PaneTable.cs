namespace Weir.Engine.Windows;

using Weir.Engine.State;
using Weir.Engine.Time;

/// <summary>
/// The open windows of all keys of a group. A pane is one window of one key; the panes of a key form a chain in the
/// order in which they were opened. Invariant: a pane's number is stable while it is open.
/// </summary>
internal sealed class PaneTable
{
    private Pane[] _panes = new Pane[16];
    private int[] _first = new int[8];
    private int _used;
    private int _free = -1;

    public int Count { get; private set; }

    public int KeyRow(int pane) => _panes[pane].KeyRow;

    public TimeRange Window(int pane) => _panes[pane].Window;

    /// <summary>
    /// Tells this use of the pane's number from earlier ones, and the window from those that it was merged of: a timer
    /// with another generation is stale.
    /// </summary>
    public int Generation(int pane) => _panes[pane].Generation;

    /// <summary>Gives the pane another window, for which no timer of before counts.</summary>
    public void SetWindow(int pane, TimeRange window)
    {
        _panes[pane].Window = window;
        _panes[pane].Generation++;
    }

    /// <summary>The key's first pane, or -1.</summary>
    public int First(int keyRow) => keyRow < _first.Length ? _first[keyRow] - 1 : -1;

    /// <summary>Reads ahead the first panes of some rows, see <see cref="ReadAhead"/>.</summary>
    /// <param name="rows">Rows, or -1.</param>
    /// <param name="panes">Gets the first pane of each, or -1.</param>
    public int Foresee(ReadOnlySpan<int> rows, Span<int> panes)
    {
        for (int i = 0; i < rows.Length; i++)
            panes[i] = rows[i] < 0 ? -1 : First(rows[i]);
        return ReadAhead.Read(_panes, panes);
    }

    /// <summary>The key's next pane, or -1.</summary>
    public int Next(int pane) => _panes[pane].Next - 1;

    /// <summary>The key's pane of a window, or -1.</summary>
    public int Find(int keyRow, TimeRange window)
    {
        int pane = First(keyRow);
        while (pane >= 0 && _panes[pane].Window != window)
            pane = _panes[pane].Next - 1;
        return pane;
    }

    /// <summary>Opens a window that the key does not have, at the end of its chain.</summary>
    public int Open(int keyRow, TimeRange window)
    {
        int pane = Take();
        _panes[pane] = new Pane { KeyRow = keyRow, Window = window, Generation = _panes[pane].Generation };
        if (keyRow >= _first.Length)
            Array.Resize(ref _first, Math.Max(_first.Length * 2, keyRow + 1));
        if (_first[keyRow] == 0)
        {
            _first[keyRow] = pane + 1;
        }
        else
        {
            int last = _first[keyRow] - 1;
            while (_panes[last].Next != 0)
                last = _panes[last].Next - 1;
            _panes[last].Next = pane + 1;
        }

        Count++;
        return pane;
    }

    public void Close(int pane)
    {
        int keyRow = _panes[pane].KeyRow;
        if (_first[keyRow] == pane + 1)
        {
            _first[keyRow] = _panes[pane].Next;
        }
        else
        {
            int before = _first[keyRow] - 1;
            while (_panes[before].Next != pane + 1)
                before = _panes[before].Next - 1;
            _panes[before].Next = _panes[pane].Next;
        }

        _panes[pane] = new Pane { Next = _free + 1, KeyRow = -1, Generation = _panes[pane].Generation + 1 };
        _free = pane;
        Count--;
    }

    /// <summary>Forgets everything: numbers and generations begin anew.</summary>
    public void Reset()
    {
        Array.Clear(_panes);
        Array.Clear(_first);
        (_used, _free, Count) = (0, -1, 0);
    }

    /// <summary>Remembers the panes of a key, in the order of its chain.</summary>
    public void Save(int keyRow, List<SavedPane> saved)
    {
        saved.Clear();
        for (int pane = First(keyRow); pane >= 0; pane = Next(pane))
            saved.Add(new SavedPane(pane, _panes[pane]));
    }

    /// <summary>Brings back the panes of a key as they were, under their old numbers.</summary>
    public void Restore(int keyRow, List<SavedPane> saved)
    {
        while (First(keyRow) is >= 0 and var pane)
            Close(pane);
        foreach (SavedPane each in saved)
        {
            Unfree(each.Number);
            _panes[each.Number] = each.Pane;
            Count++;
        }

        if (saved.Count > 0)
            _first[keyRow] = saved[0].Number + 1;
    }

    // What was closed a moment ago lies near the head of the free panes.
    private void Unfree(int pane)
    {
        if (_free == pane)
        {
            _free = _panes[pane].Next - 1;
            return;
        }

        int before = _free;
        while (_panes[before].Next != pane + 1)
            before = _panes[before].Next - 1;
        _panes[before].Next = _panes[pane].Next;
    }

    private int Take()
    {
        if (_free >= 0)
        {
            int pane = _free;
            _free = _panes[pane].Next - 1;
            return pane;
        }

        if (_used == _panes.Length)
            Array.Resize(ref _panes, _used * 2);
        return _used++;
    }

    /// <summary>A pane as it was.</summary>
    internal readonly record struct SavedPane(int Number, Pane Pane);

    internal struct Pane
    {
        public int KeyRow;
        public int Generation;

        // Pane number + 1, so that 0 means none.
        public int Next;
        public TimeRange Window;
    }
}
