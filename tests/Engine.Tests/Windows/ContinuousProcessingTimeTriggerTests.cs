namespace Weir.Engine.Tests.Windows;

using Weir.Engine.Aggregates;
using Weir.Engine.Testing;
using Weir.Engine.Windows;
using static Weir.Engine.Tests.Reading;
using static Weir.Engine.Tests.Windows.WindowJobs;

public sealed class ContinuousProcessingTimeTriggerTests
{
    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void FollowsTheClock(bool crash, int partitions) => Assert.Equal(
        [new Result(2, "a", 0, 100, 1), new Result(5, "a", 0, 100, 3)],
        Tables.Windows(
            Job(Windows.Tumbling(Ms(100)), Triggers.ContinuousProcessingTime(Ms(4)), crash, partitions),
            Row.Tick(5), new Reading("a", 1), Row.Tick(8), new Reading("a", 2, 2), Row.Tick(11), Row.Tick(12)));

    // The channels of three of the four partitions have said nothing when the event comes.
    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void WaitsForAClockThatHasNotBegun(bool crash)
    {
        var job = new TestJob(job => From(job).KeyBy(each => each.Key).Window(Windows.Tumbling(Ms(100)))
            .Trigger(Triggers.ContinuousProcessingTime(Ms(4)))
            .Aggregate("sums", new Sum<Reading, long>(each => each.Value)).To(Tables.Results));
        Assert.Equal(
            [new Result(3, "a", 0, 100, 1), new Result(5, "a", 0, 100, 3)],
            Tables.Windows(
                new JobHarness(job, Runs.Options(crash, partitions: 4)),
                new Reading("a", 1), Row.Tick(0), Row.Tick(3), Row.Tick(4), new Reading("a", 2, 2), Row.Tick(8)));
    }

    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void GoesOnInMergedSessions(bool crash, int partitions) => Assert.Equal(
        [
            new Result(2, "a", 1, 11, 1), new Result(4, "a", 1, 16, 3),
            new Result(5, "a", 1, 16, 3), new Result(5, "a", 1, 16, 3),
        ],
        Tables.Windows(
            Job(Windows.SessionProcessingTime(Ms(10)), Triggers.ContinuousProcessingTime(Ms(4)), crash, partitions),
            Row.Tick(1), new Reading("a", 0), Row.Tick(6), new Reading("a", 0, 2), Row.Tick(8), Row.Tick(30)));
}
