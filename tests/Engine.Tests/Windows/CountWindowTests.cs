namespace Weir.Engine.Tests.Windows;

using Weir.Engine.Aggregates;
using Weir.Engine.Graph;
using Weir.Engine.Streams;
using Weir.Engine.Testing;
using Weir.Engine.Windows;
using static Weir.Engine.Tests.Reading;

public sealed class CountWindowTests
{
    private static readonly View<string, long> Last = new("last");

    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void WithoutASlide_EachEventIsInOneWindow_AndNothingStays(bool crash, int partitions)
    {
        JobHarness run = Job(Windows.Count(3), crash, partitions);
        Assert.Equal([Whole(2, "a", 7), Whole(6, "a", 56)], Tables.Windows(run, Doubling(6, other: 3)));
        Assert.Equal(1, run.Keys("sums"));
        Assert.Equal(1L, run.Inspect("sums", "b")!.Windows.Single().Contents);
        Assert.Null(run.Inspect("sums", "a"));
    }

    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void WithASlide_TheLastEventsAreGivenAtEverySlide(bool crash, int partitions) => Assert.Equal(
        [Whole(1, "a", 3), Whole(3, "a", 14), Whole(5, "a", 56)],
        Tables.Windows(Job(Windows.Count(3, 2), crash, partitions), Doubling(7)));

    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void WithASlideLongerThanTheSize_EventsAreSkipped(bool crash, int partitions) => Assert.Equal(
        [Whole(2, "a", 6), Whole(5, "a", 48)],
        Tables.Windows(Job(Windows.Count(2, 3), crash, partitions), Doubling(6)));

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void TheOrderIsThatOfArrival_AndTheWatermarkHasNoPart(bool crash) => Assert.Equal(
        [Whole(2, "a", 3), Whole(5, "a", 12)],
        Tables.Windows(
            Job(Windows.Count(2), crash),
            new Reading("a", 50), Row.Mark(60), new Reading("a", 10, 2), new Reading("a", 70, 4), Row.Mark(500),
            new Reading("a", 5, 8), new Reading("a", 600, 16), Row.Mark(long.MaxValue)));

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void AView_ShowsTheRunningWindow_ThenTheLastOneGiven(bool crash)
    {
        var run = new JobHarness(
            new TestJob(job => From(job).KeyBy(Input.Key).Window(Windows.Count(2))
                .Aggregate("sums", new Sum<Reading, long>(each => each.Value)).PublishAs(Last)),
            Runs.Options(crash));
        long?[] shown =
        [
            .. Doubling(3).Select(row =>
            {
                Tables.Play(run, row);
                return run.Find(Last, "a")?.Value;
            }),
        ];
        Assert.Equal([1L, 3L, 4L], shown);
    }

    [Fact]
    public void BadCounts_AreRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Windows.Count(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Windows.Count(-1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Windows.Count(1, 0));
    }

    [Fact]
    public void TheFingerprintNamesSizeAndSlide()
    {
        static string Of(WindowSpec windows) => JobGraph.Build(Definition(windows), new()).Fingerprint;
        WindowSpec[] kinds =
            [Windows.Count(2), Windows.Count(3), Windows.Count(3, 2), Windows.Count(3, 3), Windows.Count(2, 3)];
        Assert.Equal(kinds.Length, kinds.Select(Of).Distinct().Count());
        Assert.Equal(Of(Windows.Count(2)), Of(Windows.Count(2)));
    }

    // 1, 2, 4 and so on, with one event of another key among them.
    private static Row[] Doubling(int count, int other = -1)
    {
        List<Row> rows = [.. Enumerable.Range(0, count).Select(i => (Row)new Reading("a", i, 1L << i))];
        if (other >= 0)
            rows.Insert(other, new Reading("b", 0));
        return [.. rows];
    }

    private static Result Whole(int row, string key, long value) => new(row, key, long.MinValue, long.MaxValue, value);

    private static TestJob Definition(WindowSpec windows) => new(job => From(job).KeyBy(Input.Key)
        .Window(windows)
        .Aggregate("sums", new Sum<Reading, long>(each => each.Value))
        .To(Tables.Results));

    private static JobHarness Job(WindowSpec windows, bool crash, int partitions = 1) =>
        new(Definition(windows), Runs.Options(crash, partitions));
}
