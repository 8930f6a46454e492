namespace Weir.Protocol.Tests.Groups;

using Weir.Protocol.Checkpoints;
using Weir.Protocol.Groups;

public sealed class SegmentChainTests
{
    private readonly SegmentChain _chain = new([]);

    [Fact]
    public void TheFirstIsABase()
    {
        Assert.True(_chain.NeedsBase);
        Assert.Throws<InvalidOperationException>(() => _chain.Captured(1, isBase: false));
    }

    [Fact]
    public void WhatWasStoredForAnAbortedCheckpointStaysInTheChain()
    {
        Store(1, isBase: true);
        Store(2);
        Store(3);
        Assert.Equal(["1", "2", "3"], At(3));
    }

    [Fact]
    public void NothingIsReported_BeforeAllThatItNeedsIsStored()
    {
        Store(1, isBase: true);
        _chain.Captured(2, false);
        _chain.Captured(3, false);
        _chain.Stored(3, Ref(3));
        Assert.Null(_chain.At(3));
        _chain.Stored(2, Ref(2));
        Assert.Equal(["1", "2", "3"], At(3));
    }

    [Fact]
    public void BehindALostPart_EverythingMustBeABase()
    {
        Store(1, isBase: true);
        _chain.Captured(2, false);
        _chain.Captured(3, false);
        _chain.Lost(2);
        Assert.True(_chain.NeedsBase);
        _chain.Stored(3, Ref(3));
        Assert.Equal(["1"], At(3));
        Store(4, isBase: true);
        Assert.Equal(["4"], At(4));
    }

    [Fact]
    public void ABaseBehindALostPartStandsByItself()
    {
        Store(1, isBase: true);
        _chain.Captured(2, false);
        _chain.Captured(3, true);
        _chain.Lost(2);
        Assert.False(_chain.NeedsBase);
        _chain.Stored(3, Ref(3));
        Assert.Equal(["3"], At(3));
    }

    [Fact]
    public void AFoldedBaseTakesThePlaceOfWhatItWasFoldedOf()
    {
        Store(1, isBase: true);
        Store(2);
        IReadOnlyList<SegmentRef> folded = _chain.At(2)!;
        Store(3);
        Assert.True(_chain.Fold(folded, Ref(9)));
        Assert.Equal(["9", "3"], At(3));
        Assert.False(_chain.Fold(folded, Ref(10)));
    }

    private void Store(long number, bool isBase = false)
    {
        _chain.Captured(number, isBase);
        _chain.Stored(number, Ref(number));
    }

    private string[] At(long number) => [.. _chain.At(number)!.Select(each => each.File)];

    private static SegmentRef Ref(long number) => new($"{number}", 0, 10, 0);
}
