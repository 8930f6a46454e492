namespace Weir.Engine.Snapshots;

using Weir.Engine.Codecs;

/// <summary>
/// What a segment says beside its keys. The newest segment of a chain speaks for all of it, and names add up.
/// </summary>
/// <param name="Time">Time and counters if the segment stands alone; empty if a <see cref="GroupMark"/> has them.</param>
/// <param name="Schema">What the bytes of a record mean: equal in all segments of a chain.</param>
/// <param name="Names">Names of timers, in order of their letters.</param>
/// <param name="Shared">What all keys share.</param>
internal sealed record SegmentHeader(
    ReadOnlyMemory<byte> Time, ReadOnlyMemory<byte> Schema, IReadOnlyList<string> Names, ReadOnlyMemory<byte> Shared)
{
    public void Write(ByteWriter writer)
    {
        writer.WriteBlob(Time.Span);
        writer.WriteBlob(Schema.Span);
        writer.WriteVarint((ulong)Names.Count);
        foreach (string name in Names)
            writer.WriteString(name);
        writer.WriteBlob(Shared.Span);
    }

    public static SegmentHeader Read(SegmentReader segment)
    {
        ByteReader reader = segment.Header;
        ReadOnlyMemory<byte> time = reader.ReadBlob();
        ReadOnlyMemory<byte> schema = reader.ReadBlob();
        var names = new string[reader.ReadCount()];
        for (int i = 0; i < names.Length; i++)
        {
            if (reader.ReadString() is not { Length: > 0 } name)
                throw new CorruptDataException("a timer has no name");
            if (i > 0 && string.CompareOrdinal(name, names[i - 1]) <= 0)
                throw new CorruptDataException($"the name of a timer is the same as another, '{name}', or out of order");
            names[i] = name;
        }

        var header = new SegmentHeader(time, schema, names, reader.ReadBlob());
        return reader.Remaining == 0
            ? header
            : throw new CorruptDataException("the header of the segment was not understood");
    }

    /// <summary>The header of a whole chain.</summary>
    public static SegmentHeader OfChain(IReadOnlyList<SegmentReader> chain)
    {
        SegmentHeader newest = Read(chain[^1]);
        var names = new SortedSet<string>(newest.Names, StringComparer.Ordinal);
        for (int i = 0; i < chain.Count; i++)
        {
            if (chain[i].IsBase != (i == 0))
                throw new CorruptDataException("the segments of a group do not begin with a base, or hold another one");
            SegmentHeader header = Read(chain[i]);
            if (!header.Schema.Span.SequenceEqual(newest.Schema.Span))
                throw new CorruptDataException("the segments of a group do not hold the same kinds of state");
            names.UnionWith(header.Names);
        }

        return newest with { Names = [.. names] };
    }
}
