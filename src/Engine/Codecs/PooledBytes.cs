namespace Weir.Engine.Codecs;

using System.Buffers;
using System.Runtime.InteropServices;

/// <summary>
/// Bytes in an array of a pool, until whoever has been given them returns them. Invariant: memory over them throws from
/// then on, rather than show what somebody else writes there; bytes that nobody returns are the collector's.
/// </summary>
internal sealed class PooledBytes : MemoryManager<byte>
{
    private readonly ArrayPool<byte> _pool;
    private byte[]? _array;

    private PooledBytes(ArrayPool<byte> pool, byte[] array)
    {
        _pool = pool;
        _array = array;
    }

    private byte[] Bytes => _array ?? throw new ObjectDisposedException(
        nameof(PooledBytes), "These bytes were given back to their pool: who still reads them has kept them too long.");

    /// <summary>The first <paramref name="length"/> bytes of an array that was rented.</summary>
    public static ReadOnlyMemory<byte> Of(ArrayPool<byte> pool, byte[] array, int length) =>
        new PooledBytes(pool, array).CreateMemory(length);

    /// <summary>Gives the array below some memory back, if it is one of a pool and was not given back yet.</summary>
    public static void Return(ReadOnlyMemory<byte> memory)
    {
        if (MemoryMarshal.TryGetMemoryManager(memory, out PooledBytes? pooled))
            ((IDisposable)pooled).Dispose();
    }

    /// <inheritdoc/>
    public override Span<byte> GetSpan() => Bytes;

    /// <inheritdoc/>
    public override MemoryHandle Pin(int elementIndex = 0) => Bytes.AsMemory(elementIndex).Pin();

    /// <inheritdoc/>
    public override void Unpin()
    {
        // The handle that was given holds the array itself.
    }

    /// <inheritdoc/>
    protected override bool TryGetArray(out ArraySegment<byte> segment)
    {
        segment = Bytes;
        return true;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (Interlocked.Exchange(ref _array, null) is { } array)
            _pool.Return(array);
    }
}
