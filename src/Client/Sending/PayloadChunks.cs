namespace Weir.Client.Sending;

/// <summary>
/// Keeps payloads in chunks below the size of large objects, so that a batch costs no allocation of its own. A chunk is
/// written once and never reused: a silo in this process gets the bytes by reference.
/// </summary>
internal sealed class PayloadChunks
{
    private const int ChunkBytes = 64 << 10;

    private byte[] _chunk = [];
    private int _used;

    /// <summary>Copies a payload and returns the copy.</summary>
    public ReadOnlyMemory<byte> Add(ReadOnlySpan<byte> payload)
    {
        if (payload.Length > ChunkBytes / 4)
            return payload.ToArray();
        if (_chunk.Length - _used < payload.Length)
        {
            // The first chunk is small: most partitions of a topic with few events never need more.
            _chunk = new byte[_chunk.Length == 0 ? Math.Max(payload.Length, ChunkBytes / 16) : ChunkBytes];
            _used = 0;
        }

        Memory<byte> place = _chunk.AsMemory(_used, payload.Length);
        payload.CopyTo(place.Span);
        _used += payload.Length;
        return place;
    }
}
