namespace Weir.Engine.Tests.Windows;

using Weir.Engine.Aggregates;
using Weir.Engine.Streams;
using Weir.Engine.Testing;
using Weir.Engine.Windows;
using static Weir.Engine.Tests.Reading;

public sealed class TumblingWindowTests
{
    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void EachWindow_FiresOnceTheWatermarkReachesItsLastInstant(bool crash, int partitions) => Assert.Equal(
        [
            new Result(4, "a", 0, 10, 3), new Result(4, "b", 0, 10, 1),
            new Result(7, "a", 10, 20, 1), new Result(7, "b", 10, 20, 1),
        ],
        Tables.Windows(
            Job(Windows.Tumbling(Ms(10)), crash, partitions),
            new Reading("a", 0), new Reading("a", 9, 2), new Reading("b", 3), Row.Mark(8), Row.Mark(9),
            new Reading("b", 10), new Reading("a", 19), Row.Mark(19), Row.Mark(1000)));

    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void OffsetsAndTimesBefore1970_CountFromTheFloor(bool crash, int partitions) => Assert.Equal(
        [
            new Result(4, "a", -17, -7, 1), new Result(4, "a", -7, 3, 2), new Result(4, "b", 3, 13, 4),
        ],
        Tables.Windows(
            Job(Windows.Tumbling(Ms(10), offset: Ms(3)), crash, partitions),
            new Reading("a", -8), new Reading("a", -7), new Reading("a", 2), new Reading("b", 12, 4), Row.Mark(100)));

    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void LateEvent_UpdatesWithinLateness_ThenGoesToTheLateOutput(bool crash, int partitions)
    {
        JobHarness run = Job(Windows.Tumbling(Ms(10)).AllowLateness(Ms(5)), crash, partitions);
        Assert.Equal(
            [
                new Result(1, "a", 0, 10, 1),
                new Result(2, "a", 0, 10, 3),
                new Result(3, "b", 0, 10, 7),
                new Result(5, "a", 0, 10, 7),
            ],
            Tables.Windows(
                run,
                new Reading("a", 1), Row.Mark(9), new Reading("a", 2, 2), new Reading("b", 9, 7), Row.Mark(13),
                new Reading("a", 3, 4), Row.Mark(14), new Reading("a", 4), new Reading("c", 9)));
        Assert.Equal([new Reading("a", 4), new Reading("c", 9)], run.Read(Tables.Late));
        Assert.Equal(2, run.LateEvents("sums"));
        Assert.Equal(0, run.Keys("sums"));
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void LateEvents_AreCountedWhenNobodyTakesThem(bool crash)
    {
        var job = new TestJob(job => From(job).KeyBy(Input.Key)
            .Window(Windows.Tumbling(Ms(10)))
            .Aggregate("sums", 0L, (sum, each) => sum + each.Value)
            .To(Tables.Results));
        var run = new JobHarness(job, Runs.Options(crash));
        Assert.Empty(Tables.Windows(run, Row.Mark(9), new Reading("a", 9), new Reading("a", 1)));
        Assert.Equal((2, 0), (run.LateEvents("sums"), run.Keys("sums")));
    }

    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void Seal_FiresAllWindows_AlsoOneAtTheEndOfTime(bool crash, int partitions)
    {
        JobHarness run = Job(Windows.Tumbling(Ms(1000)), crash, partitions);
        run.Send(Input, new Reading("a", 5), new Reading("b", long.MaxValue - 3, 2));
        run.Seal();
        Assert.Equal([1L, 2L], run.Read(Tables.Results).Select(each => each.Value).Order());
        Assert.Equal(0, run.Keys("sums"));
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void EndlessLateness_KeepsTheWindowOpen(bool crash)
    {
        JobHarness run = Job(Windows.Tumbling(Ms(10)).AllowLateness(TimeSpan.MaxValue), crash, 1);
        Assert.Equal(
            [new Result(1, "a", 0, 10, 1), new Result(3, "a", 0, 10, 3)],
            Tables.Windows(run, new Reading("a", 1), Row.Mark(9), Row.Mark(1_000_000), new Reading("a", 2, 2)));
    }

    [Fact]
    public void Reduce_CombinesEvents()
    {
        var maxima = Topic.Of<Windowed<string, Reading>>("maxima");
        var job = new TestJob(job => From(job).KeyBy(Input.Key).Window(Windows.Tumbling(Ms(10)))
            .Reduce("greatest", (left, right) => left.Value >= right.Value ? left : right)
            .To(maxima));
        var run = new JobHarness(job, Runs.Options(crash: true));
        run.Send(Input, new Reading("a", 1, 5), new Reading("a", 2, 9), new Reading("a", 3, 7));
        run.AdvanceWatermark(T(9));
        Assert.Equal([new("a", Range(0, 10), new Reading("a", 2, 9))], run.Read(maxima));
    }

    [Fact]
    public void BadSizesAndOffsets_AreRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Windows.Tumbling(TimeSpan.Zero));
        Assert.Throws<ArgumentOutOfRangeException>(() => Windows.Tumbling(Ms(10), Ms(10)));
        Assert.Throws<ArgumentOutOfRangeException>(() => Windows.Tumbling(Ms(10), Ms(-10)));
        Assert.Throws<ArgumentOutOfRangeException>(() => Windows.Sliding(Ms(10), Ms(5), Ms(5)));
        Assert.Throws<ArgumentOutOfRangeException>(() => Windows.Sliding(TimeSpan.FromDays(1), Ms(1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => Windows.Session(TimeSpan.FromTicks(1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => Windows.Tumbling(Ms(10)).AllowLateness(Ms(-1)));
    }

    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void Lateness_DoesNotWrapAround(bool crash, int partitions)
    {
        const long time = long.MaxValue - 1750;
        long start = WindowAssigner.StartOf(T(time), 1000, 0).Milliseconds;
        JobHarness run = Job(Windows.Tumbling(Ms(1000)).AllowLateness(Ms(2000)), crash, partitions);
        Assert.Equal(
            [new Result(2, "a", start, start + 1000, 1), new Result(3, "a", start, start + 1000, 3)],
            Tables.Windows(
                run, new Reading("a", time), Row.Mark(long.MaxValue - 1500), Row.Mark(start + 999),
                new Reading("a", start, 2)));
        Assert.Equal(0, run.LateEvents("sums"));
    }

    private static JobHarness Job(WindowSpec windows, bool crash, int partitions) => new(
        new TestJob(job => From(job).KeyBy(Input.Key).Window(windows)
            .Aggregate("sums", new Sum<Reading, long>(each => each.Value))
            .LateTo(Tables.Late)
            .To(Tables.Results)),
        Runs.Options(crash, partitions));
}
