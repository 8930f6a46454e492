namespace Weir.Protocol.Sources;

using Weir.Engine.Codecs;

/// <summary>
/// How many batches a stretch of a partition has, and a hash over everything in them, boundaries and stamps included.
/// The same stretch always has the same digest, however it was fetched.
/// </summary>
/// <param name="From">The offset at which the stretch begins.</param>
/// <param name="Next">The offset after it.</param>
/// <param name="Batches">Number of batches.</param>
/// <param name="Hash">Hash over them in order.</param>
public readonly record struct InputDigest(long From, long Next, long Batches, ulong Hash)
{
    /// <summary>Of nothing, at an offset.</summary>
    public static InputDigest At(long offset) => new(offset, offset, 0, 0);

    /// <summary>Writes it.</summary>
    public void Write(ByteWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteVarint((ulong)From);
        writer.WriteVarint((ulong)(Next - From));
        writer.WriteVarint((ulong)Batches);
        writer.WriteInt64((long)Hash);
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="CorruptDataException">The bytes are no digest.</exception>
    public static InputDigest Read(ByteReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        ulong from = reader.ReadVarint();
        ulong count = reader.ReadVarint();
        ulong batches = reader.ReadVarint();
        if (from > long.MaxValue || count > long.MaxValue - from || batches > count)
            throw new CorruptDataException($"a digest covers {count} offsets from {from} in {batches} batches");
        return new InputDigest((long)from, (long)(from + count), (long)batches, (ulong)reader.ReadInt64());
    }
}

/// <summary>Where a source stood at a barrier.</summary>
/// <param name="Next">The offset of the first event behind the barrier.</param>
/// <param name="State">The program, as it writes itself.</param>
/// <param name="Input">The input since the complete checkpoint before this one.</param>
/// <param name="Last">The last batch before <paramref name="Next"/>; a restore reads it again and compares.</param>
public sealed record SourceCut(long Next, ReadOnlyMemory<byte> State, InputDigest Input, InputDigest Last)
{
    /// <summary>Writes it.</summary>
    public void Write(ByteWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteVarint((ulong)Next);
        writer.WriteBlob(State.Span);
        Input.Write(writer);
        Last.Write(writer);
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="CorruptDataException">The bytes are no such cut.</exception>
    public static SourceCut Read(ByteReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        ulong next = reader.ReadVarint();
        var cut = new SourceCut(
            (long)next, reader.ReadBlob().ToArray(), InputDigest.Read(reader), InputDigest.Read(reader));
        if (next > long.MaxValue || cut.Input.Next != cut.Next || cut.Last.Next != cut.Next)
            throw new CorruptDataException(
                $"a source stands at {next}, its input ends at {cut.Input.Next} and its last batch at {cut.Last.Next}");
        return cut;
    }
}
