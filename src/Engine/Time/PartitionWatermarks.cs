namespace Weir.Engine.Time;

using Weir.Engine.Codecs;

/// <summary>
/// A generator at work in one partition: its cells, and what it has emitted. Invariant: the watermark never falls and
/// stays below the end of time.
/// </summary>
internal sealed class PartitionWatermarks(WatermarkGenerator generator) : IWatermarkContext
{
    private readonly long?[] _cells = new long?[generator.Cells];

    public WatermarkGenerator Generator => generator;

    public EventTime Watermark { get; private set; } = EventTime.MinValue;

    public EventTime Clock { get; private set; } = EventTime.MinValue;

    /// <summary>Whether the generator has marked the partition idle and nothing has come since.</summary>
    public bool IsMarkedIdle { get; private set; }

    public long? this[int cell]
    {
        get => _cells[Checked(cell)];
        set => _cells[Checked(cell)] = value;
    }

    public void Emit(EventTime watermark)
    {
        IsMarkedIdle = false;
        Watermark = EventTime.Max(Watermark, EventTime.Min(watermark, EventTime.MaxValue.Minus(1)));
    }

    public void MarkIdle() => IsMarkedIdle = true;

    /// <summary>An event, for a generator that looks at timestamps only.</summary>
    public void OnEvent(EventTime time)
    {
        IsMarkedIdle = false;
        generator.OnEvent(time, this);
    }

    /// <summary>An event, for a generator that looks at it.</summary>
    public void OnEvent<T>(WatermarkGenerator<T> typed, in T value, EventTime time)
    {
        IsMarkedIdle = false;
        typed.OnEvent(value, time, this);
    }

    public void OnAdvance(EventTime time)
    {
        IsMarkedIdle = false;
        generator.OnAdvance(time, this);
    }

    public void OnBatchEnd() => generator.OnBatchEnd(this);

    /// <summary>What the program knows of time; a watermark that was raised past the generator counts from then on.
    /// </summary>
    public void Follow(EventTime watermark, EventTime clock)
    {
        Watermark = EventTime.Max(Watermark, watermark);
        Clock = clock;
    }

    public void Write(ByteWriter writer)
    {
        writer.WriteString(generator.CellKind);
        writer.WriteBool(IsMarkedIdle);
        writer.WriteVarint((ulong)_cells.Length);
        foreach (long? cell in _cells)
        {
            writer.WriteBool(cell.HasValue);
            if (cell is { } number)
                writer.WriteSigned(number);
        }
    }

    /// <summary>Reads the cells, unless another kind of generator wrote them: they say nothing to this one.</summary>
    public void Read(ByteReader reader)
    {
        string? kind = reader.ReadString();
        bool idle = reader.ReadBool();
        if (kind != generator.CellKind || reader.ReadCount() != _cells.Length)
            return;
        IsMarkedIdle = idle;
        for (int cell = 0; cell < _cells.Length; cell++)
            _cells[cell] = reader.ReadBool() ? reader.ReadSigned() : null;
    }

    private int Checked(int cell) => (uint)cell < (uint)_cells.Length
        ? cell
        : throw new ArgumentOutOfRangeException(
            nameof(cell), cell, $"The watermark generator has {_cells.Length} cells.");
}
