namespace Weir.Engine.Codecs;

using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;

/// <summary>
/// A growing buffer that codecs write to. Little-endian; integers that are mostly small are variable-length (7 bits a
/// byte, the high bit says that more follow). Reused through <see cref="Clear"/>, so that writing allocates nothing
/// once the buffer has its size.
/// </summary>
public sealed class ByteWriter
{
    private const int LongestVarint = 10;
    private const int MostExpected = 64 * 1024;
    private const int LeastRented = 32;
    private readonly ArrayPool<byte>? _pool;
    private byte[] _buffer;
    private int _length;
    private int _expected;

    /// <summary>An empty writer with room for <paramref name="capacity"/> bytes.</summary>
    public ByteWriter(int capacity = 256) => _buffer = NewBuffer(capacity);

    /// <summary>
    /// A writer with buffers of a pool, for much that is written and forgotten. What was written must not be held beyond
    /// <see cref="Return"/> or the next write; what was given away goes back by <see cref="PooledBytes.Return"/>.
    /// </summary>
    internal ByteWriter(ArrayPool<byte> pool)
        : this(0) => _pool = pool;

    /// <summary>Bytes written since the last <see cref="Clear"/>.</summary>
    public int Length => _length;

    /// <summary>What was written; valid until the next write.</summary>
    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, _length);

    /// <summary>What was written, as memory over the writer's own buffer; valid until the next write.</summary>
    public ReadOnlyMemory<byte> WrittenMemory => _buffer.AsMemory(0, _length);

    /// <summary>A copy of what was written.</summary>
    public byte[] ToArray() => Written.ToArray();

    /// <summary>Forgets what was written and keeps the buffer.</summary>
    public void Clear() => _length = 0;

    /// <summary>Gives the written bytes away and goes on without a buffer until something is written.</summary>
    public ReadOnlyMemory<byte> Detach()
    {
        ReadOnlyMemory<byte> written =
            IsRented(out ArrayPool<byte>? pool) ? PooledBytes.Of(pool, _buffer, _length) : _buffer.AsMemory(0, _length);

        // What follows is mostly as long; a little of much that was given away must not hold as much again.
        _expected = Math.Min(_length, MostExpected);
        _buffer = NewBuffer(0);
        _length = 0;
        return written;
    }

    /// <summary>Forgets everything after the first <paramref name="length"/> bytes.</summary>
    public void Truncate(int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)length, (uint)_length, nameof(length));
        _length = length;
    }

    /// <summary>Room for <paramref name="count"/> bytes, counted as written; the caller fills all of it.</summary>
    public Span<byte> Reserve(int count)
    {
        if (_buffer.Length - _length < count)
            Grow(count);
        Span<byte> span = _buffer.AsSpan(_length, count);
        _length += count;
        return span;
    }

    /// <summary>Bytes that were written already, to be overwritten.</summary>
    internal Span<byte> Rewrite(int from, int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(from + count, _length, nameof(count));
        return _buffer.AsSpan(from, count);
    }

    /// <summary>One byte.</summary>
    public void WriteByte(byte value)
    {
        if (_length == _buffer.Length)
            Grow(1);
        _buffer[_length++] = value;
    }

    /// <summary>One byte, 0 or 1.</summary>
    public void WriteBool(bool value) => WriteByte(value ? (byte)1 : (byte)0);

    /// <summary>A fixed 32-bit integer.</summary>
    public void WriteInt32(int value) => BinaryPrimitives.WriteInt32LittleEndian(Reserve(4), value);

    /// <summary>A fixed 64-bit integer.</summary>
    public void WriteInt64(long value) => BinaryPrimitives.WriteInt64LittleEndian(Reserve(8), value);

    /// <summary>An unsigned variable-length integer, 1 to 10 bytes.</summary>
    public void WriteVarint(ulong value)
    {
        if (_buffer.Length - _length < LongestVarint)
            Grow(LongestVarint);
        byte[] buffer = _buffer;
        int at = _length;
        for (; value >= 0x80; value >>= 7)
            buffer[at++] = (byte)(value | 0x80);
        buffer[at++] = (byte)value;
        _length = at;
    }

    /// <summary>A signed variable-length integer; small magnitudes of either sign are short (zigzag).</summary>
    public void WriteSigned(long value) => WriteVarint((ulong)(value << 1) ^ (ulong)(value >> 63));

    /// <summary>Bytes as they are, without a length.</summary>
    public void WriteBytes(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Reserve(bytes.Length));

    /// <summary>A length and bytes.</summary>
    public void WriteBlob(ReadOnlySpan<byte> bytes)
    {
        WriteVarint((ulong)bytes.Length);
        WriteBytes(bytes);
    }

    /// <summary>
    /// A string in UTF-8 with its length plus 1; 0 stands for null. Text that UTF-8 can not hold, with half of a
    /// surrogate pair alone, comes back as it was.
    /// </summary>
    public void WriteString(string? value)
    {
        if (value is null)
        {
            WriteByte(0);
            return;
        }

        // Most text is ASCII: then its length is known, and it is looked at once only.
        int before = _length;
        WriteVarint((ulong)value.Length + 1);
        if (Ascii.FromUtf16(value, Reserve(value.Length), out _) == OperationStatus.Done)
            return;
        _length = before;

        // Half of a surrogate pair alone is counted as the three bytes of its replacement, which is what it takes.
        int count = Encoding.UTF8.GetByteCount(value);
        WriteVarint((ulong)count + 1);
        AnyText.Encode(value, Reserve(count));
    }

    /// <summary>
    /// Begins a frame: bytes preceded by their own count. Returns the start to give to <see cref="EndFrame"/>.
    /// </summary>
    public int BeginFrame()
    {
        WriteByte(0);
        return _length;
    }

    /// <summary>Ends the frame that began at <paramref name="start"/>. Frames above 127 bytes are moved once.</summary>
    public void EndFrame(int start)
    {
        int size = _length - start;
        if (size < 0x80)
        {
            _buffer[start - 1] = (byte)size;
            return;
        }

        int prefix = 1;
        for (uint rest = (uint)size; rest >= 0x80; rest >>= 7)
            prefix++;
        Reserve(prefix - 1);
        _buffer.AsSpan(start, size).CopyTo(_buffer.AsSpan(start + prefix - 1));
        uint value = (uint)size;
        int at = start - 1;
        for (; value >= 0x80; value >>= 7)
            _buffer[at++] = (byte)(value | 0x80);
        _buffer[at] = (byte)value;
    }

    /// <summary>Gives the buffer back to the pool; the writer is empty then.</summary>
    internal void Return()
    {
        if (IsRented(out ArrayPool<byte>? pool))
            pool.Return(_buffer);
        _buffer = NewBuffer(0);
        _length = 0;
    }

    private void Grow(int count)
    {
        int length = Math.Max(Math.Max(_buffer.Length * 2, _expected), checked(_length + count));
        byte[] larger = _pool?.Rent(Math.Max(length, LeastRented)) ?? NewBuffer(length);
        Written.CopyTo(larger);
        if (IsRented(out ArrayPool<byte>? pool))
            pool.Return(_buffer);
        _buffer = larger;
    }

    // Before anything is written the buffer is no pool's, and smaller than all of those.
    private bool IsRented([NotNullWhen(true)] out ArrayPool<byte>? pool)
    {
        pool = _pool;
        return pool is not null && _buffer.Length >= LeastRented;
    }

    // What was not written is never shown, so it need not be cleared.
    private static byte[] NewBuffer(int length) => GC.AllocateUninitializedArray<byte>(Math.Max(length, 16));
}
