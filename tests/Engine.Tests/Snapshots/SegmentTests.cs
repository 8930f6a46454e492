namespace Weir.Engine.Tests.Snapshots;

using CsCheck;
using Weir.Engine.Codecs;
using Weir.Engine.Snapshots;

public sealed class SegmentTests
{
    private static readonly Gen<(uint Hash, string Text)[]> Records =
        Gen.Select(Gen.UInt[0, 20], Gen.String[0, 300], (hash, text) => (hash, text)).Array[0, 40];

    [Fact]
    public void Records_ComeBack_AllInOrderAndByHash() => Records.Sample(
        records =>
        {
            var reader = new SegmentReader(Write(records));
            Assert.Equal(records.Length, reader.Records);
            Assert.Equal("header", reader.Header.ReadString());
            Assert.Equal(records.Select(each => each.Text), reader.AllRecords().Select(each => each.ReadString()!));
            foreach (uint hash in records.Select(each => each.Hash).Append(21u).Distinct())
            {
                Assert.Equal(
                    records.Where(each => each.Hash == hash).Select(each => each.Text),
                    reader.RecordsOf(hash).Select(each => each.ReadString()!));
            }
        },
        iter: 50);

    [Fact]
    public void ManyBlocks_AreReadAlike()
    {
        (uint, string)[] records = [.. Enumerable.Range(0, 3000).Select(i => ((uint)i, new string('x', 100)))];
        byte[] file = Write(records);
        Assert.True(file.Length > 4 * SegmentWriter.BlockTarget);
        var reader = new SegmentReader(file);
        Assert.Equal(3000, reader.AllRecords().Count(each => each.ReadString()!.Length == 100));
        Assert.Equal(100, reader.RecordsOf(2999).Single().ReadString()!.Length);
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
    public void WhatIsNotUnderstood_IsCorrupt()
    {
        var reader = new SegmentReader(Write([(1, "one")]));
        Assert.Throws<CorruptDataException>(() => reader.AllRecords().Count());
    }

    private static byte[] Write((uint Hash, string Text)[] records)
    {
        var writer = new SegmentWriter();
        writer.Writer.WriteString("header");
        writer.EndHeader();
        foreach ((uint hash, string text) in records)
        {
            int start = writer.BeginRecord(hash);
            writer.Writer.WriteString(text);
            writer.EndRecord(start);
        }

        return writer.Finish();
    }

    private static void ReadAll(ReadOnlyMemory<byte> file)
    {
        var reader = new SegmentReader(file);
        reader.Header.ReadString();
        foreach (ByteReader record in reader.AllRecords())
            record.ReadString();
    }
}
