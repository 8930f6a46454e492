namespace Weir.Engine.Tests.Windows;

using Weir.Engine.Aggregates;
using Weir.Engine.Graph;
using Weir.Engine.Testing;
using Weir.Engine.Time;
using Weir.Engine.Windows;
using static Weir.Engine.Tests.Reading;

/// <summary>Triggers that look at events or wrap others, and triggers with windows that are not their usual ones.</summary>
public sealed class TriggerKindTests
{
    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void Delta_FiresFarFromTheLastFiring(bool crash, int partitions) => Assert.Equal(
        [new Result(2, "a", 0, 100, 36), new Result(4, "a", 0, 100, 69), new Result(5, "a", 0, 100, 74)],
        Tables.Windows(
            Job(Windows.Tumbling(Ms(100)), Triggers.Delta<Reading>(10, each => each.Value), crash, partitions),
            new Reading("a", 1, 5), new Reading("a", 2, 15), new Reading("a", 3, 16), new Reading("a", 4, 6),
            new Reading("a", 5, 27), new Reading("a", 6, 5), new Reading("a", 7, 5), Row.Mark(99)));

    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void PurgingDelta_KeepsItsPlace(bool crash, int partitions) => Assert.Equal(
        [new Result(1, "a", long.MinValue, long.MaxValue, 25), new Result(3, "a", long.MinValue, long.MaxValue, 41)],
        Tables.Windows(
            Job(
                Windows.Global(), Triggers.Purging(Triggers.Delta<Reading>(10, each => each.Value)), crash, partitions),
            new Reading("a", 1, 5), new Reading("a", 2, 20), new Reading("a", 3, 10), new Reading("a", 4, 31)));

    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void Timeout_FiresWhenTheOtherTakesTooLong(bool crash, int partitions) => Assert.Equal(
        [
            new Result(3, "a", long.MinValue, long.MaxValue, 3),
            new Result(6, "a", long.MinValue, long.MaxValue, 28),
        ],
        Tables.Windows(
            Job(
                Windows.Global(), Triggers.Purging(Triggers.Timeout(Triggers.Count(3), Ms(10))), crash, partitions),
            new Reading("a", 1), Row.Tick(6), new Reading("a", 2, 2), Row.Tick(10),
            new Reading("a", 3, 4), new Reading("a", 4, 8), new Reading("a", 5, 16), Row.Tick(100)));

    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void Timeout_CanBeginAnewWithEachEvent(bool crash, int partitions) => Assert.Equal(
        [new Result(4, "a", long.MinValue, long.MaxValue, 3)],
        Tables.Windows(
            Job(
                Windows.Global(), Triggers.Timeout(Triggers.Never, Ms(10), restart: true), crash, partitions),
            new Reading("a", 1), Row.Tick(6), new Reading("a", 2, 2), Row.Tick(15), Row.Tick(16), Row.Tick(90)));

    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void ATriggerOfOnesOwn_CanLookAtEvents(bool crash, int partitions)
    {
        JobHarness run = Job(Windows.Tumbling(Ms(10)), Triggers.Purging(new AtSeven()), crash, partitions);
        Assert.Equal(
            [new Result(1, "a", 0, 10, 8), new Result(4, "b", 0, 10, 7)],
            Tables.Windows(
                run, new Reading("a", 1), new Reading("a", 2, 7), new Reading("a", 3), Row.Mark(5),
                new Reading("b", 6, 7), Row.Mark(9)));
        Assert.Equal(0, run.Keys("sums"));
    }

    [Fact]
    public void TriggersThatDoNotFit_AreRefused()
    {
        static void Use(WindowSpec windows, Trigger trigger) => JobGraph.Build(Definition(windows, trigger), new());
        Trigger[] unmergeable =
            [Triggers.Delta<Reading>(1, _ => 0), Triggers.Timeout(Triggers.Count(1), Ms(1))];
        foreach (Trigger trigger in unmergeable)
        {
            Use(Windows.Global(), trigger);
            Assert.Throws<ArgumentException>(() => Use(Windows.Session(Ms(1)), trigger));
            Assert.Throws<ArgumentException>(() => Use(Windows.Session(Ms(1)), Triggers.Purging(trigger)));
        }

        Assert.Throws<ArgumentException>(() => Use(Windows.Global(), Triggers.Delta<string>(1, _ => 0)));
        Assert.Throws<ArgumentOutOfRangeException>(() => Triggers.Timeout(Triggers.Never, TimeSpan.Zero));
    }

    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void PurgingSessions_StayOpenWithoutTheirEvents(bool crash, int partitions)
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

    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void ContinuousTriggers_GoOnInMergedSessions(bool crash, int partitions)
    {
        Assert.Equal(
            [
                new Result(2, "a", 1, 11, 1), new Result(4, "a", 1, 16, 3),
                new Result(5, "a", 1, 16, 3), new Result(5, "a", 1, 16, 3),
            ],
            Tables.Windows(
                Job(Windows.Session(Ms(10)), Triggers.ContinuousEventTime(Ms(4)), crash, partitions),
                new Reading("a", 1), Row.Mark(3), Row.Mark(4), new Reading("a", 6, 2), Row.Mark(8), Row.Mark(15)));
        Assert.Equal(
            [
                new Result(2, "a", 1, 11, 1), new Result(4, "a", 1, 16, 3),
                new Result(5, "a", 1, 16, 3), new Result(5, "a", 1, 16, 3),
            ],
            Tables.Windows(
                Job(Windows.SessionProcessingTime(Ms(10)), Triggers.ContinuousProcessingTime(Ms(4)), crash, partitions),
                Row.Tick(1), new Reading("a", 0), Row.Tick(6), new Reading("a", 0, 2), Row.Tick(8), Row.Tick(30)));
    }

    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void ContinuousEventTime_EndsAtTheLimitsOfTime(bool crash, int partitions)
    {
        long none = EventTime.None.Milliseconds;
        Assert.Equal(
            [Whole(1, 1), Whole(2, 1), Whole(4, 1), Whole(5, 1), Whole(5, 1)],
            Tables.Windows(
                Job(Windows.Global(), Triggers.ContinuousEventTime(Ms(10)), crash, partitions),
                new Reading("a", none), Row.Mark(1_700_000_000_005), Row.Mark(1_700_000_000_010),
                Row.Mark(1_700_000_000_011), Row.Mark(1_700_000_000_020), Row.Mark(long.MaxValue)));
    }

    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void Lateness_DoesNotWrapAround(bool crash, int partitions)
    {
        const long time = long.MaxValue - 1750;
        long start = WindowAssigner.StartOf(T(time), 1000, 0).Milliseconds;
        JobHarness run = Job(Windows.Tumbling(Ms(1000)).AllowLateness(Ms(2000)), Triggers.EventTime, crash, partitions);
        Assert.Equal(
            [new Result(2, "a", start, start + 1000, 1), new Result(3, "a", start, start + 1000, 3)],
            Tables.Windows(
                run, new Reading("a", time), Row.Mark(long.MaxValue - 1500), Row.Mark(start + 999),
                new Reading("a", start, 2)));
        Assert.Equal(0, run.LateEvents("sums"));
    }

    [Fact]
    public void WindowsAtTheLimitsOfTime_AreFinite()
    {
        foreach (long time in (long[])[long.MinValue + 1, long.MinValue + 7, long.MaxValue - 1, long.MaxValue])
        {
            foreach (WindowSpec windows in (WindowSpec[])
                [Windows.Tumbling(Ms(10), Ms(-3)), Windows.Sliding(Ms(10), Ms(3), Ms(2)), Windows.Session(Ms(10))])
            {
                List<TimeRange> assigned = [];
                windows.Assigner.Assign(T(time), assigned);
                Assert.InRange(assigned.Count, 1, 4);
                Assert.All(assigned, window => Assert.True(window.Start <= T(time) && T(time) <= window.End));
            }
        }
    }

    private static Result Whole(int row, long value) => new(row, "a", long.MinValue, long.MaxValue, value);

    private static TestJob Definition(WindowSpec windows, Trigger trigger) => new(job => From(job).KeyBy(Input.Key)
        .Window(windows)
        .Trigger(trigger)
        .Aggregate("sums", new Sum<Reading, long>(each => each.Value))
        .To(Tables.Results));

    private static JobHarness Job(WindowSpec windows, Trigger trigger, bool crash, int partitions)
    {
        var run = new JobHarness(Definition(windows, trigger), Runs.Options(crash, partitions));
        run.AdvanceClock(T(0));
        return run;
    }

    private sealed class AtSeven : Trigger<Reading>
    {
        public override TriggerResult OnEvent(Reading value, EventTime time, ITriggerContext window) =>
            value.Value == 7 ? TriggerResult.Fire : TriggerResult.Continue;
    }
}
