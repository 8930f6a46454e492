namespace Weir.Engine.Tests.Windows;

using Weir.Engine.Aggregates;
using Weir.Engine.Codecs;
using Weir.Engine.Graph;
using Weir.Engine.Operators;
using Weir.Engine.Streams;
using Weir.Engine.Testing;
using Weir.Engine.Windows;
using static Weir.Engine.Tests.Reading;

public sealed class WindowViewTests
{
    private static readonly View<string, long> Sums = new("sums");

    private static readonly TestJob Job = new(job => From(job).KeyBy(Input.Key)
        .Window(Windows.Tumbling(Ms(10)).AllowLateness(Ms(5)))
        .Aggregate("sum", new Sum<Reading, long>(each => each.Value))
        .PublishAs(Sums));

    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void View_ShowsTheNewestWindow_OpenAndFinal(bool crash, int partitions)
    {
        var run = new JobHarness(Job, Runs.Options(crash, partitions));
        Assert.Null(run.Find(Sums, "a"));
        run.Send(Input, new Reading("a", 1), new Reading("a", 11, 5), new Reading("a", 2));
        Assert.Equal((5, Range(10, 20), false), (Shown(run).Value, Shown(run).Window, Shown(run).IsFinal));
        run.AdvanceWatermark(T(19));
        Assert.Equal(new HarnessAnswer<long>(5, Range(10, 20), false, T(19)), Shown(run));
        run.Send(Input, new Reading("a", 12, 2));
        Assert.Equal(7, Shown(run).Value);
        run.AdvanceWatermark(T(24));
        Assert.Equal(new HarnessAnswer<long>(7, Range(10, 20), true, T(24)), Shown(run));
        run.Send(Input, new Reading("a", 31, 3));
        Assert.Equal(new HarnessAnswer<long>(3, Range(30, 40), false, T(24)), Shown(run));
        Assert.Throws<ArgumentException>(() => run.Find(new View<string, long>("others"), "a"));
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void AnAggregatorThatFailsInAQuery_IsNamed(bool crash)
    {
        var job = new TestJob(job => From(job).KeyBy(Input.Key).Window(Windows.Tumbling(Ms(10)))
            .Evict(Evictors.Count<Reading>(1))
            .Aggregate("sum", new Sum<Reading, long>(each => each.Value))
            .PublishAs(Sums));
        var run = new JobHarness(job, Runs.Options(crash));
        run.Send(Input, new Reading("a", 1, long.MaxValue), new Reading("a", 2, long.MaxValue), new Reading("b", 1));
        var failure = Assert.Throws<OperatorFailedException>(() => run.Find(Sums, "a"));
        Assert.Equal(("sum", "a", T(9)), (failure.OperatorName, failure.Key, failure.Time));
        Assert.IsType<OverflowException>(failure.InnerException);
        Assert.Equal(1, run.Find(Sums, "b")!.Value);
    }

    [Fact]
    public void Inspect_ShowsOpenWindowsAndTimers()
    {
        var run = new JobHarness(Job, Runs.Options(crash: true));
        run.Send(Input, new Reading("a", 11, 5), new Reading("a", 2));
        KeyInspection a = run.Inspect("sum", "a")!;
        Assert.Equal([new OpenWindow(Range(0, 10), 1L), new OpenWindow(Range(10, 20), 5L)], a.Windows);
        Assert.Equal([T(9), T(14), T(19), T(24)], a.Timers.Select(timer => timer.Time));
        Assert.Equal("a", a.Key);
        Assert.Null(run.Inspect("sum", "b"));
        Assert.Throws<ArgumentException>(() => run.Inspect("others", "a"));
    }

    [Fact]
    public void ViewKeys_PagesThroughAGroup()
    {
        var codecs = new CodecRegistry();
        var plan = new JobPlan(
            JobGraph.Build(new TestJob(job =>
            {
                job.KeyGroups(1);
                From(job).KeyBy(Input.Key).Window(Windows.Tumbling(Ms(10)))
                    .Aggregate("sum", new Count<Reading>()).PublishAs(Sums);
            }), codecs),
            codecs,
            new Dictionary<string, int> { [Input.Name] = 1 });
        GroupProgram group = plan.CreateGroup(0, 0);
        var slice = (Slice<Reading>)plan.Graph.Edges[0].NewSlice(new SliceTarget(0, 0, 0, 0), codecs);
        foreach (string key in (string[])["x", "y", "z", "x"])
            slice.Add(new Reading(key, 1), T(1));
        group.Apply(slice);

        KeyPage first = group.ViewKeys(0, 2);
        KeyPage rest = group.ViewKeys(first.Next!.Value, 2);
        Assert.Equal(["x", "y"], first.Keys);
        Assert.Equal(["z"], rest.Keys);
        Assert.Null(rest.Next);
    }

    private static HarnessAnswer<long> Shown(JobHarness run) => run.Find(Sums, "a")!;
}
