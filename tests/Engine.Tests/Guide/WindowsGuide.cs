namespace Weir.Engine.Tests.Guide;

using Weir.Engine.Aggregates;
using Weir.Engine.State;
using Weir.Engine.Streams;
using Weir.Engine.Testing;
using Weir.Engine.Time;
using Weir.Engine.Windows;

/// <summary>The code of docs/guide/windows.md.</summary>
public sealed class WindowsGuide
{
    private static readonly EventTime Noon = EventTime.From(new DateTimeOffset(2026, 1, 1, 12, 0, 0, TimeSpan.Zero));

    #region job
    public sealed record Sale(string Station, long Litres, EventTime At);

    public sealed class FuelSales : StreamJob
    {
        public static readonly KeyedTopic<string, Sale> Sales =
            Topic.Of<Sale>("fuel-sales").KeyedBy(sale => sale.Station);
        public static readonly Topic<Windowed<string, long>> PerHour =
            Topic.Of<Windowed<string, long>>("litres-per-hour");
        public static readonly Topic<Sale> TooLate = Topic.Of<Sale>("fuel-sales-too-late");
        public static readonly View<string, long> Latest = new("latest-hour");

        public override void Define(JobBuilder job) => job
            .From(Sales)
            .WithEventTime(sale => sale.At, Watermarks.Bounded(outOfOrder: TimeSpan.FromMinutes(1)))
            .KeyBy(Sales.Key)
            .Window(Windows.Tumbling(TimeSpan.FromHours(1)).AllowLateness(TimeSpan.FromMinutes(30)))
            .Aggregate("sum-litres", new Sum<Sale, long>(sale => sale.Litres))
            .LateTo(TooLate)
            .PublishAs(Latest)
            .To(PerHour);
    }
    #endregion

    #region sessions
    public sealed record PageView(string Visitor, string Page, EventTime At);

    public sealed class Visits : StreamJob
    {
        public static readonly KeyedTopic<string, PageView> Views =
            Topic.Of<PageView>("page-views").KeyedBy(view => view.Visitor);
        public static readonly Topic<string> Lines = Topic.Of<string>("visits");

        public override void Define(JobBuilder job) => job
            .From(Views)
            .WithEventTime(view => view.At, Watermarks.Bounded(outOfOrder: TimeSpan.FromMinutes(5)))
            .KeyBy(Views.Key)
            .Window(Windows.Session(gap: TimeSpan.FromMinutes(30)))
            .Process("describe-visit", new DescribeVisit())
            .To(Lines);
    }

    public sealed class DescribeVisit : WindowProcess<string, PageView, string>
    {
        private static readonly ValueSlot<long> Count = State.Value<long>("visits");

        public override void Process(IReadOnlyList<PageView> events, IWindowContext<string, string> window)
        {
            window.KeyState(Count).Value++;
            string pages = string.Join(" > ", events.Select(view => view.Page));
            window.Emit($"{window.Key}, visit {window.KeyState(Count).Value}: {pages}");
        }
    }
    #endregion

    #region early
    public sealed class FuelSalesLive : StreamJob
    {
        public static readonly Topic<long> Increases = Topic.Of<long>("litres-since-last");

        public override void Define(JobBuilder job) => job
            .From(FuelSales.Sales)
            .WithEventTime(sale => sale.At, Watermarks.Bounded(outOfOrder: TimeSpan.FromMinutes(1)))
            .KeyBy(FuelSales.Sales.Key)
            .Window(Windows.Tumbling(TimeSpan.FromHours(1)))
            .Trigger(Triggers.ContinuousEventTime(TimeSpan.FromMinutes(15)))
            .Aggregate("sum-litres", new Sum<Sale, long>(sale => sale.Litres), new Increase())
            .To(Increases);
    }

    /// <summary>Gives what came in since the window last fired.</summary>
    public sealed class Increase : WindowProcess<string, long, long>
    {
        private static readonly ValueSlot<long> Given = State.Value<long>("given");

        public override void Process(IReadOnlyList<long> events, IWindowContext<string, long> window)
        {
            IValueState<long> given = window.WindowState(Given);
            if (events[0] != given.Value)
                window.Emit(events[0] - given.Value);
            given.Value = events[0];
        }
    }
    #endregion

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void AnHourFires_FiresAgainForALateSale_AndCloses(bool crash)
    {
        #region test
        var run = new JobHarness(new FuelSales(), new HarnessOptions { CrashBetweenSteps = crash });
        EventTime noon = EventTime.From(new DateTimeOffset(2026, 1, 1, 12, 0, 0, TimeSpan.Zero));
        Sale At(int minute, long litres) => new("a", litres, noon + TimeSpan.FromMinutes(minute));
        EventTime lastInstant = noon + TimeSpan.FromMilliseconds(3_599_999);

        run.Send(FuelSales.Sales, At(50, 40), At(5, 30), At(60, 9));
        Assert.Empty(run.Read(FuelSales.PerHour));
        run.AdvanceWatermark(lastInstant);
        Assert.Equal(70, run.ReadNew(FuelSales.PerHour).Single().Value);

        // Within the lateness: the window fires again at once, with the whole new result.
        run.Send(FuelSales.Sales, At(20, 5));
        Assert.Equal(75, run.ReadNew(FuelSales.PerHour).Single().Value);

        // The window is closed when the watermark reaches its last instant plus the lateness.
        run.AdvanceWatermark(lastInstant + TimeSpan.FromMinutes(30));
        run.Send(FuelSales.Sales, At(30, 1));
        Assert.Empty(run.ReadNew(FuelSales.PerHour));
        Assert.Equal([At(30, 1)], run.Read(FuelSales.TooLate));
        Assert.Equal(9, run.Find(FuelSales.Latest, "a")!.Value);
        #endregion
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void PageViewsBecomeVisits(bool crash)
    {
        var run = new JobHarness(new Visits(), new HarnessOptions { CrashBetweenSteps = crash });
        EventTime noon = Noon;

        #region sessions-test
        PageView At(int minute, string page) => new("ann", page, noon + TimeSpan.FromMinutes(minute));
        // [12:30, 13:00) touches both [12:00, 12:30) and [13:00, 13:30): the three become one.
        run.Send(Visits.Views, At(0, "home"), At(60, "basket"), At(30, "shoes"));
        run.Send(Visits.Views, At(91, "home"));

        run.AdvanceWatermark(noon + TimeSpan.FromMinutes(90) - TimeSpan.FromMilliseconds(1));
        Assert.Equal("ann, visit 1: home > basket > shoes", run.ReadNew(Visits.Lines).Single());
        run.Seal();
        Assert.Equal("ann, visit 2: home", run.ReadNew(Visits.Lines).Single());
        #endregion
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void ATriggerGivesEarlyResults(bool crash)
    {
        var run = new JobHarness(new FuelSalesLive(), new HarnessOptions { CrashBetweenSteps = crash });
        EventTime noon = Noon;
        Sale At(int minute, long litres) => new("a", litres, noon + TimeSpan.FromMinutes(minute));

        #region early-test
        run.Send(FuelSales.Sales, At(5, 40));
        run.AdvanceWatermark(noon + TimeSpan.FromMinutes(15));
        run.Send(FuelSales.Sales, At(20, 30), At(25, 10));
        run.AdvanceWatermark(noon + TimeSpan.FromMinutes(30));
        run.Send(FuelSales.Sales, At(50, 2));
        run.AdvanceWatermark(noon + TimeSpan.FromMinutes(60));
        Assert.Equal([40, 40, 2], run.Read(FuelSalesLive.Increases));
        #endregion
    }
}
