namespace Weir.Grains.Checkpoints;

using Weir.Protocol.Checkpoints;

/// <summary>A stored checkpoint seen as the one file that <see cref="SavepointFile"/> describes.</summary>
/// <remarks>A head of 300 bytes and parts of 100 and 50: bytes 0 to 299, 300 to 399 and 400 to 449.</remarks>
internal sealed class SavepointImage
{
    private readonly ReadOnlyMemory<byte> _head;
    private readonly SegmentRef[] _parts;
    private readonly long[] _starts;

    public SavepointImage(Manifest manifest)
    {
        Checkpoint = manifest.Number;
        (_head, IReadOnlyList<SegmentRef> parts) = SavepointFile.Plan(manifest);
        _parts = [.. parts];
        _starts = new long[_parts.Length];
        Length = _head.Length;
        for (int i = 0; i < _parts.Length; i++)
        {
            _starts[i] = Length;
            Length += _parts[i].Length;
        }
    }

    public long Checkpoint { get; }

    public long Length { get; }

    /// <summary>Bytes from a position on; fewer than asked for at the end only.</summary>
    public async Task<byte[]> ReadAsync(ICheckpointStore store, long position, int limit)
    {
        var bytes = new byte[(int)Math.Clamp(Length - position, 0, limit)];
        int done = 0;
        if (position < _head.Length)
        {
            ReadOnlySpan<byte> head = _head.Span[(int)position..];
            done = Math.Min(head.Length, bytes.Length);
            head[..done].CopyTo(bytes);
        }

        while (done < bytes.Length)
        {
            long at = position + done;
            int index = Array.FindLastIndex(_starts, start => start <= at);
            SegmentRef part = _parts[index];
            long within = at - _starts[index];
            int count = (int)Math.Min(part.Length - within, bytes.Length - done);
            using IStoredFile file = await store.OpenAsync(part.File);
            file.Read(part.Offset + within, bytes.AsSpan(done, count));
            done += count;
        }

        return bytes;
    }
}
