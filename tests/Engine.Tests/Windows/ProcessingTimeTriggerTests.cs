namespace Weir.Engine.Tests.Windows;

using Weir.Engine.Testing;
using Weir.Engine.Windows;
using static Weir.Engine.Tests.Reading;
using static Weir.Engine.Tests.Windows.WindowJobs;

public sealed class ProcessingTimeTriggerTests
{
    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void TumblingWindows_GoByTheClock(bool crash, int partitions)
    {
        JobHarness run = Job(Windows.TumblingProcessingTime(Ms(10)), Triggers.ProcessingTime, crash, partitions);
        Assert.Equal(
            [new Result(4, "a", 0, 10, 3), new Result(6, "a", 10, 20, 4)],
            Tables.Windows(
                run, Row.Tick(3), new Reading("a", 500), Row.Tick(8), new Reading("a", 1, 2), Row.Tick(12),
                new Reading("a", 2, 4), Row.Tick(19)));
        Assert.Equal(0, run.Keys("sums"));
    }

    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void EventsOfTheLastInstant_ComeWhenTheWindowHasFired_AndGiveItASecondResult(bool crash, int partitions)
    {
        JobHarness run = Job(Windows.TumblingProcessingTime(Ms(10)), Triggers.ProcessingTime, crash, partitions);
        Assert.Equal(
            [new Result(2, "a", 0, 10, 1), new Result(4, "a", 0, 10, 2)],
            Tables.Windows(
                run, Row.Tick(3), new Reading("a", 500), Row.Tick(9), new Reading("a", 1, 2), Row.Tick(10)));
        Assert.Equal(0, run.Keys("sums"));
    }

    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void SlidingWindowsAndSessions_GoByTheClock(bool crash, int partitions)
    {
        Row[] table = [Row.Tick(3), new Reading("a", 1), Row.Tick(7), new Reading("a", 1, 2), Row.Tick(30)];
        Assert.Equal(
            [new Result(2, "a", -5, 5, 1), new Result(4, "a", 0, 10, 3), new Result(4, "a", 5, 15, 2)],
            Tables.Windows(
                Job(Windows.SlidingProcessingTime(Ms(10), Ms(5)), Triggers.ProcessingTime, crash, partitions), table));
        Assert.Equal(
            [new Result(4, "a", 3, 13, 3)],
            Tables.Windows(
                Job(Windows.SessionProcessingTime(Ms(6)), Triggers.ProcessingTime, crash, partitions), table));
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void TheClockOfABatch_CountsForItsOwnEvents(bool crash)
    {
        var run = new JobHarness(
            Definition(Windows.TumblingProcessingTime(Ms(10)), Triggers.ProcessingTime), Runs.Options(crash));
        Assert.Equal(
            [new Result(2, "a", 0, 10, 1)],
            Tables.Windows(run, new Reading("a", 1), Row.Tick(8), Row.Tick(9)));
    }
}
