namespace Weir.Engine.Tests.Streams;

using Weir.Engine.Streams;
using Weir.Engine.Testing;
using Weir.Engine.Time;
using Weir.Engine.Windows;
using static Weir.Engine.Tests.Reading;

public sealed class StatelessTests
{
    private static readonly Topic<Reading> Second = Topic.Of<Reading>("second");

    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void WhereSelectAndSelectMany_Compose(bool crash, int partitions)
    {
        var job = new TestJob(job => From(job)
            .Where(each => each.Value > 1)
            .SelectMany(each => Enumerable.Repeat(each.Key, (int)each.Value))
            .Select((string key) => key + "!")
            .To(Tables.Texts));
        var run = new JobHarness(job, Runs.Options(crash, partitions));
        run.Send(Input, new Reading("a", 1), new Reading("b", 1, 2), new Reading("c", 1, 3));
        Assert.Equal(["b!", "b!", "c!", "c!", "c!"], run.Read(Tables.Texts).Order());
    }

    [Fact]
    public void QuerySyntax_IsTheSame()
    {
        var job = new TestJob(job => (
            from each in From(job)
            where each.Value > 1
            from part in each.Key.Split('/')
            select $"{part}={each.Value}").To(Tables.Texts));
        var run = new JobHarness(job, Runs.Options(crash: true));
        run.Send(Input, new Reading("a/b", 1, 2), new Reading("c", 1));
        Assert.Equal(["a=2", "b=2"], run.Read(Tables.Texts));
    }

    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void Union_OfTwoTopics_WaitsForTheLowerWatermark(bool crash, int partitions)
    {
        var job = new TestJob(job => Sum(From(job).Union(FromSecond(job))));
        var run = new JobHarness(job, Runs.Options(crash, partitions));
        run.Send(Input, new Reading("a", 1));
        run.Send(Second, new Reading("a", 2, 2), new Reading("b", 12, 4));
        run.AdvanceWatermark(Input, T(50));
        Assert.Empty(run.ReadNew(Tables.Results));
        run.AdvanceWatermark(Second, T(9));
        Assert.Equal([new("a", Range(0, 10), 3)], run.ReadNew(Tables.Results));
        run.Seal(Second);
        Assert.Equal([new("b", Range(10, 20), 4)], run.ReadNew(Tables.Results));
    }

    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void BranchesOfOneStream_MeetAgainInOrder(bool crash, int partitions)
    {
        var job = new TestJob(job =>
        {
            DataStream<Reading> all = From(job);
            all.Where(each => each.Value > 1).Union(all.Where(each => each.Value <= 1), all)
                .Select(each => $"{each.Key}{each.Value}")
                .To(Tables.Texts);
        });
        var run = new JobHarness(job, Runs.Options(crash, partitions));
        run.Send(Input, new Reading("a", 1), new Reading("a", 1, 2));
        Assert.Equal(["a1", "a1", "a2", "a2"], run.Read(Tables.Texts));
    }

    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void OneStream_FeedsSeveralOperators(bool crash, int partitions)
    {
        var job = new TestJob(job =>
        {
            DataStream<Reading> all = From(job);
            Sum(all);
            all.KeyBy(each => each.Value).Window(Windows.Tumbling(Ms(10)))
                .Aggregate("by-value", "", (text, each) => text + each.Key)
                .Select(each => each.Value)
                .To(Tables.Texts);
        });
        var run = new JobHarness(job, Runs.Options(crash, partitions));
        run.Send(Input, new Reading("a", 1), new Reading("a", 2));
        run.Send(Input, new Reading("b", 3));
        run.AdvanceWatermark(T(9));
        Assert.Equal(2, run.Read(Tables.Results).Count);
        Assert.Equal(["aab"], run.Read(Tables.Texts));
    }

    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void TwoOperators_InARow_PartitionByTheirOwnKeys(bool crash, int partitions)
    {
        var job = new TestJob(job => From(job)
            .KeyBy(Input.Key).Window(Windows.Tumbling(Ms(10)))
            .Aggregate("per-key", 0L, (sum, each) => sum + each.Value)
            .KeyBy(each => each.Value % 2 == 0 ? "even" : "odd").Window(Windows.Tumbling(Ms(20)))
            .Aggregate("per-parity", 0L, (sum, each) => sum + each.Value)
            .To(Tables.Results));
        Assert.Equal(
            [new Result(6, "even", 0, 20, 6), new Result(6, "odd", 0, 20, 4)],
            Tables.Windows(
                new JobHarness(job, Runs.Options(crash, partitions)),
                new Reading("a", 1), new Reading("b", 1, 4), new Reading("a", 11, 2), new Reading("c", 12, 3),
                Row.Mark(9), Row.Mark(18), Row.Mark(19), Row.Mark(100)));
    }

    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void EventsAndResults_MeetInOneUnion(bool crash, int partitions)
    {
        var job = new TestJob(job =>
        {
            DataStream<Reading> all = From(job.KeyGroups(7));
            all.KeyBy(Input.Key).Window(Windows.Tumbling(Ms(10)))
                .Aggregate("inner", 0L, (sum, each) => sum + each.Value)
                .Select(each => new Reading("sum", 0, each.Value))
                .Union(all)
                .KeyBy(each => each.Key).Window(Windows.Tumbling(Ms(20)))
                .Aggregate("outer", 0L, (sum, each) => sum + each.Value)
                .To(Tables.Results);
        });
        Assert.Equal(
            [new Result(4, "a", 0, 20, 3), new Result(4, "b", 0, 20, 4), new Result(4, "sum", 0, 20, 7)],
            Tables.Windows(
                new JobHarness(job, Runs.Options(crash, partitions)),
                new Reading("a", 1), new Reading("a", 11, 2), new Reading("b", 3, 4), Row.Mark(18), Row.Mark(19)));
    }

    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void LateEvents_AreAStreamLikeAnyOther(bool crash, int partitions)
    {
        var job = new TestJob(job => From(job).KeyBy(Input.Key).Window(Windows.Tumbling(Ms(10)))
            .Aggregate("first", 0L, (sum, each) => sum + each.Value)
            .Late.KeyBy(_ => "late").Window(Windows.Tumbling(Ms(10)).AllowLateness(TimeSpan.FromHours(1)))
            .Aggregate("second", 0L, (sum, each) => sum + each.Value)
            .To(Tables.Results));
        Assert.Equal(
            [new Result(2, "late", 0, 10, 2), new Result(3, "late", 0, 10, 5)],
            Tables.Windows(
                new JobHarness(job, Runs.Options(crash, partitions)),
                new Reading("a", 1), Row.Mark(9), new Reading("a", 2, 2), new Reading("b", 3, 3)));
    }

    [Fact]
    public void UnkeyedTopic_IsShuffled_AndMergesItsPartitions()
    {
        var job = new TestJob(job => Sum(FromSecond(job)));
        var run = new JobHarness(job, Runs.Options(crash: true, partitions: 2));
        run.SendTo(Second, 0, new Reading("a", 1), new Reading("b", 1));
        run.SendTo(Second, 1, new Reading("a", 2, 2));
        run.AdvanceWatermark(T(9));
        Assert.Equal(
            [new("a", Range(0, 10), 3), new("b", Range(0, 10), 1)],
            run.Read(Tables.Results).OrderBy(each => each.Key, StringComparer.Ordinal));
        Assert.Throws<ArgumentOutOfRangeException>(() => run.SendTo(Second, 2));
    }

    private static DataStream<Reading> FromSecond(JobBuilder job) =>
        job.From(Second).WithEventTime(each => T(each.At), Watermarks.Bounded(TimeSpan.FromDays(1)));

    private static void Sum(DataStream<Reading> stream) => stream
        .KeyBy(Input.Key).Window(Windows.Tumbling(Ms(10)))
        .Aggregate("sums", 0L, (sum, each) => sum + each.Value)
        .To(Tables.Results);
}
