namespace Weir.Protocol.Tests.Placement;

using Weir.Engine.Time;
using Weir.Protocol.Placement;

public sealed class MoveRuleTests
{
    private static readonly SiloChange Same = new(1, IsOther: false, HasGone: false, IsLeft: false);
    private readonly MoveRule _rule = new(TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(4));

    [Fact]
    public void ASiloThatComes_MovesNothing_BeforeTheSilosHaveSettled()
    {
        Assert.Equal(MoveDecision.Stay, _rule.Decide(Same, At(0)));
        Assert.Equal(MoveDecision.Stay, _rule.Decide(Other(2), At(10_000)));
        Assert.Equal(MoveDecision.Stay, _rule.Decide(Other(2), At(12_999)));

        // Another one comes: the time begins anew.
        Assert.Equal(MoveDecision.Stay, _rule.Decide(Other(3), At(13_000)));
        Assert.Equal(MoveDecision.Stay, _rule.Decide(Other(3), At(15_999)));
        Assert.Equal(MoveDecision.MoveAtCheckpoint, _rule.Decide(Other(3), At(16_000)));
        Assert.Equal(MoveDecision.MoveAtCheckpoint, _rule.Decide(Other(3), At(99_000)));
    }

    [Fact]
    public void ASiloThatLeaves_IsLeftAtACheckpoint_AndWithoutOneWhenThatTakesTooLong()
    {
        SiloChange left = Other(2) with { IsLeft = true };
        Assert.Equal(MoveDecision.MoveAtCheckpoint, _rule.Decide(left, At(1_000)));
        Assert.Equal(MoveDecision.MoveAtCheckpoint, _rule.Decide(left, At(4_999)));
        Assert.Equal(MoveDecision.MoveAtOnce, _rule.Decide(left, At(5_000)));

        // The next epoch begins without it; another one that leaves has its own time.
        _rule.OnOpening();
        Assert.Equal(MoveDecision.MoveAtCheckpoint, _rule.Decide(left with { Version = 3 }, At(5_100)));
    }

    [Fact]
    public void ASiloThatIsGone_IsNotWaitedFor() => Assert.Equal(
        MoveDecision.BeginAnew, _rule.Decide(new SiloChange(2, IsOther: true, HasGone: true, IsLeft: true), At(0)));

    [Fact]
    public void SilosThatAreTheSameAgain_AreNoChange()
    {
        _rule.Decide(Other(2), At(0));
        Assert.Equal(MoveDecision.Stay, _rule.Decide(Same with { Version = 3 }, At(10_000)));
        Assert.Equal(MoveDecision.Stay, _rule.Decide(Other(4), At(10_001)));
    }

    private static SiloChange Other(int version) => new(version, IsOther: true, HasGone: false, IsLeft: false);

    private static EventTime At(long milliseconds) => new(milliseconds);
}
