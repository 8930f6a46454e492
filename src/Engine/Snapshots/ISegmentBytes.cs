namespace Weir.Engine.Snapshots;

using Weir.Engine.Codecs;

/// <summary>Random access to the stored bytes of a segment.</summary>
public interface ISegmentBytes
{
    /// <summary>Number of bytes.</summary>
    long Length { get; }

    /// <summary>Reads bytes from a position on, as many as fit into <paramref name="into"/>.</summary>
    /// <param name="at">0 to <see cref="Length"/>.</param>
    /// <param name="into">Filled completely.</param>
    /// <exception cref="CorruptDataException">The bytes lie outside of the segment, or the storage is damaged.</exception>
    void Read(long at, Span<byte> into);
}

/// <summary>A segment that lies in memory.</summary>
/// <param name="bytes">The segment; must not change.</param>
public sealed class SegmentMemory(ReadOnlyMemory<byte> bytes) : ISegmentBytes
{
    /// <inheritdoc/>
    public long Length => bytes.Length;

    /// <summary>The segment.</summary>
    public ReadOnlyMemory<byte> Bytes => bytes;

    /// <inheritdoc/>
    public void Read(long at, Span<byte> into)
    {
        if (at < 0 || at > bytes.Length - into.Length)
            throw new CorruptDataException(
                $"{into.Length} bytes at {at} of a segment of {bytes.Length} bytes were asked for");
        bytes.Span.Slice((int)at, into.Length).CopyTo(into);
    }
}
