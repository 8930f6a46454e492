namespace Weir.Protocol.Sinks;

using Weir.Engine.Codecs;

/// <summary>
/// The sequence that each lane of a stage has come to. Invariant: a sequence is given out once in a lineage, and after
/// a restore the same output gets the same one.
/// </summary>
public sealed class OutputPositions
{
    private readonly SortedDictionary<OutputLane, long> _next = new(Order);

    /// <summary>Begins where a checkpoint stands; empty bytes stand for the beginning.</summary>
    /// <exception cref="CorruptDataException">The bytes are no positions.</exception>
    public OutputPositions(ReadOnlyMemory<byte> stored = default)
    {
        if (stored.IsEmpty)
            return;
        var reader = new ByteReader(stored);
        for (int left = reader.ReadCount(3); left > 0; left--)
        {
            OutputLane lane = ReadLane(reader);
            ulong next = reader.ReadVarint();
            if (next > long.MaxValue || !_next.TryAdd(lane, (long)next))
                throw new CorruptDataException($"the position of {lane} is impossible or stands twice");
        }

        if (reader.Remaining > 0)
            throw new CorruptDataException($"{reader.Remaining} bytes of positions were not understood");
    }

    /// <summary>All lanes in order, with the sequence that comes next.</summary>
    public IEnumerable<KeyValuePair<OutputLane, long>> Lanes => _next;

    private static Comparer<OutputLane> Order { get; } = Comparer<OutputLane>.Create((left, right) =>
    {
        int order = string.CompareOrdinal(left.Target, right.Target);
        return order != 0 ? order : left.Partition.CompareTo(right.Partition);
    });

    /// <summary>The next sequence of a lane.</summary>
    public long Next(OutputLane lane) => _next.GetValueOrDefault(lane);

    /// <summary>Gives out sequences for events of a lane; returns the first.</summary>
    public long Take(OutputLane lane, int count)
    {
        long sequence = Next(lane);
        _next[lane] = sequence + count;
        return sequence;
    }

    /// <summary>As bytes; equal positions give equal bytes.</summary>
    public byte[] ToArray()
    {
        if (_next.Count == 0)
            return [];
        var writer = new ByteWriter();
        writer.WriteVarint((ulong)_next.Count);
        foreach ((OutputLane lane, long next) in _next)
        {
            WriteLane(writer, lane);
            writer.WriteVarint((ulong)next);
        }

        return writer.ToArray();
    }

    internal static void WriteLane(ByteWriter writer, OutputLane lane)
    {
        writer.WriteString(lane.Target);
        writer.WriteVarint((ulong)lane.Partition);
    }

    internal static OutputLane ReadLane(ByteReader reader)
    {
        string target = reader.ReadString() ?? throw new CorruptDataException("the target of an output is missing");
        ulong partition = reader.ReadVarint();
        return partition <= int.MaxValue
            ? new OutputLane(target, (int)partition)
            : throw new CorruptDataException($"an output goes to partition {partition}");
    }
}
