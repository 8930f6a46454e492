namespace Weir.Engine.State;

using Weir.Engine.Codecs;
using Weir.Engine.Time;

/// <summary>
/// One cell per row: what values, reduced values and accumulators have in common. Looking whether a cell holds
/// something and reading it both count as reads; only reading uses up what has expired and may still be seen.
/// </summary>
internal abstract class CellColumn<T>(StateSlot slot, ElementCodec<T> codec, CurrentRow current)
    : StateColumn(slot, current)
{
    private T[] _cells = new T[8];
    private bool[] _present = new bool[8];
    private int[] _nodes = [];

    public override IElementCodec Elements => codec;

    public bool HasValue => IsThere(Row);

    public void Clear() => Clear(Row);

    public override bool IsEmpty(int row) => row >= _present.Length || !_present[row];

    public override void Clear(int row)
    {
        if (IsEmpty(row))
            return;
        _cells[row] = default!;
        _present[row] = false;
        Expiry?.Remove(_nodes[row]);
    }

    public override int Foresee(ReadOnlySpan<int> rows) => ReadAhead.Read(_present, rows) ^ ReadAhead.Read(_cells, rows);

    public override void Write(int row, ByteWriter writer)
    {
        if (Expiry is not null)
            WriteTime(_nodes[row], writer);
        codec.Write(writer, in _cells[row]);
    }

    public override void Read(int row, ByteReader reader, bool timed)
    {
        EventTime updated = ReadTime(reader, timed);
        Put(row, codec.Read(reader), updated);
    }

    public override object? Describe(int row) =>
        IsEmpty(row) || Expiry?.IsExpired(_nodes[row], Clock) == true ? null : Show(in _cells[row]);

    protected override void Expire(int row, int node) => Clear(row);

    /// <summary>What people see of a cell.</summary>
    protected virtual object? Show(in T cell) => cell;

    /// <summary>Reads a cell; false if it holds nothing that may be seen.</summary>
    protected bool TryRead(int row, out T cell)
    {
        cell = default!;
        if (IsEmpty(row))
            return false;
        cell = _cells[row];
        if (Expiry is null || Expiry.Read(_nodes[row], Clock))
            return true;
        Clear(row);
        if (Expiry.Lifetime.ShowsExpired)
            return true;
        cell = default!;
        return false;
    }

    /// <summary>What an addition goes on from: the cell, unless it is empty or has expired.</summary>
    protected bool TryGoOn(int row, out T cell)
    {
        cell = default!;
        if (IsEmpty(row) || Expiry?.IsExpired(_nodes[row], Clock) == true)
            return false;
        cell = _cells[row];
        return true;
    }

    /// <summary>Writes a cell; null clears it.</summary>
    protected void Put(int row, T? value)
    {
        if (value is null)
            Clear(row);
        else
            Put(row, value, Clock);
    }

    private bool IsThere(int row)
    {
        if (IsEmpty(row))
            return false;
        if (Expiry is null || Expiry.Read(_nodes[row], Clock) || Expiry.Lifetime.ShowsExpired)
            return true;
        Clear(row);
        return false;
    }

    private void Put(int row, T value, EventTime updated)
    {
        if (row >= _cells.Length)
            Grow(row);
        if (Expiry is not null && _present[row])
            Expiry.Touch(_nodes[row], updated);
        else if (Expiry is not null)
            Node(row) = Expiry.Add(row, 0, updated);
        _cells[row] = value;
        _present[row] = true;
    }

    private ref int Node(int row)
    {
        if (row >= _nodes.Length)
            Array.Resize(ref _nodes, _cells.Length);
        return ref _nodes[row];
    }

    private void Grow(int row)
    {
        int size = Math.Max(_cells.Length * 2, row + 1);
        Array.Resize(ref _cells, size);
        Array.Resize(ref _present, size);
    }
}
