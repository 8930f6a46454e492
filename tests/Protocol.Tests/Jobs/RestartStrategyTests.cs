namespace Weir.Protocol.Tests.Jobs;

using Weir.Engine.Time;
using Weir.Protocol.Jobs;

public sealed class RestartStrategyTests
{
    [Fact]
    public void NoneGivesUpAtOnce() => Assert.Equal([null], Delays(new RestartStrategy.None(), 0));

    [Fact]
    public void AFixedDelayGivesUpAfterItsAttempts() => Assert.Equal(
        [5, 5, null], Delays(new RestartStrategy.FixedDelay(2, TimeSpan.FromSeconds(5)), 0, 1000, 2000));

    [Fact]
    public void DelaysGrow_UpToTheLongest() => Assert.Equal(
        [1, 2, 4, 8, 16, 32, 60, 60], Delays(RestartStrategy.Default, 0, 1, 2, 3, 4, 5, 6, 7));

    [Fact]
    public void DelaysBeginAnew_AfterALongRun()
    {
        var history = new RestartHistory();
        history.OnFailure(T(0));
        history.OnFailure(T(1));
        history.OnRunning(T(10));
        history.OnFailure(T(10 + 600));
        Assert.Equal(TimeSpan.FromSeconds(1), RestartStrategy.Default.Decide(history));
        history.OnRunning(T(700));
        history.OnFailure(T(701));
        Assert.Equal(TimeSpan.FromSeconds(2), RestartStrategy.Default.Decide(history));
    }

    [Fact]
    public void TooManyFailuresInAStretchOfTimeAreTheEnd()
    {
        var strategy = new RestartStrategy.FailureRate(2, TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(3));
        Assert.Equal([3, 3, 3, 3, null], Delays(strategy, 0, 50, 100, 150, 155));
    }

    private static EventTime T(long seconds) => new(seconds * 1000);

    private static double?[] Delays(RestartStrategy strategy, params long[] failures)
    {
        var history = new RestartHistory();
        return [.. failures.Select(second =>
        {
            history.OnRunning(T(second));
            history.OnFailure(T(second));
            return strategy.Decide(history)?.TotalSeconds;
        })];
    }
}
