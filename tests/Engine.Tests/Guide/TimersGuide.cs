namespace Weir.Engine.Tests.Guide;

using Weir.Engine.Operators;
using Weir.Engine.State;
using Weir.Engine.Streams;
using Weir.Engine.Testing;
using Weir.Engine.Time;
using Weir.Engine.Timers;

/// <summary>The code of docs/guide/timers.md.</summary>
public sealed class TimersGuide
{
    #region job
    public sealed record CartEvent(string Cart, string Kind, EventTime At);

    public sealed class Carts : StreamJob
    {
        public static readonly KeyedTopic<string, CartEvent> Events =
            Topic.Of<CartEvent>("cart-events").KeyedBy(each => each.Cart);
        public static readonly Topic<string> Abandoned = Topic.Of<string>("abandoned-carts");

        public override void Define(JobBuilder job) => job
            .From(Events)
            .WithEventTime(each => each.At, Watermarks.Bounded(outOfOrder: TimeSpan.FromSeconds(10)))
            .KeyBy(Events.Key)
            .Process("watch-carts", new WatchCarts())
            .To(Abandoned);
    }

    public sealed class WatchCarts : KeyedProcess<string, CartEvent, string>
    {
        private static readonly ValueSlot<long> Items = State.Value<long>("items");

        public override void OnEvent(CartEvent value, IKeyContext<string, string> key)
        {
            if (value.Kind == "paid")
            {
                key.State(Items).Clear();
                key.Timers.Cancel("abandoned");
                return;
            }

            key.State(Items).Value++;
            // A named timer exists once per key: setting it again moves it.
            key.Timers.SetEventTime("abandoned", key.Time + TimeSpan.FromMinutes(30));
        }

        public override void OnTimer(FiredTimer timer, IKeyContext<string, string> key)
        {
            key.Emit($"{key.Key} with {key.State(Items).Value} items at {timer.Time}");
            key.State(Items).Clear();
        }
    }
    #endregion

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void ACartIsAbandonedAfterHalfAnHour(bool crash)
    {
        #region test
        var run = new JobHarness(new Carts(), new HarnessOptions { CrashBetweenSteps = crash });
        EventTime noon = EventTime.From(new DateTimeOffset(2026, 1, 1, 12, 0, 0, TimeSpan.Zero));
        run.Send(Carts.Events, new CartEvent("a", "add", noon), new CartEvent("b", "add", noon));
        run.Send(Carts.Events, new CartEvent("a", "add", noon + TimeSpan.FromMinutes(20)));
        run.Send(Carts.Events, new CartEvent("b", "paid", noon + TimeSpan.FromMinutes(25)));
        run.AdvanceWatermark(noon + TimeSpan.FromMinutes(49));
        Assert.Empty(run.Read(Carts.Abandoned));
        run.AdvanceWatermark(noon + TimeSpan.FromMinutes(50));
        Assert.Equal("a with 2 items at 2026-01-01T12:50:00.000Z", run.Read(Carts.Abandoned).Single());
        #endregion
    }
    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void AtTheEndOfTheInput_EventTimersFire_AndProcessingTimersThatWaitDoNot(bool crash)
    {
        var run = new JobHarness(
            new TestJob(job => Reading.From(job).KeyBy(Reading.Input.Key).Process("alarms", new Alarms())
                .To(Tables.Texts)),
            Runs.Options(crash));
        run.AdvanceClock(Reading.T(1000));
        run.Send(Reading.Input, new Reading("a", 5));
        run.AdvanceClock(Reading.T(2000));
        Assert.Equal(["Processing 2000"], run.ReadNew(Tables.Texts));
        run.Seal();
        Assert.Equal(["Event 1000000"], run.ReadNew(Tables.Texts));
        run.AdvanceClock(Reading.T(9000));
        Assert.Empty(run.ReadNew(Tables.Texts));
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void ATimerOfBothDomains_IsTwoTimers_AndCancelRemovesBoth(bool crash)
    {
        var run = new JobHarness(
            new TestJob(job => Reading.From(job).KeyBy(Reading.Input.Key).Process("alarms", new Alarms())
                .To(Tables.Texts)),
            Runs.Options(crash));
        run.AdvanceClock(Reading.T(1000));
        run.Send(Reading.Input, new Reading("a", 5));
        Assert.Equal(3, run.Inspect("alarms", "a")!.Timers.Count);
        run.Send(Reading.Input, new Reading("a", 6, 0));
        Assert.Null(run.Inspect("alarms", "a"));
        Assert.Equal(0, run.Keys("alarms"));
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void BeforeTheClockHasBegun_AProcessingTimerFiresWithItsFirstStep(bool crash)
    {
        var run = new JobHarness(
            new TestJob(job => Reading.From(job).KeyBy(each => each.Key).Process("alarms", new Alarms())
                .To(Tables.Texts)),
            Runs.Options(crash, partitions: 2));
        run.Send(Reading.Input, new Reading("a", 5));
        Assert.Empty(run.ReadNew(Tables.Texts));
        run.AdvanceClock(Reading.T(1_000_000));
        Assert.Equal(2, run.ReadNew(Tables.Texts).Count);
    }

    /// <summary>Sets timers 1 s and 2 s ahead on the clock and one far ahead in event time; 0 cancels.</summary>
    private sealed class Alarms : KeyedProcess<string, Reading, string>
    {
        public override void OnEvent(Reading value, IKeyContext<string, string> key)
        {
            if (value.Value == 0)
            {
                key.Timers.Cancel("soon");
                key.Timers.Cancel("far");
                return;
            }

            key.Timers.SetProcessingTime("soon", key.Clock + TimeSpan.FromSeconds(1));
            key.Timers.SetProcessingTime("far", key.Clock + TimeSpan.FromSeconds(2));
            key.Timers.SetEventTime("far", new EventTime(1_000_000));
        }

        public override void OnTimer(FiredTimer timer, IKeyContext<string, string> key) =>
            key.Emit($"{timer.Domain} {timer.Time.Milliseconds}");
    }
}
