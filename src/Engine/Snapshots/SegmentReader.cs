namespace Weir.Engine.Snapshots;

using System.Buffers.Binary;
using Weir.Engine.Codecs;

/// <summary>
/// Reads a segment. Opening checks the footer; the header, a page of the index and a block of records are checked when
/// they are read. Anything wrong is a <see cref="CorruptDataException"/>.
/// </summary>
internal sealed class SegmentReader
{
    private const int HeadSize = SegmentWriter.HeadSize;
    private const int MaxLevels = 8;
    private readonly ISegmentBytes _file;
    private readonly long _indexAt;
    private readonly long _rootAt;
    private readonly long _footerAt;
    private readonly int _levels;
    private ReadOnlyMemory<byte>? _header;
    private long _firstRecordBlock;

    public SegmentReader(ReadOnlyMemory<byte> file)
        : this(new SegmentMemory(file))
    {
    }

    public SegmentReader(ISegmentBytes file)
    {
        _file = file;
        ReadOnlySpan<byte> magic = SegmentWriter.Magic;
        _footerAt = file.Length - SegmentWriter.FooterSize;
        if (_footerAt < magic.Length + HeadSize)
            throw new CorruptDataException("this is not a segment, or it was cut off");
        Span<byte> bytes = stackalloc byte[SegmentWriter.FooterSize];
        file.Read(0, bytes[..magic.Length]);
        if (!bytes[..magic.Length].SequenceEqual(magic))
            throw new CorruptDataException("this is not a segment, or one of another version");
        file.Read(_footerAt, bytes);
        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes[32..]) != SegmentWriter.Checksum(bytes[..32]))
            throw new CorruptDataException("the footer of the segment does not match its checksum");
        _indexAt = BinaryPrimitives.ReadInt64LittleEndian(bytes);
        _rootAt = BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]);
        Count = BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]);
        _levels = BinaryPrimitives.ReadInt32LittleEndian(bytes[24..]);
        int kind = BinaryPrimitives.ReadInt32LittleEndian(bytes[28..]);
        bool isInOrder = magic.Length <= _indexAt && _indexAt <= _footerAt;
        if (!isInOrder || Count < 0 || _levels is < 0 or > MaxLevels || kind is not (0 or 1))
            throw new CorruptDataException("the footer of the segment says what can not be");
        IsBase = kind == 1;
    }

    /// <summary>Whether it holds everything, and not just what changed since the segment before it.</summary>
    public bool IsBase { get; }

    /// <summary>Number of key records, with those of keys that went.</summary>
    public long Count { get; }

    /// <summary>The header block, from its beginning.</summary>
    public ByteReader Header => new(HeaderBytes());

    /// <summary>
    /// All key records in their order, which is that of their hashes; behind the last one the index has been checked too.
    /// </summary>
    public IEnumerable<StoredRecord> Records()
    {
        HeaderBytes();
        var reader = new ByteReader();
        var scratch = new ByteReader();
        StoredRecord last = default;
        long seen = 0;
        long at = _firstRecordBlock;
        while (at < _indexAt)
        {
            reader.Reset(Block(at, _indexAt, out at));
            for (; reader.Remaining > 0; seen++)
            {
                StoredRecord record = Next(reader, scratch);
                if (seen > 0 && last.CompareTo(record) >= 0)
                    throw new CorruptDataException("the segment holds the same key twice, or keys out of order");
                if (IsBase && record.Birth == 0)
                    throw new CorruptDataException("a base says that a key went");
                yield return last = record;
            }
        }

        if (seen != Count || at != _indexAt)
            throw new CorruptDataException($"{seen} of {Count} key records were found");
        CheckIndex();
    }

    /// <summary>The record of a key, or null.</summary>
    public StoredRecord? Find(uint hash, ReadOnlySpan<byte> key)
    {
        if (Count == 0)
            return null;
        HeaderBytes();
        var reader = new ByteReader();
        var scratch = new ByteReader();
        for (long at = FirstBlockOf(hash); at < _indexAt;)
        {
            reader.Reset(Block(at, _indexAt, out at));
            while (reader.Remaining > 0)
            {
                StoredRecord record = Next(reader, scratch);
                if (record.Hash > hash)
                    return null;
                if (record.Hash == hash && record.Key.Span.SequenceEqual(key))
                    return record;
            }
        }

        return null;
    }

    private static StoredRecord Next(ByteReader block, ByteReader scratch)
    {
        uint hash = (uint)block.ReadInt32();
        return StoredRecord.Read(hash, block.ReadBlob(), scratch);
    }

    // Records of one hash may begin at the end of one block and go on in the next: the last one that begins below it.
    private long FirstBlockOf(uint hash)
    {
        long at = _rootAt;
        for (int level = 0; level < _levels; level++)
        {
            if (at < _indexAt)
                throw new CorruptDataException("a page of the index points to one that is none");
            ReadOnlySpan<byte> page = Block(at, _footerAt, out _).Span;
            if (page.Length < SegmentWriter.PageEntry)
                throw new CorruptDataException("a page of the index is empty");
            int child = Math.Max(LowerBound(page, hash) - 1, 0);
            at = BinaryPrimitives.ReadUInt32LittleEndian(page[(child * SegmentWriter.PageEntry + 4)..]);
        }

        return at >= _firstRecordBlock && at < _indexAt
            ? at
            : throw new CorruptDataException("a page of the index points to no block of records");
    }

    private void CheckIndex()
    {
        long at = _indexAt;
        while (at < _footerAt)
            Block(at, _footerAt, out at);
    }

    private static int LowerBound(ReadOnlySpan<byte> page, uint hash)
    {
        int low = 0;
        int high = page.Length / SegmentWriter.PageEntry;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (BinaryPrimitives.ReadUInt32LittleEndian(page[(middle * SegmentWriter.PageEntry)..]) < hash)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }

    private ReadOnlyMemory<byte> HeaderBytes()
    {
        if (_header is { } known)
            return known;
        ReadOnlyMemory<byte> header = Block(SegmentWriter.Magic.Length, _indexAt, out _firstRecordBlock);
        _header = header;
        return header;
    }

    private ReadOnlyMemory<byte> Block(long at, long end, out long next)
    {
        Span<byte> head = stackalloc byte[HeadSize];
        if (at < 0 || at > end - HeadSize)
            throw new CorruptDataException("a block of the segment lies outside of it");
        _file.Read(at, head);
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(head);
        if (length > end - HeadSize - at)
            throw new CorruptDataException("a block of the segment is longer than the segment");
        ReadOnlyMemory<byte> bytes = Bytes(at + HeadSize, (int)length);
        if (BinaryPrimitives.ReadUInt32LittleEndian(head[4..]) != SegmentWriter.Checksum(bytes.Span, length))
            throw new CorruptDataException("a block of the segment does not match its checksum");
        next = at + HeadSize + length;
        return bytes;
    }

    private ReadOnlyMemory<byte> Bytes(long at, int length)
    {
        if (_file is SegmentMemory memory)
            return memory.Bytes.Slice((int)at, length);
        var bytes = new byte[length];
        _file.Read(at, bytes);
        return bytes;
    }
}
