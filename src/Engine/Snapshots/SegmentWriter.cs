namespace Weir.Engine.Snapshots;

using System.Buffers.Binary;
using System.Numerics;
using Weir.Engine.Codecs;

/// <summary>
/// Writes a segment: the bytes of one key group. It is a header block, blocks of key records, an index of keys and a
/// footer; every block carries its length and checksum, so that damage anywhere is found and one key can be read alone.
/// </summary>
/// <remarks>
/// Layout: <c>"WEIRSEG1"</c>; blocks of (length 4, CRC-32C 4, bytes); the index is a block of (hash 4, block 4,
/// offset 4) ordered by hash; the footer is (position of the index block 8, number of records 8, CRC-32C of the
/// 16 bytes before 4).
/// </remarks>
internal sealed class SegmentWriter
{
    public const int BlockTarget = 64 * 1024;
    private readonly ByteWriter _file = new(BlockTarget);
    private readonly ByteWriter _block = new(BlockTarget);
    private readonly List<(uint Hash, int Block, int Offset)> _index = [];
    private readonly List<int> _blocks = [];

    public SegmentWriter() => _file.WriteBytes(Magic);

    public static ReadOnlySpan<byte> Magic => "WEIRSEG1"u8;

    /// <summary>Where the current block is written to.</summary>
    public ByteWriter Writer => _block;

    /// <summary>Ends the header; key records follow.</summary>
    public void EndHeader() => EndBlock();

    /// <summary>Begins the record of a key; returns what to give to <see cref="EndRecord"/>.</summary>
    public int BeginRecord(uint hash)
    {
        _index.Add((hash, _blocks.Count, _block.Length));
        return _block.BeginFrame();
    }

    /// <summary>Ends the record of a key.</summary>
    public void EndRecord(int start)
    {
        _block.EndFrame(start);
        if (_block.Length >= BlockTarget)
            EndBlock();
    }

    /// <summary>Ends the segment and gives its bytes.</summary>
    public byte[] Finish()
    {
        if (_block.Length > 0)
            EndBlock();
        long indexAt = _file.Length;
        foreach ((uint hash, int block, int offset) in _index.OrderBy(entry => entry.Hash))
        {
            _block.WriteInt32((int)hash);
            _block.WriteInt32(_blocks[block]);
            _block.WriteInt32(offset);
        }

        EndBlock();
        Span<byte> footer = stackalloc byte[16];
        BinaryPrimitives.WriteInt64LittleEndian(footer, indexAt);
        BinaryPrimitives.WriteInt64LittleEndian(footer[8..], _index.Count);
        _file.WriteBytes(footer);
        _file.WriteInt32((int)Checksum(footer));
        return _file.ToArray();
    }

    public static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        for (; bytes.Length >= 8; bytes = bytes[8..])
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        foreach (byte value in bytes)
            crc = BitOperations.Crc32C(crc, value);
        return ~crc;
    }

    private void EndBlock()
    {
        _blocks.Add(_file.Length);
        _file.WriteInt32(_block.Length);
        _file.WriteInt32((int)Checksum(_block.Written));
        _file.WriteBytes(_block.Written);
        _block.Clear();
    }
}
