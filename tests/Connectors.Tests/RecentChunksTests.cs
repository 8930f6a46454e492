namespace Weir.Connectors.Tests;

using Weir.Connectors.Chunks;
using Weir.Connectors.Sqlite;

public sealed class RecentChunksTests
{
    private const int Overhead = 128;
    private const int Size = 1000;

    // Room for two chunks.
    private readonly RecentChunks _recent = new(2 * (Size + Overhead));

    [Fact]
    public void WhatNobodyAsksForIsNotHeld()
    {
        Add(1, 0);
        Assert.Null(_recent.Find(1, 0));
        Add(1, 1);
        Add(2, 0);
        Assert.Equal([false, true, false], [Has(1, 0), Has(1, 1), Has(2, 0)]);
    }

    [Fact]
    public void WhatIsReadGoesOnBeingHeld_TheOldestGoesFirst()
    {
        Assert.Null(_recent.Find(1, 0));
        for (int chunk = 0; chunk < 20; chunk++)
        {
            Add(1, chunk);
            Assert.True(Has(1, chunk));
            Assert.Equal(chunk > 0, Has(1, chunk - 1));
            Assert.False(Has(1, chunk - 2));
        }
    }

    [Fact]
    public void AReaderThatIsAChunkBehindGoesOnBeingServed()
    {
        Assert.Null(_recent.Find(1, 0));
        Add(1, 0);
        for (int chunk = 1; chunk < 20; chunk++)
        {
            Add(1, chunk);
            Assert.True(Has(1, chunk - 1));
        }
    }

    [Fact]
    public void OnceAChunkGoesUnread_TheNextOnesAreNotHeld_UntilSomebodyAsksAgain()
    {
        Assert.Null(_recent.Find(1, 0));
        Add(1, 0);
        Assert.True(Has(1, 0));
        Add(1, 1);
        Add(1, 2);
        Add(1, 3);
        Add(1, 4);
        Assert.Equal([false, true, true, false], Held(1, 1, 2, 3, 4));
        Add(1, 5);
        Assert.True(Has(1, 5));
    }

    [Fact]
    public void WhatIsNotReadIsInNobodysWay()
    {
        Assert.Null(_recent.Find(1, 0));
        Add(1, 0);
        for (int chunk = 0; chunk < 20; chunk++)
            Add(2, chunk);
        Assert.True(Has(1, 0));
    }

    [Fact]
    public void WhatHasChangedIsForgotten()
    {
        Assert.Null(_recent.Find(1, 0));
        Add(1, 0);
        _recent.Forget(1);
        Assert.False(Has(1, 0));
        Add(1, 1);
        Assert.True(Has(1, 1));
    }

    private bool[] Held(long partition, params long[] chunks) => [.. chunks.Select(chunk => Has(partition, chunk))];

    private bool Has(long partition, long chunk) => _recent.Find(partition, chunk * 10) is { } found
        && (found.Partition, found.From) == (partition, chunk * 10);

    // Chunk n holds the offsets 10 n to 10 n + 9.
    private void Add(long partition, long chunk) => _recent.Add(new Chunk
    {
        Partition = partition,
        From = chunk * 10,
        Next = (chunk * 10) + 10,
        Stamp = default,
        PayloadBytes = Size,
        Body = new byte[Size],
    });
}
