namespace Weir.Engine.Snapshots;

using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using Weir.Engine.Codecs;

/// <summary>
/// Writes a segment: what a key group holds, or with <c>isBase</c> false what changed of it since the segment before.
/// It is a header block, blocks of key records in the order of their hashes, pages of an index and a footer; each of them
/// carries its length and checksum, so that damage anywhere is found and one key can be read alone. Records may be added
/// in any order. Invariant: the same records give the same bytes.
/// </summary>
/// <remarks>
/// Layout: <c>"WEIRSEG3"</c>; blocks of (length 4, CRC-32C of the bytes and the length 4, bytes). A record is (hash 4,
/// length as a varint, bytes), and its bytes begin with the key as a blob and its number; number 0 says that the key went,
/// and nothing follows. Records of one hash come in the order of their bytes. The index has pages of (first hash 4,
/// position 4) of the blocks, above them such pages of pages, level by level, up to a single one, the root. The footer is
/// (position of the first page 8, of the root 8, number of records 8, levels of pages 4, 1 for a base and 0 for changes 4,
/// CRC-32C of the 32 bytes before 4). 1 million records of 30 bytes have 1832 blocks, 4 pages and a root: to find one of
/// them takes two pages of 4 KiB and a block of 16.
/// </remarks>
internal sealed class SegmentWriter(bool isBase = true)
{
    public const int BlockTarget = 16 * 1024;
    public const int FooterSize = 36;
    public const int HeadSize = 8;
    public const int PageEntry = 8;
    private const int PageTarget = 4096 - HeadSize;
    private const int MostOfRecord = 4 + 5;
    private readonly RecordList _records = new();
    private readonly ByteWriter _bytes = new(ArrayPool<byte>.Shared);
    private int _header;

    public static ReadOnlySpan<byte> Magic => "WEIRSEG3"u8;

    /// <summary>Where the header or the current record is written to.</summary>
    public ByteWriter Writer => _bytes;

    /// <summary>Ends the header; key records follow.</summary>
    public void EndHeader() => _header = _bytes.Length;

    /// <summary>Ends the record of a key, which is what was written since the one before it.</summary>
    public void EndRecord(uint hash) => _records.Add(hash, _bytes.Length);

    /// <summary>Adds a record as another segment has it.</summary>
    public void Add(uint hash, ReadOnlySpan<byte> record)
    {
        _bytes.WriteBytes(record);
        EndRecord(hash);
    }

    /// <summary>Adds that a key went.</summary>
    public void AddRemoval(uint hash, ReadOnlySpan<byte> key)
    {
        _bytes.WriteBlob(key);
        _bytes.WriteVarint(0);
        EndRecord(hash);
    }

    /// <summary>Ends the segment and gives its bytes; nothing can be added any more.</summary>
    public ReadOnlyMemory<byte> Finish()
    {
        var file = new ByteWriter(LongestFile());
        file.WriteBytes(Magic);
        int head = BeginBlock(file);
        file.WriteBytes(_bytes.Written[.._header]);
        EndBlock(file, head);
        List<(uint First, uint Position)> pages = WriteRecords(file);
        int indexAt = file.Length;
        int levels = 0;
        for (; pages.Count > 1; levels++)
            pages = WritePages(file, pages);
        Span<byte> footer = file.Reserve(FooterSize);
        BinaryPrimitives.WriteInt64LittleEndian(footer, indexAt);
        BinaryPrimitives.WriteInt64LittleEndian(footer[8..], pages.Count > 0 ? pages[0].Position : indexAt);
        BinaryPrimitives.WriteInt64LittleEndian(footer[16..], _records.Count);
        BinaryPrimitives.WriteInt32LittleEndian(footer[24..], levels);
        BinaryPrimitives.WriteInt32LittleEndian(footer[28..], isBase ? 1 : 0);
        BinaryPrimitives.WriteUInt32LittleEndian(footer[32..], Checksum(footer[..32]));
        _bytes.Return();
        _records.Return();
        return file.WrittenMemory;
    }

    /// <summary>CRC-32C, of some bytes and, behind them, of a number.</summary>
    public static uint Checksum(ReadOnlySpan<byte> bytes, uint number = 0)
    {
        uint crc = uint.MaxValue;
        for (; bytes.Length >= 8; bytes = bytes[8..])
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        foreach (byte value in bytes)
            crc = BitOperations.Crc32C(crc, value);
        return ~BitOperations.Crc32C(crc, number);
    }

    // Of blocks, all but the last are full, and a page has an entry of each: so the file never grows while it is written.
    private int LongestFile()
    {
        int records = _bytes.Length + _records.Count * MostOfRecord;
        return checked(records + (records / BlockTarget + 2) * 2 * (HeadSize + PageEntry) + PageTarget + FooterSize);
    }

    private List<(uint First, uint Position)> WriteRecords(ByteWriter file)
    {
        List<(uint First, uint Position)> blocks = [];
        int head = -1;
        ReadOnlySpan<byte> bytes = _bytes.Written;
        _records.Sort(_bytes, _header);
        for (int place = 0; place < _records.Count; place++)
        {
            (uint hash, int start, int end) = _records.At(place, _header);
            if (head < 0)
            {
                blocks.Add((hash, (uint)file.Length));
                head = BeginBlock(file);
            }

            file.WriteInt32((int)hash);
            file.WriteVarint((uint)(end - start));
            file.WriteBytes(bytes[start..end]);
            if (file.Length - head < BlockTarget)
                continue;
            EndBlock(file, head);
            head = -1;
        }

        if (head >= 0)
            EndBlock(file, head);
        return blocks;
    }

    private static List<(uint First, uint Position)> WritePages(ByteWriter file, List<(uint First, uint Position)> below)
    {
        List<(uint First, uint Position)> pages = [];
        const int entries = PageTarget / PageEntry;
        for (int from = 0; from < below.Count; from += entries)
        {
            pages.Add((below[from].First, (uint)file.Length));
            int head = BeginBlock(file);
            for (int i = from; i < Math.Min(from + entries, below.Count); i++)
            {
                file.WriteInt32((int)below[i].First);
                file.WriteInt32((int)below[i].Position);
            }

            EndBlock(file, head);
        }

        return pages;
    }

    private static int BeginBlock(ByteWriter file)
    {
        file.Reserve(HeadSize);
        return file.Length;
    }

    private static void EndBlock(ByteWriter file, int start)
    {
        int length = file.Length - start;
        Span<byte> head = file.Rewrite(start - HeadSize, HeadSize);
        BinaryPrimitives.WriteInt32LittleEndian(head, length);
        BinaryPrimitives.WriteUInt32LittleEndian(head[4..], Checksum(file.Written[start..], (uint)length));
    }
}
