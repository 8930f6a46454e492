namespace Weir.Engine.Tests.Windows;

using Weir.Engine.Streams;
using Weir.Engine.Testing;
using Weir.Engine.Windows;
using static Weir.Engine.Tests.Reading;

public sealed class WindowProcessTests
{
    private static readonly View<string, string> Last = new("last");

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void Process_SeesAllEventsInOrderOfArrival(bool crash)
    {
        JobHarness run = Job(Windows.Tumbling(Ms(10)).AllowLateness(Ms(5)), crash);
        Assert.Equal(
            ["2: a [0,10) 5,3 @9", "3: a [0,10) 5,3,4 @9"],
            Tables.Lines(
                run,
                new Reading("a", 5, 5), new Reading("a", 3, 3), Row.Mark(9), new Reading("a", 4, 4), Row.Mark(14)));
        Assert.Equal("a [0,10) 5,3,4 @9", run.Find(Last, "a")!.Value);
        Assert.True(run.Find(Last, "a")!.IsFinal);
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void View_FollowsASessionThatGrowsBackwards(bool crash)
    {
        JobHarness run = Job(Windows.Session(Ms(10)).AllowLateness(Ms(50)), crash);
        Tables.Lines(run, new Reading("a", 20, 1), Row.Mark(29), new Reading("a", 15, 2));
        Assert.Equal("a [15,30) 1,2 @29", run.Find(Last, "a")!.Value);
        Assert.Equal(Range(15, 30), run.Find(Last, "a")!.Window);
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void Results_HaveTheWindowsLastInstant_AndFeedFurtherWindows(bool crash)
    {
        var job = new TestJob(job => From(job).KeyBy(Input.Key)
            .Window(Windows.Tumbling(Ms(10))).Process("lines", new Lines())
            .KeyBy(_ => "all").Window(Windows.Tumbling(Ms(30)))
            .Aggregate("counts", 0L, (count, _) => count + 1)
            .To(Tables.Results));
        Assert.Equal(
            [new Result(4, "all", 0, 30, 3), new Result(5, "all", 30, 60, 1)],
            Tables.Windows(
                new JobHarness(job, Runs.Options(crash, 4)),
                new Reading("a", 5), new Reading("b", 5), new Reading("a", 25), new Reading("a", 35), Row.Mark(29),
                Row.Mark(60)));
    }

    private static JobHarness Job(WindowSpec windows, bool crash) => new(
        new TestJob(job => From(job).KeyBy(Input.Key).Window(windows).Process("lines", new Lines())
            .PublishAs(Last).To(Tables.Texts)),
        Runs.Options(crash));

    private sealed class Lines : WindowProcess<string, Reading, string>
    {
        public override void Process(IReadOnlyList<Reading> events, IWindowContext<string, string> window)
        {
            string values = string.Join(',', events.Select(each => each.Value));
            window.Emit($"{window.Key} [{window.Window.Start.Milliseconds},{window.Window.End.Milliseconds}) {values} "
                + $"@{window.Window.MaxTimestamp.Milliseconds}");
        }
    }
}
