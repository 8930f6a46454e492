namespace Weir.Grains.Tests.Jobs;

using Weir.Contracts;
using Weir.Grains.Jobs;

public sealed class EpochDoorTests
{
    private readonly EpochDoor _door = new();

    [Fact]
    public void AHigherEpochTakesThePlaceOfALowerOne()
    {
        _door.Enter(1);
        _door.Enter(2);
        Assert.Equal(WeirError.JobNotRunning, Refused(1));
        _door.Check(2);
    }

    [Fact]
    public void ClosingAnOlderEpoch_ChangesNothing()
    {
        _door.Enter(2);
        Assert.False(_door.Close(1));
        _door.Check(2);
    }

    [Fact]
    public void AnEpochThatWasClosed_DoesNotBegin_WhicheverCameFirst()
    {
        Assert.True(_door.Close(1));
        Assert.Equal(WeirError.JobNotRunning, Refused(1));
        _door.Enter(2);
        Assert.True(_door.Close(2));
        Assert.True(_door.IsShutTo(2));
        _door.Enter(3);
    }

    [Fact]
    public void WhoGoesAwayTakesNoEpochAlong()
    {
        _door.Enter(1);
        _door.Close(1);
        _door.Leave();
        Assert.Equal(WeirError.Unavailable, Refused(2));
        Assert.Equal(WeirError.JobNotRunning, Refused(1));
    }

    private WeirError Refused(long epoch) => Assert.Throws<WeirException>(() => _door.Enter(epoch)).Error;
}
