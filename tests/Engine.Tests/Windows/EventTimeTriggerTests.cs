namespace Weir.Engine.Tests.Windows;

using Weir.Engine.Testing;
using Weir.Engine.Windows;
using static Weir.Engine.Tests.Reading;
using static Weir.Engine.Tests.Windows.WindowJobs;

public sealed class EventTimeTriggerTests
{
    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void FiresAtTheLastInstant_AndAtOnceAfterwards(bool crash, int partitions)
    {
        JobHarness run = Job(
            Windows.Tumbling(Ms(10)).AllowLateness(Ms(5)), Triggers.EventTime, crash, partitions);
        Assert.Equal(
            [new Result(2, "a", 0, 10, 1), new Result(4, "a", 0, 10, 3), new Result(5, "b", 0, 10, 4)],
            Tables.Windows(
                run, new Reading("a", 1), Row.Mark(8), Row.Mark(9), Row.Mark(11), new Reading("a", 2, 2),
                new Reading("b", 3, 4), Row.Mark(14), Row.Mark(100)));
        Assert.Equal(0, run.Keys("sums"));
    }

    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void MergedSessions_FireOnceAtTheirCommonEnd(bool crash, int partitions) => Assert.Equal(
        [new Result(4, "a", 0, 15, 3)],
        Tables.Windows(
            Job(Windows.Session(Ms(10)), Triggers.EventTime, crash, partitions),
            new Reading("a", 0), new Reading("a", 5, 2), Row.Mark(9), Row.Mark(13), Row.Mark(14), Row.Mark(100)));
}
