namespace Weir.Engine.Tests.Windows;

using Weir.Engine.Operators;
using Weir.Engine.State;
using Weir.Engine.Streams;
using Weir.Engine.Testing;
using Weir.Engine.Windows;
using static Weir.Engine.Tests.Reading;

public sealed class WindowStateTests
{
    private static readonly SideOutput<string> Cleared = new("cleared");
    private static readonly Topic<string> ClearedTexts = Topic.Of<string>("cleared-texts");

    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void StateOfAWindow_LivesAsLongAsIt_AndStateOfAKeyBeyond(bool crash, int partitions)
    {
        JobHarness run = Job(Windows.Tumbling(Ms(10)).AllowLateness(Ms(5)), crash, partitions);
        Assert.Equal(
            [
                "2: a [0,10) firing 1 of the window, 1 of the key",
                "3: a [0,10) firing 2 of the window, 2 of the key",
                "5: a [10,20) firing 1 of the window, 3 of the key",
            ],
            Tables.Lines(
                run,
                new Reading("a", 1), new Reading("a", 11), Row.Mark(9), new Reading("a", 2), Row.Mark(14),
                Row.Mark(19)));
        Assert.Equal(["a [0,10) after 2 firings"], run.ReadNew(ClearedTexts));
        run.AdvanceWatermark(T(24));
        Assert.Equal(["a [10,20) after 1 firings"], run.ReadNew(ClearedTexts));
        KeyInspection a = run.Inspect("counts", "a")!;
        Assert.Empty(a.Windows);
        Assert.Equal([new HeldState("firings", 3)], a.State);
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void AWindowWithTheNumberOfAnOlderOne_StartsFromNothing(bool crash)
    {
        JobHarness run = Job(Windows.Tumbling(Ms(10)), crash);
        string[] lines = Tables.Lines(
            run, new Reading("a", 1), Row.Mark(9), new Reading("b", 11), Row.Mark(19), new Reading("a", 21), Row.Mark(29));
        Assert.Equal(
            [
                "1: a [0,10) firing 1 of the window, 1 of the key",
                "3: b [10,20) firing 1 of the window, 1 of the key",
                "5: a [20,30) firing 1 of the window, 2 of the key",
            ],
            lines);
    }

    [Fact]
    public void Inspect_ShowsStateOfWindowsAndOfTheKey()
    {
        JobHarness run = Job(Windows.Sliding(Ms(20), Ms(10)).AllowLateness(Ms(50)), crash: true);
        run.Send(Input, new Reading("a", 5), new Reading("a", 15));
        run.AdvanceWatermark(T(19));
        KeyInspection a = run.Inspect("counts", "a")!;
        Assert.Equal([Range(-10, 10), Range(0, 20), Range(10, 30)], a.Windows.Select(window => window.Window));
        Assert.Equal(
            [[new HeldState("firings", 1)], [new HeldState("firings", 1)], []],
            a.Windows.Select(window => window.State));
        Assert.Equal([new HeldState("firings", 2)], a.State);
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void Sessions_HaveStateOfTheKeyAlone(bool crash)
    {
        var run = new JobHarness(Definition(Windows.Session(Ms(10)), new Both(ofWindow: false)), Runs.Options(crash));
        Assert.Equal(
            ["2: a 0", "4: a 1"],
            Tables.Lines(
                run, new Reading("a", 1), new Reading("a", 5), Row.Mark(14), new Reading("a", 30), Row.Mark(40)));

        var other = new JobHarness(Definition(Windows.Session(Ms(10)), new Both(ofWindow: true)), Runs.Options(crash));
        other.Send(Input, new Reading("a", 1));
        var failure = Assert.Throws<OperatorFailedException>(() => other.AdvanceWatermark(T(14)));
        Assert.Equal(
            "The state 'windows' of 'counts' can not belong to a window, because sessions merge and their state can "
            + "not: use KeyState, or windows that do not merge.",
            failure.InnerException!.Message);
    }

    [Fact]
    public void AWindowThatGoesAway_TakesNoResult()
    {
        var run = new JobHarness(Definition(Windows.Tumbling(Ms(10)), new Late()), Runs.Options(crash: false));
        run.Send(Input, new Reading("a", 1));
        var failure = Assert.Throws<OperatorFailedException>(() => run.AdvanceWatermark(T(9)));
        Assert.Contains("goes away and takes no more results", failure.InnerException!.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void ListsAndMaps_AreKeptPerWindowToo(bool crash)
    {
        JobHarness run = new(
            Definition(Windows.Tumbling(Ms(10)).AllowLateness(Ms(20)), new Lists()), Runs.Options(crash));
        Assert.Equal(
            ["2: a 0:1 | 1", "3: a 0:1,2 | 1,2", "4: a 10:1 | 1,2,1", "5: a 10:1,2 | 1,2,1,2"],
            Tables.Lines(
                run, new Reading("a", 1), new Reading("a", 11), Row.Mark(9), new Reading("a", 2), Row.Mark(19),
                new Reading("a", 12)));
        Assert.Equal(["sizes", "starts"], run.Inspect("counts", "a")!.State.Select(held => held.Name));
    }

    private static TestJob Definition(WindowSpec windows, WindowProcess<string, Reading, string> function) => new(
        job => From(job).KeyBy(Input.Key).Window(windows).Process("counts", function).To(Tables.Texts));

    private static JobHarness Job(WindowSpec windows, bool crash, int partitions = 1) => new(
        new TestJob(job => From(job).KeyBy(Input.Key).Window(windows)
            .Process("counts", new Firings())
            .SideTo(Cleared, ClearedTexts)
            .To(Tables.Texts)),
        Runs.Options(crash, partitions));

    private static string Name<T>(IWindowContext<string, T> window) =>
        $"{window.Key} [{window.Window.Start.Milliseconds},{window.Window.End.Milliseconds})";

    /// <summary>Counts its firings in both kinds of state; forgets to free that of the window.</summary>
    private sealed class Firings : WindowProcess<string, Reading, string>
    {
        private static readonly ValueSlot<int> Count = State.Value<int>("firings");

        public override void Process(IReadOnlyList<Reading> events, IWindowContext<string, string> window)
        {
            int ofWindow = ++window.WindowState(Count).Value;
            int ofKey = ++window.KeyState(Count).Value;
            window.Emit($"{Name(window)} firing {ofWindow} of the window, {ofKey} of the key");
        }

        public override void Clear(IWindowContext<string, string> window) =>
            window.Emit(Cleared, $"{Name(window)} after {window.WindowState(Count).Value} firings");
    }

    private sealed class Both(bool ofWindow) : WindowProcess<string, Reading, string>
    {
        private static readonly ValueSlot<int> Count = State.Value<int>("windows");

        public override void Process(IReadOnlyList<Reading> events, IWindowContext<string, string> window)
        {
            IValueState<int> count = ofWindow ? window.WindowState(Count) : window.KeyState(Count);
            window.Emit($"{window.Key} {count.Value++}");
        }
    }

    private sealed class Late : WindowProcess<string, Reading, string>
    {
        public override void Process(IReadOnlyList<Reading> events, IWindowContext<string, string> window)
        {
        }

        public override void Clear(IWindowContext<string, string> window) => window.Emit("too late");
    }

    /// <summary>Notes how many events each firing saw: a list per window in a map by start, and one list per key.</summary>
    private sealed class Lists : WindowProcess<string, Reading, string>
    {
        private static readonly ListSlot<int> Sizes = State.List<int>("sizes");
        private static readonly MapSlot<long, int> Starts = State.Map<long, int>("starts");

        public override void Process(IReadOnlyList<Reading> events, IWindowContext<string, string> window)
        {
            window.WindowState(Sizes).Add(events.Count);
            window.WindowState(Starts)[window.Window.Start.Milliseconds] = events.Count;
            window.KeyState(Sizes).Add(events.Count);
            window.KeyState(Starts)[window.Window.Start.Milliseconds] = events.Count;
            window.Emit($"{window.Key} {window.WindowState(Starts).Entries.Single().Key}:"
                + $"{string.Join(',', window.WindowState(Sizes).Items)} | "
                + string.Join(',', window.KeyState(Sizes).Items));
        }
    }
}
