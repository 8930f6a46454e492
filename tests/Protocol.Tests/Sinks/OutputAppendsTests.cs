namespace Weir.Protocol.Tests.Sinks;

using Weir.Engine.Codecs;
using Weir.Protocol.Sinks;

public sealed class OutputAppendsTests
{
    private const int Overhead = 32;
    private static readonly OutputLane Lane = new("a", 2);

    [Fact]
    public void SmallBatchesShareAnAppendUpToTheBound()
    {
        StagedBatch[] batches = [Batch(0, 9, 9), Batch(2, 9), Batch(3, 9, 9), Batch(5, 9)];
        IReadOnlyList<StagedBatch>[] appends = [.. OutputAppends.Divide(batches, 30 + (2 * Overhead))];
        Assert.Equal([[0L, 2], [3, 5]], appends.Select(append => append.Select(batch => batch.Sequence)));
        Assert.Equal(batches, appends.SelectMany(append => append));
    }

    [Fact]
    public void WhatFitsIsOneAppend() =>
        Assert.Single(OutputAppends.Divide([Batch(0, 9), Batch(1, 9)], 20 + (2 * Overhead)));

    [Fact]
    public void ALargeBatchIsDividedBetweenItsEvents()
    {
        // Each event takes a byte more than its size.
        StagedBatch batch = Batch(7, 4, 4, 4, 29, 4);
        StagedBatch[] parts = [.. OutputAppends.Divide([batch], 10 + Overhead).SelectMany(append => append)];
        Assert.Equal([7L, 9, 10, 11], parts.Select(part => part.Sequence));
        Assert.Equal([2, 1, 1, 1], parts.Select(part => part.Count));
        Assert.Equal([10, 5, 30, 5], parts.Select(part => part.Payload.Length));
        Assert.Equal(batch.Payload.ToArray(), parts.SelectMany(part => part.Payload.ToArray()));
        Assert.All(parts, part => Assert.Equal(Lane, part.Lane));
    }

    [Fact]
    public void ADamagedBatchIsRefused()
    {
        StagedBatch batch = Batch(0, 20, 20) with { Count = 1 };
        Assert.Throws<CorruptDataException>(() => OutputAppends.Divide([batch], 30 + Overhead).ToList());
    }

    [Fact]
    public void NothingGivesNoAppend() => Assert.Empty(OutputAppends.Divide([], 100));

    private static StagedBatch Batch(long sequence, params int[] sizes)
    {
        var writer = new ByteWriter();
        foreach (int size in sizes)
            writer.WriteBlob([.. Enumerable.Repeat((byte)size, size)]);
        return new StagedBatch(Lane, sequence, sizes.Length, writer.ToArray());
    }
}
