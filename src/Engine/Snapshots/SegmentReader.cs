namespace Weir.Engine.Snapshots;

using System.Buffers.Binary;
using Weir.Engine.Codecs;

/// <summary>
/// Reads a segment. Opening checks the footer, the header and the index; a block of records is checked when it is
/// read. Anything wrong is a <see cref="CorruptDataException"/>.
/// </summary>
internal sealed class SegmentReader
{
    private const int FooterSize = 20;
    private readonly ReadOnlyMemory<byte> _file;
    private readonly ReadOnlyMemory<byte> _index;
    private readonly int _firstRecordBlock;
    private readonly int _indexAt;

    public SegmentReader(ReadOnlyMemory<byte> file)
    {
        _file = file;
        ReadOnlySpan<byte> magic = SegmentWriter.Magic;
        if (file.Length < magic.Length + FooterSize || !file.Span[..magic.Length].SequenceEqual(magic))
            throw new CorruptDataException("this is not a segment, or it was cut off");
        ReadOnlySpan<byte> footer = file.Span[^FooterSize..];
        if (BinaryPrimitives.ReadUInt32LittleEndian(footer[16..]) != SegmentWriter.Checksum(footer[..16]))
            throw new CorruptDataException("the footer of the segment does not match its checksum");
        long indexAt = BinaryPrimitives.ReadInt64LittleEndian(footer);
        Records = BinaryPrimitives.ReadInt64LittleEndian(footer[8..]);
        if (indexAt < magic.Length || indexAt > file.Length - FooterSize)
            throw new CorruptDataException("the index of the segment lies outside of it");
        _indexAt = (int)indexAt;
        _index = Block(_indexAt, out int end);
        if (end != file.Length - FooterSize || Records != _index.Length / 12 || _index.Length % 12 != 0)
            throw new CorruptDataException("the index of the segment has the wrong length");
        Header = new ByteReader(Block(magic.Length, out _firstRecordBlock));
    }

    /// <summary>Number of key records.</summary>
    public long Records { get; }

    /// <summary>The header block.</summary>
    public ByteReader Header { get; }

    /// <summary>
    /// All key records in the order in which they were written. The reader is reused from one to the next.
    /// </summary>
    public IEnumerable<ByteReader> AllRecords()
    {
        var reader = new ByteReader();
        long seen = 0;
        int at = _firstRecordBlock;
        while (at < _indexAt)
        {
            reader.Reset(Block(at, out at));
            while (reader.Remaining > 0)
            {
                int outer = reader.EnterFrame();
                seen++;
                yield return reader;
                if (reader.Remaining > 0)
                    throw new CorruptDataException($"{reader.Remaining} bytes of a key's record were not understood");
                reader.LeaveFrame(outer);
            }
        }

        if (seen != Records || at != _indexAt)
            throw new CorruptDataException($"{seen} of {Records} key records were found");
    }

    /// <summary>The records whose key has this hash; the caller compares the keys.</summary>
    public IEnumerable<ByteReader> RecordsOf(uint hash)
    {
        for (int i = LowerBound(hash); i < Records && HashAt(i) == hash; i++)
        {
            (int block, int offset) = PlaceAt(i);
            ReadOnlyMemory<byte> bytes = Block(block, out _);
            if ((uint)offset >= (uint)bytes.Length)
                throw new CorruptDataException("the index of the segment points outside of a block");
            var reader = new ByteReader(bytes[offset..]);
            reader.EnterFrame();
            yield return reader;
        }
    }

    private uint HashAt(int entry) => BinaryPrimitives.ReadUInt32LittleEndian(_index.Span[(entry * 12)..]);

    private (int Block, int Offset) PlaceAt(int entry) => (
        BinaryPrimitives.ReadInt32LittleEndian(_index.Span[(entry * 12 + 4)..]),
        BinaryPrimitives.ReadInt32LittleEndian(_index.Span[(entry * 12 + 8)..]));

    private int LowerBound(uint hash)
    {
        int low = 0;
        int high = (int)Records;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (HashAt(middle) < hash)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }

    private ReadOnlyMemory<byte> Block(int at, out int next)
    {
        ReadOnlySpan<byte> file = _file.Span;
        if (at < 0 || at > file.Length - FooterSize - 8)
            throw new CorruptDataException("a block of the segment lies outside of it");
        int length = BinaryPrimitives.ReadInt32LittleEndian(file[at..]);
        if (length < 0 || length > file.Length - FooterSize - 8 - at)
            throw new CorruptDataException("a block of the segment is longer than the segment");
        ReadOnlyMemory<byte> bytes = _file.Slice(at + 8, length);
        if (BinaryPrimitives.ReadUInt32LittleEndian(file[(at + 4)..]) != SegmentWriter.Checksum(bytes.Span))
            throw new CorruptDataException("a block of the segment does not match its checksum");
        next = at + 8 + length;
        return bytes;
    }
}
