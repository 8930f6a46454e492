namespace Weir.Engine.Windows;

using Weir.Engine.State;
using Weir.Engine.Time;

/// <summary>
/// One window of a key group with the panes that keys have of it, numbered from 0 in the order in which they were opened.
/// Invariant: panes go all at once, with the window; until then a pane has its number, and none is free between them.
/// </summary>
/// <remarks>
/// So a pane needs no timer, no chain and no slot to be freed: what would be a timer's number stands beside its key. As in
/// a <see cref="KeyTable{TKey}"/> it is known which panes were touched since the last capture; which of them the last
/// capture had; and which are of keys that have another window, too.
/// </remarks>
internal sealed class WindowTable<TKey, TIn, TOut>(WindowContents<TKey, TIn, TOut> contents)
    where TKey : notnull
{
    private KeySlots<TKey> _slots = new();
    private TKey[] _keys = new TKey[8];
    private uint[] _hashes = new uint[8];
    private long[] _births = new long[8];
    private long[] _sequences = new long[8];
    private ulong[] _touched = new ulong[1];
    private ulong[] _captured = new ulong[1];
    private ulong[] _shared = new ulong[1];
    private bool _isOrdered = true;

    public WindowContents<TKey, TIn, TOut> Contents => contents;

    public TimeRange Window { get; private set; }

    /// <summary>When its panes fire and go.</summary>
    public EventTime Last { get; private set; }

    /// <summary>Number of panes.</summary>
    public int Count { get; private set; }

    /// <summary>Whether it has far more room than it needs.</summary>
    public bool IsOversized => _keys.Length > 1024 && Count * 8 < _keys.Length;

    public bool HasTouched => Array.Exists(_touched, static word => word != 0);

    public TKey Key(int pane) => _keys[pane];

    public uint Hash(int pane) => _hashes[pane];

    public long Birth(int pane) => _births[pane];

    /// <summary>The number that the pane's timer would have: panes fire in its order.</summary>
    public long Sequence(int pane) => _sequences[pane];

    public bool IsTouched(int pane) => Has(_touched, pane);

    public bool IsCaptured(int pane) => Has(_captured, pane);

    public bool IsShared(int pane) => Has(_shared, pane);

    public void Touch(int pane) => Set(_touched, pane);

    /// <summary>The last capture had the key, in whatever window.</summary>
    public void SetCaptured(int pane) => Set(_captured, pane);

    /// <summary>The key has another window.</summary>
    public void SetShared(int pane) => Set(_shared, pane);

    /// <summary>Becomes another window, of which no key has a pane yet.</summary>
    public void Begin(TimeRange window)
    {
        Window = window;
        Last = window.MaxTimestamp;
    }

    public bool Holds(EventTime time) => time >= Window.Start && time < Window.End;

    /// <summary>The pane of a key, or -1.</summary>
    public int Find(TKey key, uint hash) => _slots.Find(_keys, key, hash);

    /// <summary>Reads ahead the panes of some keys, by their hashes; see <see cref="ReadAhead"/>.</summary>
    public int Foresee(ReadOnlySpan<uint> hashes)
    {
        Span<int> panes = stackalloc int[ReadAhead.Width];
        panes = panes[..hashes.Length];
        return _slots.Foresee(hashes, panes) ^ ReadAhead.Read(_keys, panes) ^ contents.Foresee(panes);
    }

    /// <summary>The pane of a key, opened if it has none; a new one is to be given its numbers.</summary>
    public int FindOrOpen(TKey key, uint hash, out bool isNew)
    {
        // Before it is known whether it is needed, so that one search finds the pane or its place.
        if (_slots.IsTooSmallFor(Count + 1))
            Rehash();
        if (Count == _keys.Length)
            Grow();
        int pane = _slots.FindOrPlace(_keys, key, hash, Count);
        isNew = pane == Count;
        if (isNew)
        {
            _keys[pane] = key;
            _hashes[pane] = hash;
            Count++;
        }

        Touch(pane);
        return pane;
    }

    /// <summary>Numbers a new pane.</summary>
    public void SetNumbers(int pane, long birth, long sequence)
    {
        _isOrdered &= pane == 0 || sequence > _sequences[pane - 1];
        _births[pane] = birth;
        _sequences[pane] = sequence;
    }

    /// <summary>Its panes in the order in which they fire, or null if that is the order of their numbers.</summary>
    public int[]? Order()
    {
        if (_isOrdered)
            return null;
        int[] panes = [.. Enumerable.Range(0, Count)];
        Array.Sort(_sequences[..Count], panes);
        return panes;
    }

    /// <summary>Everything as it is now was captured, or has just been restored.</summary>
    public void EndCapture()
    {
        for (int at = 0; at < _touched.Length; at++)
            _captured[at] |= _touched[at];
        Array.Clear(_touched);
    }

    /// <summary>All panes go.</summary>
    public void Clear()
    {
        contents.ClearTo(Count);
        _slots.Clear();
        Array.Clear(_keys, 0, Count);
        Array.Clear(_touched);
        Array.Clear(_captured);
        Array.Clear(_shared);
        _isOrdered = true;
        Count = 0;
    }

    private static bool Has(ulong[] bits, int pane) => (bits[pane >> 6] & (1UL << pane)) != 0;

    private static void Set(ulong[] bits, int pane) => bits[pane >> 6] |= 1UL << pane;

    private void Grow()
    {
        int size = Count * 2;
        Array.Resize(ref _keys, size);
        Array.Resize(ref _hashes, size);
        Array.Resize(ref _births, size);
        Array.Resize(ref _sequences, size);
        int words = (size + 63) / 64;
        Array.Resize(ref _touched, words);
        Array.Resize(ref _captured, words);
        Array.Resize(ref _shared, words);
    }

    private void Rehash()
    {
        _slots.Grow();
        for (int pane = 0; pane < Count; pane++)
            _slots.Place(_hashes[pane], pane);
    }
}
