namespace Weir.Engine.Windows;

using Weir.Engine.Codecs;

/// <summary>What a trigger remembers of each pane: a fixed number of cells that hold a number or nothing.</summary>
internal sealed class TriggerCells(int count)
{
    private long?[] _cells = new long?[16 * count];

    public int Count => count;

    public long? Get(int pane, int cell)
    {
        int at = At(pane, cell);
        return at < _cells.Length ? _cells[at] : null;
    }

    public void Set(int pane, int cell, long? value)
    {
        int at = At(pane, cell);
        if (at >= _cells.Length)
            Array.Resize(ref _cells, Math.Max(_cells.Length * 2, (pane + 1) * count));
        _cells[at] = value;
    }

    public bool IsEmpty(int pane)
    {
        for (int cell = 0; cell < count; cell++)
        {
            if (Get(pane, cell) is not null)
                return false;
        }

        return true;
    }

    public void Clear(int pane)
    {
        for (int cell = 0; cell < count; cell++)
            Set(pane, cell, null);
    }

    public void Write(int pane, ByteWriter writer)
    {
        for (int cell = 0; cell < count; cell++)
        {
            long? value = Get(pane, cell);
            writer.WriteBool(value.HasValue);
            if (value is { } number)
                writer.WriteSigned(number);
        }
    }

    public void Read(int pane, ByteReader reader)
    {
        for (int cell = 0; cell < count; cell++)
            Set(pane, cell, reader.ReadBool() ? reader.ReadSigned() : null);
    }

    private int At(int pane, int cell)
    {
        if ((uint)cell >= (uint)count)
            throw new ArgumentOutOfRangeException(nameof(cell), cell, $"The trigger has {count} cells.");
        return (pane * count) + cell;
    }
}
