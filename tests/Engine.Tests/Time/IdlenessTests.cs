namespace Weir.Engine.Tests.Time;

using Weir.Engine.Streams;
using Weir.Engine.Testing;
using Weir.Engine.Time;
using Weir.Engine.Windows;

public sealed class IdlenessTests
{
    private static readonly Topic<Reading> Plain = Topic.Of<Reading>("plain");

    [Fact]
    public void Timer_IsThatOfTheTable()
    {
        var timer = new IdlenessTimer(120);
        timer.OnActivity();
        Assert.Equal(
            [(0, false), (100, false), (200, false), (220, false), (221, true), (300, true)],
            new[] { 0, 100, 200, 220, 221, 300 }.Select(at => (at, timer.Check(new EventTime(at)))));
        timer.OnActivity();
        Assert.Equal(
            [(301, false), (302, false), (422, false), (423, true)],
            new[] { 301, 302, 422, 423 }.Select(at => (at, timer.Check(new EventTime(at)))));
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void AnIdlePartition_StopsHoldingBack_UntilItComesBack(bool crash)
    {
        var job = new TestJob(job => job.From(Plain)
            .WithEventTime(each => Reading.T(each.At), Watermarks.Monotonous(idleAfter: Reading.Ms(100)))
            .KeyBy(each => each.Key).Window(Windows.Tumbling(Reading.Ms(10)))
            .Aggregate("sums", 0L, (sum, each) => sum + each.Value)
            .To(Tables.Results));
        var run = new JobHarness(job, Runs.Options(crash, partitions: 2));
        run.SendTo(Plain, 1, new Reading("b", 1));
        run.AdvanceClock(Reading.T(10));
        foreach (int clock in (int[])[50, 100, 151])
        {
            run.SendTo(Plain, 0, new Reading("a", clock));
            run.AdvanceClock(Reading.T(clock));
        }

        Assert.Equal([("b", 1L), ("a", 1L), ("a", 1L)], Read(run));
        run.SendTo(Plain, 1, new Reading("b", 200), new Reading("b", 155));
        run.SendTo(Plain, 0, new Reading("a", 170));
        Assert.Equal([("a", 1L), ("b", 1L)], Read(run).Order());
    }

    [Fact]
    public void Timeouts_MustBePositive()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Watermarks.Monotonous(TimeSpan.Zero));
        Assert.Throws<ArgumentOutOfRangeException>(() => Watermarks.Bounded(TimeSpan.FromTicks(-1)));
    }

    private static (string Key, long Value)[] Read(JobHarness run) =>
        [.. run.ReadNew(Tables.Results).OrderBy(each => each.Window.Start).Select(each => (each.Key, each.Value))];
}
