namespace Weir.Protocol.Tests.Groups;

using CsCheck;
using Weir.Protocol.Groups;

public sealed class BarrierAlignmentTests
{
    [Fact]
    public void OneChannelAlignsAtOnce()
    {
        var alignment = new BarrierAlignment(1);
        alignment.Arrive(0, 3);
        Assert.Equal(3, alignment.Due);
        alignment.Taken(3);
        Assert.Null(alignment.Due);
        Assert.False(alignment.IsHeld(0));
    }

    [Fact]
    public void ACheckpointIsDue_WhenAllChannelsHaveItsBarrier()
    {
        var alignment = new BarrierAlignment(3);
        alignment.Arrive(1, 1);
        alignment.Arrive(0, 1);
        Assert.Null(alignment.Due);
        Assert.True(alignment.IsHeld(0) && alignment.IsHeld(1) && !alignment.IsHeld(2));
        alignment.Arrive(2, 1);
        Assert.Equal(1, alignment.Due);
    }

    [Fact]
    public void AHigherBarrierReleasesWhatALowerOneHeld()
    {
        var alignment = new BarrierAlignment(2);
        alignment.Arrive(0, 4);
        Assert.True(alignment.Arrive(1, 5));
        Assert.False(alignment.IsHeld(0));
        Assert.True(alignment.IsHeld(1));
        alignment.Arrive(0, 5);
        Assert.Equal(5, alignment.Due);
    }

    [Fact]
    public void ALateBarrierOfAnOlderCheckpointIsIgnored()
    {
        var alignment = new BarrierAlignment(2);
        alignment.Arrive(1, 5);
        Assert.False(alignment.Arrive(0, 4));
        Assert.False(alignment.IsHeld(0));
        alignment.Arrive(0, 5);
        alignment.Taken(5);
        Assert.False(alignment.Arrive(0, 5));
        Assert.Null(alignment.Due);
        Assert.Equal(0, alignment.HeldChannels);
    }

    [Fact]
    public void AnAbortReleasesWhatWasHeld_AndTheCheckpointNeverBecomesDue()
    {
        var alignment = new BarrierAlignment(2);
        alignment.Arrive(0, 2);
        Assert.True(alignment.Abort(2));
        alignment.Arrive(1, 2);
        alignment.Arrive(0, 2);
        Assert.Null(alignment.Due);
        Assert.Equal(0, alignment.HeldChannels);
    }

    [Fact]
    public void AnAbortOfAnOlderCheckpointChangesNothing()
    {
        var alignment = new BarrierAlignment(2);
        alignment.Arrive(0, 3);
        Assert.False(alignment.Abort(2));
        Assert.True(alignment.IsHeld(0));
    }

    [Fact]
    public void AnAbortMayComeBeforeTheFirstBarrier()
    {
        var alignment = new BarrierAlignment(1);
        alignment.Abort(7);
        alignment.Arrive(0, 7);
        Assert.Null(alignment.Due);
        alignment.Arrive(0, 8);
        Assert.Equal(8, alignment.Due);
    }

    // Each channel brings barriers in rising order, some missing; whatever is taken was brought by all, and numbers rise.
    [Fact]
    public void WhateverTheOrder_OnlyCompleteBarriersAreTaken_InRisingOrder() =>
        Gen.Int[0, 2].Array[0, 60].Sample(steps =>
        {
            var alignment = new BarrierAlignment(3);
            long[] next = [1, 1, 1];
            List<long>[] brought = [[], [], []];
            long last = 0;
            foreach (int channel in steps)
            {
                if (alignment.IsHeld(channel))
                    continue;
                next[channel] += (next[channel] + channel) % 5 == 0 ? 2 : 1;
                brought[channel].Add(next[channel]);
                alignment.Arrive(channel, next[channel]);
                if (alignment.Due is not { } due)
                    continue;
                Assert.True(due > last);
                Assert.All(brought, each => Assert.Equal(due, each[^1]));
                last = due;
                alignment.Taken(due);
            }
        });
}
