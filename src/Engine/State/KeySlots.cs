namespace Weir.Engine.State;

/// <summary>
/// Finds the rows of keys by hash: open addressing with linear probing. Invariant: from the slot that a hash says up to
/// the slot of its row, none is free.
/// </summary>
/// <remarks>
/// All keys of a group have equal hashes modulo the number of groups, so their low bits say little: a slot comes from the
/// top bits of a product. A slot has the hash beside the row: whose row it is not is told without going there, and slots
/// in question lie in one line of the cache, rows do not.
/// </remarks>
internal struct KeySlots<TKey>
    where TKey : notnull
{
    private static readonly EqualityComparer<TKey> Equality = EqualityComparer<TKey>.Default;
    private Slot[] _slots = new Slot[16];
    private int _shift = 32 - 4;

    public KeySlots()
    {
    }

    /// <summary>Whether there is no room for so many rows.</summary>
    public readonly bool IsTooSmallFor(int rows) => rows * 4 > _slots.Length * 3;

    /// <summary>The row of a key, or -1.</summary>
    /// <param name="keys">The keys by row.</param>
    /// <param name="key">The key.</param>
    /// <param name="hash">Its hash.</param>
    public readonly int Find(TKey[] keys, TKey key, uint hash)
    {
        Slot[] slots = _slots;
        int mask = slots.Length - 1;
        for (int at = HomeOf(hash); slots[at].IsTaken; at = (at + 1) & mask)
        {
            if (slots[at].Hash == hash && Equality.Equals(keys[slots[at].Row], key))
                return slots[at].Row;
        }

        return -1;
    }

    /// <summary>The row of a key. One that has none gets the row given, and there must be room for it.</summary>
    public readonly int FindOrPlace(TKey[] keys, TKey key, uint hash, int row)
    {
        Slot[] slots = _slots;
        int mask = slots.Length - 1;
        int at = HomeOf(hash);
        for (; slots[at].IsTaken; at = (at + 1) & mask)
        {
            if (slots[at].Hash == hash && Equality.Equals(keys[slots[at].Row], key))
                return slots[at].Row;
        }

        slots[at] = new Slot(hash, row);
        return row;
    }

    /// <summary>
    /// Looks for several keys at once, by their hashes alone: rows they probably have, or -1. It decides nothing.
    /// </summary>
    /// <returns>Of no meaning: that it is made of what was read keeps the reads.</returns>
    public readonly int Foresee(ReadOnlySpan<uint> hashes, Span<int> rows)
    {
        int mask = _slots.Length - 1;
        int read = 0;
        foreach (uint hash in hashes)
            read ^= _slots[HomeOf(hash)].Row;
        for (int i = 0; i < hashes.Length; i++)
        {
            int at = HomeOf(hashes[i]);
            while (_slots[at].IsTaken && _slots[at].Hash != hashes[i])
                at = (at + 1) & mask;
            rows[i] = _slots[at].Row;
        }

        return read;
    }

    /// <summary>Gives a row a slot, where there is room for it.</summary>
    public readonly void Place(uint hash, int row)
    {
        int mask = _slots.Length - 1;
        int at = HomeOf(hash);
        while (_slots[at].IsTaken)
            at = (at + 1) & mask;
        _slots[at] = new Slot(hash, row);
    }

    /// <summary>Frees the slot of a row.</summary>
    public readonly void Remove(uint hash, int row)
    {
        int mask = _slots.Length - 1;
        int hole = HomeOf(hash);
        while (_slots[hole].Row != row)
            hole = (hole + 1) & mask;

        // Close the gap: an entry moves back unless that would put it before its own first slot.
        for (int at = (hole + 1) & mask; _slots[at].IsTaken; at = (at + 1) & mask)
        {
            int home = HomeOf(_slots[at].Hash);
            if (((at - home) & mask) < ((at - hole) & mask))
                continue;
            _slots[hole] = _slots[at];
            hole = at;
        }

        _slots[hole] = default;
    }

    /// <summary>Frees all slots.</summary>
    public readonly void Clear() => Array.Clear(_slots);

    /// <summary>Twice as many slots, all of them free: the rows are to be placed again.</summary>
    public void Grow()
    {
        _slots = new Slot[_slots.Length * 2];
        _shift--;
    }

    // Fibonacci hashing: 2^32 divided by the golden ratio spreads any regular series of hashes.
    private readonly int HomeOf(uint hash) => (int)((hash * 2654435769u) >> _shift);

    private readonly struct Slot(uint hash, int row)
    {
        public readonly uint Hash = hash;

        // Row number + 1, so that 0 means none.
        private readonly int _number = row + 1;

        public bool IsTaken => _number != 0;

        /// <summary>The row, or -1.</summary>
        public int Row => _number - 1;
    }
}
