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
    public void FramesOfOneSize_AreTakenTogether_AndOthersAreLeft()
    {
        byte[] bytes = [2, 1, 1, 2, 7, 8, 3, 1, 1, 1];
        var reader = new ByteReader(bytes);
        Assert.False(reader.TryReadFrames(2, 3, out _));
        Assert.False(reader.TryReadFrames(3, 1, out _));
        Assert.False(reader.TryReadFrames(2, 4, out _));
        Assert.False(reader.TryReadFrames(0, 1, out _));
        Assert.Equal(bytes.Length, reader.Remaining);
        Assert.True(reader.TryReadFrames(2, 2, out ReadOnlySpan<byte> frames));
        Assert.Equal(bytes[..6], frames.ToArray());
        Assert.Equal(4, reader.Remaining);
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
            {
                int start = writer.BeginFrame();
                codec.Write(writer, value);
                writer.EndFrame(start);
            }

            writer.WriteBool(true);
            var reader = new ByteReader(writer.ToArray());
            var read = new T[values.Length];
            codec.ReadFrames(reader, read);
            Assert.Equal(values, read);
            Assert.Equal(1, reader.Remaining);
        });
    }

    public readonly record struct Small(long First, long Second);

    public readonly record struct Four(long First, long Second, long Third, long Fourth);

    /// <summary>Its frames have lengths of two bytes.</summary>
    public readonly record struct Wide(Four First, Four Second, Four Third, Four Fourth, Four Fifth);
}
