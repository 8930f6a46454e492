namespace Weir.Engine.Snapshots;

using System.Buffers;
using Weir.Engine.Codecs;

/// <summary>
/// The records that a segment will have: the hash of each and where its bytes end, in the order in which they were added
/// and then in that of the segment. Invariant: the order depends on the records alone.
/// </summary>
/// <remarks>
/// Hashes are sorted by their bytes, the lowest first, and each pass keeps the order of the one before: 0x0201, 0x0102,
/// 0x0101 come by the low byte as 0x0201, 0x0101, 0x0102, and by the high byte then as 0x0101, 0x0102, 0x0201. It takes
/// four passes over the list where comparing takes as many as the logarithm of its length. Arrays are rented.
/// </remarks>
internal sealed class RecordList
{
    private const int Radix = 256;

    // The hash in the high half, the number of the record in the low one.
    private ulong[] _records = [];
    private int[] _ends = [];

    /// <summary>Number of records.</summary>
    public int Count { get; private set; }

    /// <summary>Adds a record that begins where the one before it ends.</summary>
    public void Add(uint hash, int end)
    {
        if (Count >= _ends.Length)
            Grow(ref _ends);
        if (Count >= _records.Length)
            Grow(ref _records);
        _records[Count] = ((ulong)hash << 32) | (uint)Count;
        _ends[Count++] = end;
    }

    /// <summary>The hash of the record at a place, and where its bytes are.</summary>
    /// <param name="place">0 to <see cref="Count"/> - 1.</param>
    /// <param name="first">Where the bytes of the record that was added first begin.</param>
    public (uint Hash, int Start, int End) At(int place, int first)
    {
        (int start, int end) = PartOf(_records[place], first);
        return ((uint)(_records[place] >> 32), start, end);
    }

    /// <summary>Sorts by hash, and records of one hash by their bytes.</summary>
    /// <param name="bytes">The bytes of all records.</param>
    /// <param name="first">Where those of the record that was added first begin.</param>
    public void Sort(ByteWriter bytes, int first)
    {
        SortByHash();
        for (int from = 0, to; from < Count; from = to)
        {
            for (to = from + 1; to < Count && _records[to] >> 32 == _records[from] >> 32;)
                to++;
            if (to - from > 1)
                SortByBytes(_records.AsSpan(from..to), bytes, first);
        }
    }

    /// <summary>Gives its arrays back; it is empty then.</summary>
    public void Return()
    {
        Return(ref _records);
        Return(ref _ends);
        Count = 0;
    }

    private void SortByHash()
    {
        ulong[] from = _records;
        ulong[] to = ArrayPool<ulong>.Shared.Rent(Math.Max(Count, 1));
        Span<int> places = stackalloc int[Radix];
        for (int shift = 32; shift < 64; shift += 8)
        {
            places.Clear();
            foreach (ulong record in from.AsSpan(0, Count))
                places[(byte)(record >> shift)]++;
            int next = 0;
            foreach (ref int place in places)
                (place, next) = (next, next + place);
            foreach (ulong record in from.AsSpan(0, Count))
                to[places[(byte)(record >> shift)]++] = record;
            (from, to) = (to, from);
        }

        // After four passes what was sorted lies where it came from.
        ArrayPool<ulong>.Shared.Return(to);
    }

    private void SortByBytes(Span<ulong> records, ByteWriter bytes, int first) => records.Sort((left, right) =>
    {
        (int start, int end) = PartOf(left, first);
        (int otherStart, int otherEnd) = PartOf(right, first);
        return bytes.Written[start..end].SequenceCompareTo(bytes.Written[otherStart..otherEnd]);
    });

    private (int Start, int End) PartOf(ulong record, int first)
    {
        int number = (int)(uint)record;
        return (number == 0 ? first : _ends[number - 1], _ends[number]);
    }

    private void Grow<T>(ref T[] items)
    {
        T[] larger = ArrayPool<T>.Shared.Rent(Math.Max(Count * 2, 16));
        items.AsSpan(0, Count).CopyTo(larger);
        Return(ref items);
        items = larger;
    }

    private static void Return<T>(ref T[] items)
    {
        if (items.Length > 0)
            ArrayPool<T>.Shared.Return(items);
        items = [];
    }
}
