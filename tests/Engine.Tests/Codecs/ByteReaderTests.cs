namespace Weir.Engine.Tests.Codecs;

using CsCheck;
using Weir.Engine.Codecs;

public sealed class ByteReaderTests
{
    [Fact]
    public void Integers_RoundTrip_InFewBytes() => Gen.Select(Gen.ULong, Gen.Long, Gen.Int).Sample((u, s, i) =>
    {
        var writer = new ByteWriter(0);
        writer.WriteVarint(u);
        writer.WriteSigned(s);
        writer.WriteInt32(i);
        writer.WriteInt64(s);
        writer.WriteBool(true);
        Assert.InRange(writer.Length, 15, 33);
        var reader = new ByteReader(writer.ToArray());
        Assert.Equal((u, s, i, s, true), (
            reader.ReadVarint(), reader.ReadSigned(), reader.ReadInt32(), reader.ReadInt64(), reader.ReadBool()));
        Assert.Equal(0, reader.Remaining);
    });

    [Fact]
    public void AnInteger_EndsWhereItDoes_WhateverStandsBehind()
    {
        for (int bits = 0; bits < 64; bits++)
        {
            foreach (ulong value in new[] { 1UL << bits, (1UL << bits) - 1, ulong.MaxValue >> bits })
            {
                var writer = new ByteWriter();
                writer.WriteVarint(value);
                byte[] bytes = writer.ToArray();
                for (byte behind = 0; behind < 20; behind++)
                {
                    var reader = new ByteReader((byte[])[.. bytes, .. Enumerable.Repeat((byte)0xFF, behind)]);
                    Assert.Equal((value, behind), (reader.ReadVarint(), reader.Remaining));
                    Corrupt([(byte)(bytes.Length - 1), .. bytes, .. new byte[behind]], cut =>
                    {
                        cut.EnterFrame();
                        cut.ReadVarint();
                    });
                }
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(127)]
    [InlineData(128)]
    [InlineData(16_384)]
    [InlineData(100_000)]
    public void Frames_HoldWhatIsInThem(int size)
    {
        var writer = new ByteWriter(0);
        int outer = writer.BeginFrame();
        int inner = writer.BeginFrame();
        writer.WriteBytes(new byte[size]);
        writer.EndFrame(inner);
        writer.WriteByte(7);
        writer.EndFrame(outer);
        writer.WriteByte(9);

        var reader = new ByteReader(writer.ToArray());
        int afterOuter = reader.EnterFrame();
        int afterInner = reader.EnterFrame();
        Assert.Equal(size, reader.Remaining);
        reader.LeaveFrame(afterInner);
        Assert.Equal(7, reader.ReadByte());
        Assert.Throws<CorruptDataException>(() => reader.ReadByte());
        reader.LeaveFrame(afterOuter);
        Assert.Equal(9, reader.ReadByte());
    }

    [Fact]
    public void WhatIsNotThere_IsCorrupt()
    {
        Corrupt([2], reader => reader.ReadBool());
        Corrupt([0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 2], reader => reader.ReadVarint());
        Corrupt([5, 1], reader => reader.ReadBlob());
        Corrupt([5, (byte)'a'], reader => reader.ReadString());
        Corrupt([3, 0xC3, 0x28], reader => reader.ReadString());
        Corrupt([4, 0xED, 0xA0, 0x28], reader => reader.ReadString());
        Corrupt([9], reader => reader.EnterFrame());
        Corrupt([0x80, 0x80, 0x80, 0x10], reader => reader.ReadCount(0));
        Corrupt([1, 2, 3], reader => reader.ReadInt32());
    }

    [Fact]
    public void AReader_OverPartOfABuffer_SeesThatPart()
    {
        var reader = new ByteReader(new byte[] { 1, 2, 3, 4 }.AsMemory(1, 2));
        Assert.Equal((2, 3, 0), (reader.ReadByte(), reader.ReadByte(), reader.Remaining));
    }

    [Fact]
    public void Writer_IsReusedAndDetached()
    {
        var writer = new ByteWriter();
        writer.WriteString("first");
        ReadOnlyMemory<byte> first = writer.Detach();
        writer.WriteString("second");
        writer.Truncate(0);
        writer.WriteString(null);
        Assert.Equal("first", new ByteReader(first).ReadString());
        Assert.Null(new ByteReader(writer.WrittenMemory).ReadString());
        Assert.Throws<ArgumentOutOfRangeException>(() => writer.Truncate(5));
    }

    private static void Corrupt(byte[] bytes, Action<ByteReader> read) =>
        Assert.Throws<CorruptDataException>(() => read(new ByteReader(bytes)));
}
