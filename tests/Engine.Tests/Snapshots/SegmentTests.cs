namespace Weir.Engine.Tests.Snapshots;

using System.Buffers.Binary;
using CsCheck;
using Weir.Engine.Codecs;
using Weir.Engine.Snapshots;

public sealed class SegmentTests
{
    // Few hashes, so that many keys share one.
    private static readonly Gen<(uint Hash, string Key)[]> Records =
        Gen.Select(Gen.UInt[0, 20], Gen.String[0, 300], (hash, key) => (hash, key)).Array[0, 40]
            .Select(records => records.DistinctBy(record => record.key).ToArray());

    [Fact]
    public void Records_ComeBack_AllInOrderAndByKey() => Records.Sample(
        records =>
        {
            var reader = new SegmentReader(Write(records));
            Assert.Equal(records.Length, reader.Count);
            Assert.Equal("header", reader.Header.ReadString());
            StoredRecord[] read = [.. reader.Records()];
            Assert.Equal(records.Order(), read.Select(record => (record.Hash, KeyOf(record))).Order());
            Assert.Equal(read.Order(), read);
            foreach ((uint hash, string key) in records)
            {
                Assert.Equal(key, KeyOf(reader.Find(hash, BytesOf(key))!.Value));
                Assert.Null(reader.Find(21, BytesOf(key)));
            }

            Assert.Null(reader.Find(3, BytesOf("no key")));
        },
        iter: 50);

    /// <summary>The order in which records are added leaves no trace.</summary>
    [Fact]
    public void TheSameRecords_GiveTheSameBytes() => Gen.Select(Records, Gen.Int[0, 1000]).Sample(
        (records, seed) =>
        {
            (uint, string)[] shuffled = [.. records];
            new Random(seed).Shuffle(shuffled);
            Assert.Equal(Write(records), Write(shuffled));
        },
        iter: 50);

    [Fact]
    public void HashesOfAllSizes_AreInOrder() => Gen.UInt.Array[0, 300].Sample(
        hashes =>
        {
            var reader = new SegmentReader(Write([.. hashes.Select((hash, index) => (hash, $"{index}"))]));
            Assert.Equal(hashes.Order(), reader.Records().Select(record => record.Hash));
        },
        iter: 50);

    [Fact]
    public void ManyBlocks_AreReadAlike()
    {
        (uint, string)[] records = [.. Enumerable.Range(0, 3000).Select(i => ((uint)i, $"{i,100}"))];
        byte[] file = Write(records);
        Assert.True(file.Length > 4 * SegmentWriter.BlockTarget);
        var reader = new SegmentReader(file);
        Assert.Equal(3000, reader.Records().Count());
        Assert.All(records, each => Assert.NotNull(reader.Find(each.Item1, BytesOf(each.Item2))));
    }

    [Fact]
    public void CutOff_IsAlwaysFound() => Gen.Select(Records, Gen.Double[0, 0.9999]).Sample(
        (records, part) =>
        {
            byte[] file = Write(records);
            Assert.Throws<CorruptDataException>(() => ReadAll(file.AsMemory(0, (int)(file.Length * part))));
        },
        iter: 200);

    [Fact]
    public void EveryFlippedBit_IsFound()
    {
        byte[] file = Write([(1, "one"), (2, "two"), (1, "three")]);
        for (int bit = 0; bit < file.Length * 8; bit++)
        {
            byte[] damaged = [.. file];
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Throws<CorruptDataException>(() => ReadAll(damaged));
        }
    }

    [Fact]
    public void AnythingElse_IsNoSegment() => Gen.Byte.Array[0, 200].Sample(
        bytes =>
        {
            Assert.Throws<CorruptDataException>(() => ReadAll(bytes));
            Assert.Throws<CorruptDataException>(() => ReadAll((byte[])[.. SegmentWriter.Magic, .. bytes]));
        },
        iter: 200);

    [Fact]
    public void TheSameKeyTwice_IsCorrupt() =>
        Assert.Throws<CorruptDataException>(() => ReadAll(Write([(1, "one"), (2, "two"), (1, "one")])));

    [Fact]
    public void KeysOutOfOrder_AreCorrupt()
    {
        byte[] file = Write([(1, "one"), (2, "two")]);
        int head = SegmentWriter.Magic.Length;
        head += SegmentWriter.HeadSize + BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(head));
        int length = BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(head));
        Span<byte> block = file.AsSpan(head + SegmentWriter.HeadSize, length);
        byte[] swapped = [.. block[(length / 2)..], .. block[..(length / 2)]];
        swapped.CopyTo(block);
        BinaryPrimitives.WriteUInt32LittleEndian(
            file.AsSpan(head + 4), SegmentWriter.Checksum(block, (uint)length));
        Assert.Contains(
            "out of order", Assert.Throws<CorruptDataException>(() => ReadAll(file)).Message, StringComparison.Ordinal);
    }

    private static byte[] Write((uint Hash, string Key)[] records)
    {
        var writer = new SegmentWriter();
        writer.Writer.WriteString("header");
        writer.EndHeader();
        foreach ((uint hash, string key) in records)
        {
            writer.Writer.WriteBlob(BytesOf(key));
            writer.Writer.WriteVarint(1);
            writer.EndRecord(hash);
        }

        return writer.Finish().ToArray();
    }

    private static byte[] BytesOf(string key)
    {
        var writer = new ByteWriter();
        writer.WriteString(key);
        return writer.ToArray();
    }

    private static string KeyOf(StoredRecord record) => new ByteReader(record.Key).ReadString()!;

    private static void ReadAll(ReadOnlyMemory<byte> file)
    {
        var reader = new SegmentReader(file);
        reader.Header.ReadString();
        Assert.True(reader.Records().Count() >= 0);
    }
}
