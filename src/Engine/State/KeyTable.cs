namespace Weir.Engine.State;

/// <summary>
/// The keys of one key group: each live key has a row, a small number by which everything else it owns is found.
/// Invariant: a row is stable while its key lives; <see cref="InOrder"/> lists live rows in the order in which their
/// keys came, the same after a restore.
/// </summary>
/// <remarks>
/// Open addressing with linear probing over row numbers; a removed row is used again. All keys of a group have equal
/// hashes modulo the number of groups, so their low bits say little: a slot comes from the top bits of a product.
/// </remarks>
internal sealed class KeyTable<TKey>
    where TKey : notnull
{
    private static readonly EqualityComparer<TKey> Equality = EqualityComparer<TKey>.Default;
    private int[] _slots = new int[16];
    private TKey[] _keys = new TKey[8];
    private uint[] _hashes = new uint[8];
    private long[] _births = new long[8];
    private int _rows;
    private int _firstFree = -1;
    private int _shift = 32 - 4;

    /// <summary>Live keys.</summary>
    public int Count { get; private set; }

    /// <summary>What the next new key is numbered with.</summary>
    public long NextBirth { get; set; } = 1;

    public TKey Key(int row) => _keys[row];

    public long Birth(int row) => _births[row];

    /// <summary>The row of a key, or -1.</summary>
    public int Find(TKey key, uint hash)
    {
        int mask = _slots.Length - 1;
        for (int at = HomeOf(hash); _slots[at] != 0; at = (at + 1) & mask)
        {
            int row = _slots[at] - 1;
            if (_hashes[row] == hash && Equality.Equals(_keys[row], key))
                return row;
        }

        return -1;
    }

    /// <summary>The row of a key, made if need be.</summary>
    public int GetOrAdd(TKey key, uint hash)
    {
        int row = Find(key, hash);
        return row >= 0 ? row : Add(key, hash, NextBirth++);
    }

    /// <summary>Adds a key that is not there.</summary>
    public int Add(TKey key, uint hash, long birth)
    {
        if ((Count + 1) * 4 > _slots.Length * 3)
            Rehash(_slots.Length * 2);
        int row = TakeRow();
        _keys[row] = key;
        _hashes[row] = hash;
        _births[row] = birth;
        Place(row);
        Count++;
        return row;
    }

    /// <summary>Forgets a key; the caller has cleared what its row owned.</summary>
    public void Remove(int row)
    {
        int mask = _slots.Length - 1;
        int hole = HomeOf(_hashes[row]);
        while (_slots[hole] != row + 1)
            hole = (hole + 1) & mask;

        // Close the gap: an entry moves back unless that would put it before its own first slot.
        for (int at = (hole + 1) & mask; _slots[at] != 0; at = (at + 1) & mask)
        {
            int home = HomeOf(_hashes[_slots[at] - 1]);
            if (((at - home) & mask) < ((at - hole) & mask))
                continue;
            _slots[hole] = _slots[at];
            hole = at;
        }

        _slots[hole] = 0;
        _keys[row] = default!;
        _births[row] = 0;
        _hashes[row] = (uint)(_firstFree + 1);
        _firstFree = row;
        Count--;
    }

    /// <summary>Live rows in the order in which their keys came.</summary>
    public int[] InOrder()
    {
        var rows = new int[Count];
        var births = new long[Count];
        int count = 0;
        for (int row = 0; row < _rows; row++)
        {
            if (_births[row] == 0)
                continue;
            births[count] = _births[row];
            rows[count++] = row;
        }

        Array.Sort(births, rows);
        return rows;
    }

    private int TakeRow()
    {
        if (_firstFree >= 0)
        {
            int free = _firstFree;
            _firstFree = (int)_hashes[free] - 1;
            return free;
        }

        if (_rows == _keys.Length)
        {
            Array.Resize(ref _keys, _rows * 2);
            Array.Resize(ref _hashes, _rows * 2);
            Array.Resize(ref _births, _rows * 2);
        }

        return _rows++;
    }

    private void Place(int row)
    {
        int mask = _slots.Length - 1;
        int at = HomeOf(_hashes[row]);
        while (_slots[at] != 0)
            at = (at + 1) & mask;
        _slots[at] = row + 1;
    }

    // Fibonacci hashing: 2^32 divided by the golden ratio spreads any regular series of hashes.
    private int HomeOf(uint hash) => (int)((hash * 2654435769u) >> _shift);

    private void Rehash(int size)
    {
        _slots = new int[size];
        _shift--;
        for (int row = 0; row < _rows; row++)
        {
            if (_births[row] != 0)
                Place(row);
        }
    }
}
