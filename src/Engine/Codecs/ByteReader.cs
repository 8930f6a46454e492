namespace Weir.Engine.Codecs;

using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

/// <summary>
/// Reads what a <see cref="ByteWriter"/> wrote. Every length is checked against what is left before anything is
/// allocated, so malformed input gives a <see cref="CorruptDataException"/> and nothing else.
/// </summary>
public sealed class ByteReader
{
    private byte[] _buffer = [];
    private int _position;
    private int _end;

    /// <summary>A reader over nothing, to be <see cref="Reset"/>.</summary>
    public ByteReader()
    {
    }

    /// <summary>A reader over <paramref name="bytes"/>.</summary>
    public ByteReader(ReadOnlyMemory<byte> bytes) => Reset(bytes);

    /// <summary>Bytes not read yet.</summary>
    public int Remaining => _end - _position;

    /// <summary>Goes on with other bytes.</summary>
    public void Reset(ReadOnlyMemory<byte> bytes)
    {
        if (!MemoryMarshal.TryGetArray(bytes, out ArraySegment<byte> segment))
            segment = new ArraySegment<byte>(bytes.ToArray());
        _buffer = segment.Array!;
        _position = segment.Offset;
        _end = segment.Offset + segment.Count;
    }

    /// <summary>The next <paramref name="count"/> bytes, without a copy.</summary>
    public ReadOnlySpan<byte> ReadBytes(int count)
    {
        if ((uint)count > (uint)(_end - _position))
            throw new CorruptDataException($"{count} bytes were expected and {_end - _position} are left");
        ReadOnlySpan<byte> span = _buffer.AsSpan(_position, count);
        _position += count;
        return span;
    }

    /// <summary>The next <paramref name="count"/> bytes as memory over the same buffer.</summary>
    public ReadOnlyMemory<byte> ReadMemory(int count)
    {
        int start = _position;
        ReadBytes(count);
        return _buffer.AsMemory(start, count);
    }

    /// <summary>One byte.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte ReadByte() => _position < _end ? _buffer[_position++] : ReadBytes(1)[0];

    /// <summary>One byte that is 0 or 1.</summary>
    public bool ReadBool() => ReadByte() switch
    {
        0 => false,
        1 => true,
        byte other => throw new CorruptDataException($"a flag is {other} instead of 0 or 1"),
    };

    /// <summary>A fixed 32-bit integer.</summary>
    public int ReadInt32() => BinaryPrimitives.ReadInt32LittleEndian(ReadBytes(4));

    /// <summary>A fixed 64-bit integer.</summary>
    public long ReadInt64() => BinaryPrimitives.ReadInt64LittleEndian(ReadBytes(8));

    /// <summary>An unsigned variable-length integer.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong ReadVarint()
    {
        // Most are of one byte, which takes no call.
        if (_position < _end && _buffer[_position] is < 0x80 and byte only)
        {
            _position++;
            return only;
        }

        return ReadLongVarint();
    }

    /// <summary>A signed variable-length integer.</summary>
    public long ReadSigned()
    {
        ulong value = ReadVarint();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    /// <summary>
    /// A count of things that take at least <paramref name="bytesEach"/> bytes each, so that a wrong count can not ask
    /// for more memory than there is input. Things without bytes are limited to 16 million.
    /// </summary>
    public int ReadCount(int bytesEach = 1)
    {
        ulong count = ReadVarint();
        ulong limit = bytesEach > 0 ? (ulong)(Remaining / bytesEach) : 1UL << 24;
        if (count > limit)
            throw new CorruptDataException($"{count} items were announced and {Remaining} bytes are left");
        return (int)count;
    }

    /// <summary>A length and bytes, as memory over the same buffer.</summary>
    public ReadOnlyMemory<byte> ReadBlob() => ReadMemory(ReadCount());

    /// <summary>A string, or null.</summary>
    public string? ReadString()
    {
        ulong length = ReadVarint();
        if (length == 0)
            return null;
        if (length - 1 > (ulong)Remaining)
            throw new CorruptDataException(
                $"a string of {length - 1} bytes was announced and {Remaining} bytes are left");
        return AnyText.Decode(ReadBytes((int)(length - 1)));
    }

    /// <summary>
    /// Enters the frame that comes next: until <see cref="LeaveFrame"/> only its bytes can be read. Returns the outer
    /// end.
    /// </summary>
    public int EnterFrame()
    {
        int size = ReadCount();
        int outer = _end;
        _end = _position + size;
        return outer;
    }

    /// <summary>Leaves a frame, skipping what was not read of it.</summary>
    public void LeaveFrame(int outer)
    {
        _position = _end;
        _end = outer;
    }

    /// <summary>
    /// The bytes in which frames of one size would lie with their lengths, if so many are left and a length takes one
    /// byte, else none: two frames of 3 bytes are 03 .. .. .. 03 .. .. .. . Whether the lengths are right is not checked.
    /// </summary>
    internal ReadOnlySpan<byte> PeekFrames(int size, int count)
    {
        long length = (size + 1L) * count;
        return size is < 1 or >= 0x80 || length > Remaining ? default : _buffer.AsSpan(_position, (int)length);
    }

    /// <summary>Passes bytes that were peeked at.</summary>
    internal void Skip(int bytes) => _position += bytes;

    // Of eight bytes at once, the first without its top bit ends the number; the seven bits of each byte before move
    // together, first in pairs, then in fours and eights: 0x_03_82 holds 0000011 and 0000010, which make 3 * 128 + 2.
    private ulong ReadLongVarint()
    {
        if (_buffer.Length - _position < sizeof(ulong))
            return ReadVarintByBytes();
        ulong bytes = BinaryPrimitives.ReadUInt64LittleEndian(_buffer.AsSpan(_position));
        int bits = BitOperations.TrailingZeroCount(~bytes & 0x8080808080808080) + 1;
        int count = bits >> 3;
        if (bits > 64 || count > _end - _position)
            return ReadVarintByBytes();
        _position += count;
        bytes &= 0x7F7F7F7F7F7F7F7F & (ulong.MaxValue >> (64 - bits));
        bytes = (bytes & 0x007F007F007F007F) | ((bytes & 0x7F007F007F007F00) >> 1);
        bytes = (bytes & 0x00003FFF00003FFF) | ((bytes & 0x3FFF00003FFF0000) >> 2);
        return (bytes & 0x000000000FFFFFFF) | ((bytes & 0x0FFFFFFF00000000) >> 4);
    }

    private ulong ReadVarintByBytes()
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            byte part = ReadByte();
            if (shift == 63 && part > 1)
                break;
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80)
                return value;
        }

        throw new CorruptDataException("a variable-length integer is longer than 64 bits");
    }
}
