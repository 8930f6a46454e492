namespace Weir.Protocol.Tests.Checkpoints;

using Weir.Protocol.Checkpoints;

public sealed class ChainPolicyTests
{
    private readonly ChainPolicy _policy = new() { MaxSegments = 3 };

    [Fact]
    public void ChangesAsLargeAsHalfOfTheBase_AreFollowedByABase_AndNotFolded()
    {
        Assert.True(_policy.WantsBase(Chain(100, 51)));
        Assert.True(_policy.WantsBase(Chain(100, 10, 60)));
        Assert.False(_policy.WantsFold(Chain(100, 90, 60)));
        Assert.False(_policy.WantsBase(Chain(100, 50)));
        Assert.False(_policy.WantsBase(Chain(100, 60, 10)));
    }

    [Fact]
    public void AChainIsFolded_WhenItIsLong_OrItsChangesOutweighItsBase()
    {
        Assert.False(_policy.WantsFold([]));
        Assert.False(_policy.WantsFold(Chain(100)));
        Assert.False(_policy.WantsFold(Chain(100, 50, 50)));
        Assert.True(_policy.WantsFold(Chain(100, 60, 41)));
        Assert.False(_policy.WantsFold(Chain(1000, 1, 1)));
        Assert.True(_policy.WantsFold(Chain(1000, 1, 1, 1)));
    }

    /// <summary>
    /// Of every size of changes: what is read of a chain is at most three times its base, and what is written and read to
    /// fold it at most four times what changed, or a seventh of the base.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(20)]
    [InlineData(49)]
    [InlineData(50)]
    [InlineData(51)]
    [InlineData(100)]
    public void WhateverChanges_ReadingAndWritingStayBounded(long changed)
    {
        const int rounds = 1000;
        List<long> chain = [100];
        long written = 0;
        for (int round = 0; round < rounds; round++)
        {
            if (ChainPolicy.Default.WantsBase(Chain([.. chain])))
                chain = [100];
            else
                chain.Add(changed);
            written += chain[^1];
            Assert.InRange(chain.Sum(), 100, 300);
            if (!ChainPolicy.Default.WantsFold(Chain([.. chain])))
                continue;
            written += chain.Sum() + 100;
            chain = [100];
        }

        Assert.InRange(written, changed * rounds, Math.Max(4 * changed, 15) * rounds);
    }

    private static SegmentRef[] Chain(params long[] sizes) => [.. sizes.Select(size => new SegmentRef("f", 0, size, 0))];
}
