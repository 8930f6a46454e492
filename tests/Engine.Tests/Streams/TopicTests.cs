namespace Weir.Engine.Tests.Streams;

using CsCheck;
using Weir.Engine.Codecs;
using Weir.Engine.Streams;
using Weir.Engine.Tests.Testing;

public sealed class TopicTests
{
    private static readonly KeyedTopic<(string, int), (string Name, int Number)> Pairs =
        Topic.Of<(string Name, int Number)>("pairs").KeyedBy(pair => (pair.Name, pair.Number));

    [Fact]
    public void Schema_NamesTypeAndVersion()
    {
        Assert.Equal("Reading:1", Topic.Of<Reading>("a").Schema);
        Assert.Equal("Windowed<String,Int64>:3", Topic.Of<Windowed<string, long>>("a", 3).Schema);
        Assert.Equal("Inner<Int32>:1", Topic.Of<Outer<int>.Inner>("a").Schema);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Upper")]
    [InlineData("a b")]
    [InlineData("ä")]
    [InlineData(null)]
    public void BadNames_AreRefused(string? name) => Assert.Throws<ArgumentException>(() => Topic.Of<int>(name!));

    [Fact]
    public void Versions_BeginAtOne() => Assert.Throws<ArgumentOutOfRangeException>(() => Topic.Of<int>("a", 0));

    [Fact]
    public void Partition_IsTheKeyGroupsPartition() => Gen
        .Select(Gen.String, Gen.Int, Gen.Int[1, 9])
        .Sample((name, number, partitions) =>
        {
            var codecs = new CodecRegistry();
            int partition = Pairs.Partitioner(partitions, codecs)((name, number));
            Assert.InRange(partition, 0, partitions - 1);
            Assert.Equal(partition, Pairs.PartitionOf((name, number), partitions, codecs));
        });

    [Fact]
    public void WithoutAKey_AnyPartitionWillDo()
    {
        Assert.Null(Topic.Of<int>("a").PartitionOf(1, 4, new CodecRegistry()));
        Assert.Null(Topic.Of<int>("a").Partitioner(4, new CodecRegistry()));
    }

    [Fact]
    public void ANullKey_IsNamed() => Assert.Contains(
        "no key",
        Assert.Throws<InvalidOperationException>(() =>
            Topic.Of<string>("a").KeyedBy(_ => (string)null!).PartitionOf("x", 4, new CodecRegistry())).Message,
        StringComparison.Ordinal);

    [Fact]
    public void APartitioner_AllocatesNothing()
    {
        Func<(string, int), int> partitionOf = Pairs.Partitioner(4, new CodecRegistry());
        partitionOf(("warm", 1));
        int[] numbers = [.. Enumerable.Range(0, 1000)];
        Assert.Equal(0, Allocations.OfAPart<int>(numbers, i => partitionOf(("warm", i))));
    }

    private static class Outer<T>
    {
        public sealed record Inner(T Value);
    }
}
