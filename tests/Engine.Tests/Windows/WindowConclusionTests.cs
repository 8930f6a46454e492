namespace Weir.Engine.Tests.Windows;

using Weir.Engine.Aggregates;
using Weir.Engine.Graph;
using Weir.Engine.State;
using Weir.Engine.Streams;
using Weir.Engine.Testing;
using Weir.Engine.Windows;
using static Weir.Engine.Tests.Reading;

/// <summary>An aggregate or a reduction with a function behind it.</summary>
public sealed class WindowConclusionTests
{
    private static readonly View<string, string> Last = new("last");
    private static readonly SideOutput<string> High = new("high");
    private static readonly Topic<string> Highs = Topic.Of<string>("highs");

    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void TheFunctionGetsTheResultAlone_WithTheWindow(bool crash, int partitions) => Assert.Equal(
        ["3: a [0,10) 3, 1st", "4: a [0,10) 7, 2nd", "5: a [10,20) 8, 1st"],
        Tables.Lines(
            Sums(Windows.Tumbling(Ms(10)).AllowLateness(Ms(5)), crash, partitions),
            new Reading("a", 1), new Reading("a", 2, 2), new Reading("a", 11, 8), Row.Mark(9), new Reading("a", 3, 4),
            Row.Mark(19)));

    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void TheWindowKeepsTheAccumulatorAlone(bool crash, int partitions)
    {
        JobHarness run = Sums(Windows.Tumbling(Ms(10)), crash, partitions);
        run.Send(Input, new Reading("a", 1, 5), new Reading("a", 2, 6));
        Assert.Equal(11L, run.Inspect("sums", "a")!.Windows.Single().Contents);
        Assert.Null(run.Find(Last, "a"));
        run.AdvanceWatermark(T(9));
        Assert.Equal("a [0,10) 11, 1st", run.Find(Last, "a")!.Value);
        Assert.Equal(["a has 11"], run.ReadNew(Highs));
    }

    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void SessionsMergeTheirAccumulators(bool crash, int partitions) => Assert.Equal(
        ["3: a [0,28) 7"],
        Tables.Lines(
            Job(windows => windows.Aggregate("sums", Sum, new Plain()), Windows.Session(Ms(10)), crash, partitions),
            new Reading("a", 0), new Reading("a", 18, 2), new Reading("a", 9, 4), Row.Mark(27)));

    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void AReduction_GivesTheOneEvent(bool crash, int partitions) => Assert.Equal(
        ["3: a [0,10) 2+4"],
        Tables.Lines(
            Job(
                windows => windows.Reduce(
                    "highest", (left, right) => left.Value > right.Value ? left : right, new At()),
                Windows.Tumbling(Ms(10)),
                crash,
                partitions),
            new Reading("a", 1), new Reading("a", 2, 4), new Reading("a", 3, 2), Row.Mark(9)));

    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void WithAnEvictor_TheResultIsOfWhatIsLeft(bool crash, int partitions) => Assert.Equal(
        ["3: a [0,10) 6"],
        Tables.Lines(
            Job(
                windows => windows.Evict(Evictors.Count<Reading>(2)).Aggregate("sums", Sum, new Plain()),
                Windows.Tumbling(Ms(10)),
                crash,
                partitions),
            new Reading("a", 1), new Reading("a", 2, 2), new Reading("a", 3, 4), Row.Mark(9)));

    [Fact]
    public void TheFingerprintNamesBoth()
    {
        static string Of(Func<WindowedStream<string, Reading>, DataStream<string>> steps) => JobGraph.Build(
            new TestJob(job => steps(From(job).KeyBy(Input.Key).Window(Windows.Tumbling(Ms(10)))).To(Tables.Texts)),
            new()).Fingerprint;
        string[] all =
        [
            Of(windows => windows.Aggregate("sums", Sum, new Plain())),
            Of(windows => windows.Aggregate("sums", Sum, new Numbered())),
            Of(windows => windows.Aggregate("sums", new Maximum<Reading, long>(each => each.Value), new Plain())),
            Of(windows => windows.Aggregate("sums", Sum).Select(each => each.Key)),
        ];
        Assert.Equal(all.Length, all.Distinct().Count());
    }

    private static Sum<Reading, long> Sum => new(each => each.Value);

    private static JobHarness Sums(WindowSpec windows, bool crash, int partitions) => new(
        new TestJob(job => From(job).KeyBy(Input.Key).Window(windows)
            .Aggregate("sums", Sum, new Numbered())
            .SideTo(High, Highs)
            .PublishAs(Last)
            .To(Tables.Texts)),
        Runs.Options(crash, partitions));

    private static JobHarness Job(
        Func<WindowedStream<string, Reading>, DataStream<string>> steps, WindowSpec windows, bool crash, int partitions) =>
        new(
            new TestJob(job => steps(From(job).KeyBy(Input.Key).Window(windows)).To(Tables.Texts)),
            Runs.Options(crash, partitions));

    private static string Name(IWindowContext<string, string> window) =>
        $"{window.Key} [{window.Window.Start.Milliseconds},{window.Window.End.Milliseconds})";

    private sealed class Plain : WindowProcess<string, long, string>
    {
        public override void Process(IReadOnlyList<long> events, IWindowContext<string, string> window) =>
            window.Emit($"{Name(window)} {events.Single()}");
    }

    private sealed class At : WindowProcess<string, Reading, string>
    {
        public override void Process(IReadOnlyList<Reading> events, IWindowContext<string, string> window) =>
            window.Emit($"{Name(window)} {events.Single().At}+{events.Single().Value}");
    }

    private sealed class Numbered : WindowProcess<string, long, string>
    {
        private static readonly ValueSlot<int> Firings = State.Value<int>("firings");

        public override void Process(IReadOnlyList<long> events, IWindowContext<string, string> window)
        {
            int number = ++window.WindowState(Firings).Value;
            window.Emit($"{Name(window)} {events.Single()}, {number}{(number == 1 ? "st" : "nd")}");
            if (events.Single() > 10)
                window.Emit(High, $"{window.Key} has {events.Single()}");
        }
    }
}
