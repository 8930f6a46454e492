namespace Weir.Engine.Tests.Guide;

using Weir.Engine.Aggregates;
using Weir.Engine.Operators;
using Weir.Engine.Streams;
using Weir.Engine.Testing;
using Weir.Engine.Time;
using Weir.Engine.Windows;

/// <summary>The code of docs/guide/time.md.</summary>
public sealed class TimeGuide
{
    #region job
    public sealed record Scan(string Depot, EventTime At);

    public sealed class ScansPerMinute : StreamJob
    {
        public static readonly Topic<Scan> Scans = Topic.Of<Scan>("scans");
        public static readonly Topic<Windowed<string, long>> Counts = Topic.Of<Windowed<string, long>>("counts");
        public static readonly Topic<Scan> TooLate = Topic.Of<Scan>("scans-too-late");

        public override void Define(JobBuilder job) => job
            .From(Scans)
            .WithEventTime(
                scan => scan.At,
                Watermarks.Bounded(outOfOrder: TimeSpan.FromSeconds(10), idleAfter: TimeSpan.FromMinutes(1)))
            .KeyBy(scan => scan.Depot)
            .Window(Windows.Tumbling(TimeSpan.FromMinutes(1)))
            .Aggregate("count-scans", new Count<Scan>())
            .LateTo(TooLate)
            .To(Counts);
    }
    #endregion

    #region generator
    public sealed record Delivery(string Van, string Kind, EventTime At);

    /// <summary>A van uploads its deliveries when its tour is over: nothing from before comes after that.</summary>
    public sealed class AtEndOfTour : WatermarkGenerator<Delivery>
    {
        public override void OnEvent(Delivery value, EventTime time, IWatermarkContext partition)
        {
            if (value.Kind == "tour ends")
                partition.Emit(time);
        }
    }
    #endregion

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void TheWatermarkFollowsTheHighestTime(bool crash)
    {
        #region test
        var run = new JobHarness(new ScansPerMinute(), new HarnessOptions { CrashBetweenSteps = crash });
        EventTime nine = EventTime.From(new DateTimeOffset(2026, 1, 1, 9, 0, 0, TimeSpan.Zero));
        Scan At(string depot, int seconds) => new(depot, nine + TimeSpan.FromSeconds(seconds));

        // The watermark is 09:00:58.999 now: 69 s less 10 s less 1 ms.
        run.Send(ScansPerMinute.Scans, At("north", 5), At("north", 69), At("north", 40));
        // Below the watermark, but its window has not fired: it counts.
        run.Send(ScansPerMinute.Scans, At("north", 41));
        Assert.Empty(run.Read(ScansPerMinute.Counts));

        // 09:00:59.999, the last instant of the window [09:00, 09:01).
        run.Send(ScansPerMinute.Scans, At("north", 70));
        Assert.Equal(3, run.ReadNew(ScansPerMinute.Counts).Single().Value);

        run.Send(ScansPerMinute.Scans, At("north", 59));
        Assert.Equal([At("north", 59)], run.Read(ScansPerMinute.TooLate));
        #endregion
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void APartitionThatIsQuiet_HoldsBack_UntilItIsIdle(bool crash)
    {
        EventTime nine = EventTime.From(new DateTimeOffset(2026, 1, 1, 9, 0, 0, TimeSpan.Zero));
        Scan At(string depot, int seconds) => new(depot, nine + TimeSpan.FromSeconds(seconds));

        #region idle
        var run = new JobHarness(
            new ScansPerMinute(), new HarnessOptions { Partitions = 2, CrashBetweenSteps = crash });
        run.AdvanceClock(nine);
        run.SendTo(ScansPerMinute.Scans, 0, At("north", 5), At("north", 90));
        run.AdvanceClock(nine + TimeSpan.FromSeconds(60));
        Assert.Empty(run.Read(ScansPerMinute.Counts));

        // Partition 1 has been quiet for more than a minute: from here on only partition 0 counts.
        run.AdvanceClock(nine + TimeSpan.FromSeconds(61));
        Assert.Equal(1, run.ReadNew(ScansPerMinute.Counts).Single().Value);

        // It comes back behind the others, and its event is late like any other.
        run.SendTo(ScansPerMinute.Scans, 1, At("south", 6));
        Assert.Equal([At("south", 6)], run.Read(ScansPerMinute.TooLate));
        #endregion
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void AGeneratorDecides_AndTheEndOfTheBatchApplies(bool crash)
    {
        Topic<Delivery> deliveries = Topic.Of<Delivery>("deliveries");
        Topic<Windowed<string, long>> counts = Topic.Of<Windowed<string, long>>("counts");
        var run = new JobHarness(
            new TestJob(job => job
                .From(deliveries)
                .WithEventTime(delivery => delivery.At, Watermarks.Custom(new AtEndOfTour()))
                .KeyBy(delivery => delivery.Van)
                .Window(Windows.Tumbling(TimeSpan.FromSeconds(10)))
                .Aggregate("count", new Count<Delivery>())
                .To(counts)),
            Runs.Options(crash));
        Delivery At(string kind, int seconds) => new("van 7", kind, new EventTime(1000 * seconds));

        #region generator-test
        run.Send(deliveries, At("parcel", 3), At("parcel", 25));
        Assert.Empty(run.Read(counts));

        // One batch: the watermark moves at its end, so the parcel behind the marker still counts.
        run.Send(deliveries, At("tour ends", 26), At("parcel", 4));
        Assert.Equal(2, run.ReadNew(counts).Single().Value);
        #endregion
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void TheClock_IsThatOfTheBatch(bool crash)
    {
        var run = new JobHarness(
            new TestJob(job => Reading.From(job).KeyBy(Reading.Input.Key).Process("clock", new Clocks())
                .To(Tables.Texts)),
            Runs.Options(crash));
        run.Send(Reading.Input, new Reading("a", 1));
        run.Send(Reading.Input, new Reading("a", 2));
        run.AdvanceClock(Reading.T(1000));
        run.Send(Reading.Input, new Reading("a", 3));
        Assert.Equal(
            ["1970-01-01T00:00:00.000Z", "1970-01-01T00:00:00.000Z", "1970-01-01T00:00:01.000Z"],
            run.Read(Tables.Texts));
    }

    private sealed class Clocks : KeyedProcess<string, Reading, string>
    {
        public override void OnEvent(Reading value, IKeyContext<string, string> key) => key.Emit($"{key.Clock}");
    }
}
