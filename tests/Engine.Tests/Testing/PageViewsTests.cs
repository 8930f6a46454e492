namespace Weir.Engine.Tests.Testing;

using Weir.Engine.Aggregates;
using Weir.Engine.Streams;
using Weir.Engine.Testing;
using Weir.Engine.Time;
using Weir.Engine.Windows;

public sealed record Click(string Page, EventTime At);

public sealed class PageViews : StreamJob
{
    public static readonly KeyedTopic<string, Click> Clicks = Topic.Of<Click>("clicks").KeyedBy(click => click.Page);
    public static readonly Topic<Windowed<string, long>> PerMinute =
        Topic.Of<Windowed<string, long>>("views-per-minute");

    public static readonly Topic<Click> TooLate = Topic.Of<Click>("too-late");
    public static readonly View<string, long> Latest = new("latest-views");

    public override void Define(JobBuilder job) => job
        .From(Clicks)
        .WithEventTime(click => click.At, Watermarks.Bounded(outOfOrder: TimeSpan.FromSeconds(5)))
        .KeyBy(Clicks.Key)
        .Window(Windows.Tumbling(TimeSpan.FromMinutes(1)).AllowLateness(TimeSpan.FromSeconds(30)))
        .Aggregate("count-views", new Count<Click>())
        .LateTo(TooLate)
        .PublishAs(Latest)
        .To(PerMinute);
}

public sealed class PageViewsTests
{
    private static readonly TimeRange FirstMinute = new(new EventTime(0), new EventTime(60_000));

    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void Windows_FireUpdateAndClose(bool crash, int partitions)
    {
        var run = new JobHarness(new PageViews(), Runs.Options(crash, partitions));
        run.Send(PageViews.Clicks, At("/home", 1), At("/home", 2), At("/about", 3));

        HarnessAnswer<long>? open = run.Find(PageViews.Latest, "/home");
        Assert.Equal((2, FirstMinute, false), (open!.Value, open.Window, open.IsFinal));

        run.AdvanceWatermark(new EventTime(59_999));
        Assert.Equal(
            [new("/about", FirstMinute, 1), new("/home", FirstMinute, 2)],
            run.ReadNew(PageViews.PerMinute).OrderBy(result => result.Key, StringComparer.Ordinal));

        run.Send(PageViews.Clicks, At("/home", 4));
        Assert.Equal([new("/home", FirstMinute, 3)], run.ReadNew(PageViews.PerMinute));

        run.AdvanceWatermark(new EventTime(89_999));
        Click late = At("/home", 5);
        run.Send(PageViews.Clicks, late);
        Assert.Empty(run.ReadNew(PageViews.PerMinute));
        Assert.Equal([late], run.Read(PageViews.TooLate));
        HarnessAnswer<long>? final = run.Find(PageViews.Latest, "/home");
        Assert.Equal((3, true), (final!.Value, final.IsFinal));
    }

    private static Click At(string page, int second) => new(page, new EventTime(second * 1000));
}
