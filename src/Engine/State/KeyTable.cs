namespace Weir.Engine.State;

using System.Numerics;

/// <summary>
/// The keys of one key group: each live key has a row, a small number by which everything else it owns is found.
/// Invariant: a row is stable while its key lives; <see cref="InOrder"/> lists live rows in the order in which their
/// keys came, the same after a restore. Between two captures it knows which rows were touched and which keys went; a key
/// that the last capture did not have leaves no trace when it goes. While a capture is copied, a row that is still to be
/// copied is so before it is touched.
/// </summary>
/// <remarks>A removed row is used again.</remarks>
internal sealed partial class KeyTable<TKey>
    where TKey : notnull
{
    private KeySlots<TKey> _slots = new();
    private TKey[] _keys = new TKey[8];
    private uint[] _hashes = new uint[8];
    private long[] _births = new long[8];
    private ulong[] _touched = new ulong[1];
    private ulong[] _captured = new ulong[1];
    private List<(TKey Key, uint Hash)> _removed = [];
    private int _rows;
    private int _firstFree = -1;

    /// <summary>Live keys.</summary>
    public int Count { get; private set; }

    /// <summary>What the next new key is numbered with.</summary>
    public long NextBirth { get; set; } = 1;

    public TKey Key(int row) => _keys[row];

    public long Birth(int row) => _births[row];

    /// <summary>Whether a row was touched, or a key went, since the last capture.</summary>
    public bool HasChanges => _removed.Count > 0 || Array.Exists(_touched, static word => word != 0);

    /// <summary>How many rows were touched and keys went since the last capture.</summary>
    public int Changes => _removed.Count + Touched;

    private int Touched => _touched.Sum(static word => BitOperations.PopCount(word));

    /// <summary>Keys that the last capture had and that went; some may have come back since.</summary>
    public IReadOnlyList<(TKey Key, uint Hash)> Removed => _removed;

    public uint Hash(int row) => _hashes[row];

    /// <summary>Whatever the row owns may change.</summary>
    public void Touch(int row)
    {
        if (IsCopying)
            CopyFirst(row);
        _touched[row >> 6] |= 1UL << row;
    }

    /// <summary>The row of a key, or -1.</summary>
    public int Find(TKey key, uint hash) => _slots.Find(_keys, key, hash);

    /// <summary>As <see cref="KeySlots{TKey}.Foresee"/>, and reads the keys of these rows ahead.</summary>
    public int Foresee(ReadOnlySpan<uint> hashes, Span<int> rows) =>
        _slots.Foresee(hashes, rows) ^ ReadAhead.Read(_keys, rows);

    /// <summary>The row of a key, made if need be.</summary>
    public int GetOrAdd(TKey key, uint hash)
    {
        int row = Find(key, hash);
        return row >= 0 ? row : Add(key, hash, NextBirth++);
    }

    /// <summary>Adds a key that is not there.</summary>
    public int Add(TKey key, uint hash, long birth)
    {
        if (_slots.IsTooSmallFor(Count + 1))
            Rehash();
        int row = TakeRow();
        _keys[row] = key;
        _hashes[row] = hash;
        _births[row] = birth;
        _slots.Place(hash, row);
        Touch(row);
        Count++;
        return row;
    }

    /// <summary>Forgets a key; the caller has cleared what its row owned.</summary>
    public void Remove(int row)
    {
        _slots.Remove(_hashes[row], row);
        ulong bit = 1UL << row;
        if ((_captured[row >> 6] & bit) != 0)
            _removed.Add((_keys[row], _hashes[row]));
        _captured[row >> 6] &= ~bit;
        _touched[row >> 6] &= ~bit;
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
        int count = 0;
        for (int row = 0; row < _rows; row++)
        {
            if (_births[row] != 0)
                rows[count++] = row;
        }

        return Order(rows);
    }

    /// <summary>The rows that were touched since the last capture, in the order in which their keys came.</summary>
    public int[] TouchedInOrder()
    {
        var rows = new int[Touched];
        int count = 0;
        for (int at = 0; at < _touched.Length; at++)
        {
            for (ulong word = _touched[at]; word != 0; word &= word - 1)
                rows[count++] = (at << 6) + BitOperations.TrailingZeroCount(word);
        }

        return Order(rows);
    }

    /// <summary>Everything as it is now was captured, or has just been restored.</summary>
    public void EndCapture()
    {
        // A row that the last capture did not have was touched when its key came.
        for (int at = 0; at < _touched.Length; at++)
            _captured[at] |= _touched[at];
        Array.Clear(_touched);
        _removed = [];
    }

    // Keys mostly come into rows in their order; what is in order already is not sorted.
    private int[] Order(int[] rows)
    {
        long last = 0;
        foreach (int row in rows)
        {
            if (_births[row] < last)
            {
                Array.Sort(Array.ConvertAll(rows, each => _births[each]), rows);
                break;
            }

            last = _births[row];
        }

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
            Array.Resize(ref _touched, (_rows * 2 + 63) / 64);
            Array.Resize(ref _captured, (_rows * 2 + 63) / 64);
        }

        return _rows++;
    }

    private void Rehash()
    {
        _slots.Grow();
        for (int row = 0; row < _rows; row++)
        {
            if (_births[row] != 0)
                _slots.Place(_hashes[row], row);
        }
    }
}
