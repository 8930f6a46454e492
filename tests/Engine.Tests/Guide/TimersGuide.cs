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
}
