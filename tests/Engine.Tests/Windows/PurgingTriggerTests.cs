namespace Weir.Engine.Tests.Windows;

using Weir.Engine.Testing;
using Weir.Engine.Windows;
using static Weir.Engine.Tests.Reading;
using static Weir.Engine.Tests.Windows.WindowJobs;

public sealed class PurgingTriggerTests
{
    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void DropsWhatWasGiven(bool crash, int partitions) => Assert.Equal(
        [new Result(1, "a", 0, 10, 3), new Result(3, "a", 0, 10, 12), new Result(5, "a", 10, 20, 48)],
        Tables.Windows(
            Job(Windows.Tumbling(Ms(10)), Triggers.Purging(Triggers.Count(2)), crash, partitions),
            new Reading("a", 1), new Reading("a", 2, 2), new Reading("a", 3, 4), new Reading("a", 4, 8),
            new Reading("a", 11, 16), new Reading("a", 12, 32), Row.Mark(100)));

    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void OfEventTime_GivesEachLateEventAlone(bool crash, int partitions)
    {
        JobHarness run = Job(
            Windows.Tumbling(Ms(10)).AllowLateness(Ms(5)), Triggers.Purging(Triggers.EventTime), crash, partitions);
        Assert.Equal(
            [new Result(2, "a", 0, 10, 3), new Result(3, "a", 0, 10, 4)],
            Tables.Windows(
                run, new Reading("a", 1), new Reading("a", 2, 2), Row.Mark(9), new Reading("a", 3, 4), Row.Mark(14)));
        Assert.Equal(0, run.Keys("sums"));
    }

    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void Sessions_StayOpenWithoutTheirEvents(bool crash, int partitions)
    {
        JobHarness run = Job(
            Windows.Session(Ms(10)).AllowLateness(Ms(20)), Triggers.Purging(Triggers.EventTime), crash, partitions);
        Assert.Equal(
            [new Result(1, "a", 0, 10, 1), new Result(2, "a", 0, 12, 2), new Result(4, "a", 0, 22, 4)],
            Tables.Windows(
                run, new Reading("a", 0), Row.Mark(12), new Reading("a", 2, 2), new Reading("a", 12, 4), Row.Mark(21),
                Row.Mark(41)));
        Assert.Equal(0, run.Keys("sums"));
    }
}
