namespace Weir.Connectors.Tests.Files;

using System.Buffers;
using System.Text;
using CsCheck;
using Weir.Connectors.Files;

public sealed class TextBufferTests
{
    [Fact]
    public void ItHoldsWhatWasWritten_HoweverItGrows() =>
        Gen.Select(Gen.Int[1, 64], Gen.Byte.Array[0, 3000].Array[0, 20]).Sample((capacity, parts) =>
        {
            using var buffer = new TextBuffer(capacity);
            var expected = new ArrayBufferWriter<byte>();
            foreach (byte[] part in parts)
            {
                Assert.False(buffer.GetSpan().IsEmpty);
                buffer.Write(part);
                expected.Write(part);
                part.CopyTo(buffer.GetMemory(part.Length));
                buffer.Advance(part.Length);
                expected.Write(part);
                string text = Encoding.Latin1.GetString(part);
                buffer.Add(text);
                buffer.Add(1);
                expected.Write(Encoding.UTF8.GetBytes(text));
                expected.Write("\u0001"u8);
            }

            Assert.True(buffer.Written.SequenceEqual(expected.WrittenSpan));
        });

    [Fact]
    public void NoMoreIsTakenThanThereIsRoomFor()
    {
        using var buffer = new TextBuffer(16);
        int room = buffer.GetSpan().Length;
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.Advance(room + 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.Advance(-1));
    }
}
