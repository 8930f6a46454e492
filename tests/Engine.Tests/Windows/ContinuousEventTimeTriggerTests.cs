namespace Weir.Engine.Tests.Windows;

using Weir.Engine.Testing;
using Weir.Engine.Time;
using Weir.Engine.Windows;
using static Weir.Engine.Tests.Reading;
using static Weir.Engine.Tests.Windows.WindowJobs;

public sealed class ContinuousEventTimeTriggerTests
{
    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void FiresAtTheMultiples_AndAtTheEnd(bool crash, int partitions)
    {
        JobHarness run = Job(Windows.Tumbling(Ms(10)), Triggers.ContinuousEventTime(Ms(4)), crash, partitions);
        Assert.Equal(
            [new Result(2, "a", 0, 10, 1), new Result(5, "a", 0, 10, 7), new Result(6, "a", 0, 10, 7)],
            Tables.Windows(
                run,
                new Reading("a", 1), Row.Mark(3), Row.Mark(4), new Reading("a", 2, 2), new Reading("a", 5, 4),
                Row.Mark(8), Row.Mark(9), Row.Mark(20)));
        Assert.Equal(0, run.Keys("sums"));
    }

    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void GoesOnInMergedSessions(bool crash, int partitions) => Assert.Equal(
        [
            new Result(2, "a", 1, 11, 1), new Result(4, "a", 1, 16, 3),
            new Result(5, "a", 1, 16, 3), new Result(5, "a", 1, 16, 3),
        ],
        Tables.Windows(
            Job(Windows.Session(Ms(10)), Triggers.ContinuousEventTime(Ms(4)), crash, partitions),
            new Reading("a", 1), Row.Mark(3), Row.Mark(4), new Reading("a", 6, 2), Row.Mark(8), Row.Mark(15)));

    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void EndsAtTheLimitsOfTime(bool crash, int partitions)
    {
        long none = EventTime.None.Milliseconds;
        Assert.Equal(
            [Whole(1, 1), Whole(2, 1), Whole(4, 1), Whole(5, 1), Whole(5, 1)],
            Tables.Windows(
                Job(Windows.Global(), Triggers.ContinuousEventTime(Ms(10)), crash, partitions),
                new Reading("a", none), Row.Mark(1_700_000_000_005), Row.Mark(1_700_000_000_010),
                Row.Mark(1_700_000_000_011), Row.Mark(1_700_000_000_020), Row.Mark(long.MaxValue)));
    }
}
