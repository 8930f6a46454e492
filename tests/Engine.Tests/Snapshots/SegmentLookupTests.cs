namespace Weir.Engine.Tests.Snapshots;

using System.Globalization;
using CsCheck;
using Weir.Engine.Codecs;
using Weir.Engine.Snapshots;

public sealed class SegmentLookupTests
{
    // Pages of the index, a block of records, and the one in which equal hashes end.
    private const int Bound = 3 * 4096 + 2 * (SegmentWriter.BlockTarget + 100);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(340)]
    [InlineData(341)]
    [InlineData(1_000)]
    [InlineData(400_000)]
    public void OneKey_IsFoundWithFewBytes_AtAnySize(int count)
    {
        var bytes = new CountedBytes(Segment(count, index => (uint)index * 10_007u));
        SegmentReader[] chain = [new SegmentReader(bytes)];
        for (int i = 0; i < count; i += Math.Max(count / 100, 1))
            Assert.InRange(bytes.ReadBy(() => Assert.Equal(i + 1, Find(chain, i, (uint)i * 10_007u))), 1, Bound);
        Assert.InRange(bytes.ReadBy(() => Assert.Null(Find(chain, count, 3))), 0, Bound);
        Assert.InRange(bytes.ReadBy(() => Assert.Null(Find(chain, count, uint.MaxValue))), 0, Bound);
    }

    [Fact]
    public void KeysOfOneHash_AreAllFound_ThoughTheyLieOnSeveralPages()
    {
        SegmentReader[] chain = [new SegmentReader(Segment(1_500, index => (uint)(index / 600)))];
        for (int i = 0; i < 1_500; i += 7)
            Assert.Equal(i + 1, Find(chain, i, (uint)(i / 600)));
        Assert.Equal(600, chain[0].Records().Count(record => record.Hash == 1));
        Assert.Null(Find(chain, 1_500, 3));
    }

    [Fact]
    public void TheNewestSegmentThatKnowsAKey_Answers() => Gen
        .Select(Gen.Int[0, 12], Gen.Bool).Array[0, 12].Array[1, 5]
        .Sample(
            segments =>
            {
                var model = new Dictionary<int, long>();
                var chain = new List<SegmentReader>();
                long birth = 0;
                foreach ((int key, bool isThere)[] changes in segments)
                {
                    var writer = NewSegment(isBase: chain.Count == 0);
                    foreach ((int key, bool isThere) in changes.DistinctBy(change => change.key))
                    {
                        if (isThere || chain.Count == 0)
                            writer.Add((uint)key % 3, Record(key, model[key] = ++birth).Span);
                        else if (model.Remove(key))
                            writer.AddRemoval((uint)key % 3, KeyOf(key).Span);
                    }

                    chain.Add(new SegmentReader(writer.Finish().ToArray()));
                }

                for (int key = 0; key <= 12; key++)
                    Assert.Equal(model.TryGetValue(key, out long known) ? known : null, Find(chain, key, (uint)key % 3));
            },
            iter: 300);

    [Fact]
    public void AFlippedBit_IsFoundByWhoReadsThere()
    {
        byte[] file = Segment(400, index => (uint)index).ToArray();
        for (int at = 0; at < file.Length; at++)
        {
            byte[] damaged = [.. file];
            damaged[at] ^= (byte)(1 << (at % 8));
            Assert.Throws<CorruptDataException>(() => SegmentFold.Merge([new SegmentMemory(damaged)]));
        }
    }

    private static long? Find(IReadOnlyList<SegmentReader> chain, int key, uint hash) =>
        SegmentChain.Find(chain, hash, KeyOf(key).Span)?.Record.Birth;

    private static ReadOnlyMemory<byte> Segment(int count, Func<int, uint> hashOf)
    {
        SegmentWriter writer = NewSegment(isBase: true);
        for (int i = 0; i < count; i++)
            writer.Add(hashOf(i), Record(i, i + 1).Span);
        return writer.Finish();
    }

    private static SegmentWriter NewSegment(bool isBase)
    {
        var writer = new SegmentWriter(isBase);
        new SegmentHeader(default, "schema"u8.ToArray(), [], default).Write(writer.Writer);
        writer.EndHeader();
        return writer;
    }

    private static ReadOnlyMemory<byte> KeyOf(int key)
    {
        var writer = new ByteWriter();
        writer.WriteString(key.ToString(CultureInfo.InvariantCulture));
        return writer.ToArray();
    }

    private static ReadOnlyMemory<byte> Record(int key, long birth)
    {
        var writer = new ByteWriter();
        writer.WriteBlob(KeyOf(key).Span);
        writer.WriteVarint((ulong)birth);
        writer.WriteString("held");
        return writer.ToArray();
    }
}
