namespace Weir.Engine.Tests.Codecs;

using CsCheck;
using Weir.Engine.Codecs;

/// <summary>Values in frames one behind the other: reading many at once gives what reading each would.</summary>
public sealed class FrameTests
{
    [Fact]
    public void ManyAtOnce_AreWhatEachWouldBe()
    {
        ReadsAlike(Gen.Select(Gen.Long, Gen.Long, Gen.Int, Gen.Int).Select(each => new Small(each.Item1, each.Item2)));
        ReadsAlike(Gen.Int[-5, 500].Select(number => $"{number}"));
        ReadsAlike(Gen.Long.Select(number => new Wide(default, default, default, default, new Four(0, 0, 0, number))));
    }

    [Fact]
    public void SoManyBytesAreSeenAsFramesOfOneSizeTake_AndNoneIsPassed()
    {
        byte[] bytes = [2, 1, 1, 2, 7, 8, 3, 1, 1, 1];
        var reader = new ByteReader(bytes);
        Assert.Equal(bytes[..6], reader.PeekFrames(2, 2).ToArray());
        Assert.Equal(0, reader.PeekFrames(2, 4).Length);
        Assert.Equal(0, reader.PeekFrames(0, 1).Length);
        Assert.Equal(0, reader.PeekFrames(128, 1).Length);
        Assert.Equal(bytes.Length, reader.Remaining);
        reader.Skip(6);
        Assert.Equal(4, reader.Remaining);
    }

    [Fact]
    public void FramesOfAnotherSizeAmongThem_AreReadAsEachIs()
    {
        Codec<Small> codec = new CodecRegistry().For<Small>();
        var writer = new ByteWriter();
        Frame(writer, codec, new Small(1, 2));
        writer.WriteVarint(17);
        codec.Write(writer, new Small(3, 4));
        writer.WriteBool(true);
        var reader = new ByteReader(writer.ToArray());
        Assert.Throws<CorruptDataException>(() => codec.ReadFrames(reader, new Small[2]));
        ReadOnlyMemory<byte> cut = writer.ToArray().AsMemory(0, writer.Written.Length - 2);
        Assert.Throws<CorruptDataException>(() => codec.ReadFrames(new ByteReader(cut), new Small[2]));
    }

    [Fact]
    public void AFrameThatIsTooLongOrTooShort_IsRefused()
    {
        Codec<Small> codec = new CodecRegistry().For<Small>();
        foreach (int extra in new[] { -1, 1 })
        {
            var writer = new ByteWriter();
            writer.WriteVarint((ulong)(16 + extra));
            writer.WriteBytes(new byte[16 + extra]);
            Assert.Throws<CorruptDataException>(() => codec.ReadFrames(new ByteReader(writer.ToArray()), new Small[1]));
        }
    }

    private static void ReadsAlike<T>(Gen<T> gen)
    {
        Codec<T> codec = new CodecRegistry().For<T>();
        gen.Array[0, 20].Sample(values =>
        {
            var writer = new ByteWriter();
            foreach (T value in values)
                Frame(writer, codec, value);

            writer.WriteBool(true);
            var reader = new ByteReader(writer.ToArray());
            var read = new T[values.Length];
            codec.ReadFrames(reader, read);
            Assert.Equal(values, read);
            Assert.Equal(1, reader.Remaining);
        });
    }

    private static void Frame<T>(ByteWriter writer, Codec<T> codec, T value)
    {
        int start = writer.BeginFrame();
        codec.Write(writer, value);
        writer.EndFrame(start);
    }

    public readonly record struct Small(long First, long Second);

    public readonly record struct Four(long First, long Second, long Third, long Fourth);

    /// <summary>Its frames have lengths of two bytes.</summary>
    public readonly record struct Wide(Four First, Four Second, Four Third, Four Fourth, Four Fifth);
}
