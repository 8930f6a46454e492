namespace Weir.Grains.Tests.Jobs;

using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Weir.Engine.Aggregates;
using Weir.Engine.Operators;
using Weir.Engine.State;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Engine.Timers;
using Weir.Engine.Windows;

public sealed record Click(string Page, string User, EventTime At);

/// <summary>Co-partitioned windows with a view, late events and two outputs.</summary>
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
        .Window(Windows.Tumbling(TimeSpan.FromMinutes(1)))
        .Aggregate("count-views", new Count<Click>())
        .LateTo(TooLate)
        .PublishAs(Latest)
        .To(PerMinute);
}

/// <summary>Two shuffles in a row: windows per user, then the busiest user of each window.</summary>
public sealed class BusiestUsers : StreamJob
{
    public static readonly Topic<Busiest> Winners = Topic.Of<Busiest>("busiest-users");

    public override void Define(JobBuilder job) => job
        .From(PageViews.Clicks)
        .WithEventTime(click => click.At, Watermarks.Bounded(outOfOrder: TimeSpan.FromSeconds(5)))
        .Where(click => click.User.Length > 0)
        .KeyBy(click => click.User)
        .Window(Windows.Tumbling(TimeSpan.FromMinutes(1)))
        .Aggregate("count-per-user", new Count<Click>())
        .KeyBy(count => count.Window.Start.Milliseconds)
        .Window(Windows.Tumbling(TimeSpan.FromMinutes(1)))
        .Process("pick-busiest", new PickBusiest())
        .To(Winners);

    public sealed record Busiest(EventTime Minute, string User, long Clicks);

    private sealed class PickBusiest : WindowProcess<long, Windowed<string, long>, Busiest>
    {
        public override void Process(
            IReadOnlyList<Windowed<string, long>> events, IWindowContext<long, Busiest> window)
        {
            Windowed<string, long> best = events.OrderByDescending(each => each.Value).ThenBy(each => each.Key).First();
            window.Emit(new Busiest(window.Window.Start, best.Key, best.Value));
        }
    }
}

/// <summary>A function with state that fails on a page called "poison"; asks for a logger.</summary>
public sealed class Fragile(ILogger<Fragile> logger) : StreamJob
{
    public static readonly View<string, long> Seen = new("seen");

    public ILogger Logger => logger;

    public override void Define(JobBuilder job) => job
        .From(PageViews.Clicks)
        .KeyBy(PageViews.Clicks.Key)
        .Process("count-fragile", new CountUnlessPoison(logger))
        .PublishAs(Seen);

    private sealed class CountUnlessPoison(ILogger logger) : KeyedProcess<string, Click, long>
    {
        private static readonly ValueSlot<long> Count = State.Value<long>("count");

        public override void OnEvent(Click value, IKeyContext<string, long> key)
        {
            if (value.Page == "poison")
            {
                logger.LogWarning("Refusing a click of {User}", value.User);
                throw new InvalidOperationException("this page is poison");
            }

            key.State(Count).Value++;
            key.Emit(key.State(Count).Value);
        }
    }
}

/// <summary>
/// Says that a page is quiet once the ingestion clock has gone on for a second and a half without a click.
/// </summary>
public sealed class QuietPages : StreamJob
{
    public static readonly Topic<string> Quiet = Topic.Of<string>("quiet-pages");

    public override void Define(JobBuilder job) => job
        .From(PageViews.Clicks)
        .KeyBy(PageViews.Clicks.Key)
        .Process("watch-pages", new WatchPages())
        .To(Quiet);

    private sealed class WatchPages : KeyedProcess<string, Click, string>
    {
        public override void OnEvent(Click value, IKeyContext<string, string> key) =>
            key.Timers.SetProcessingTime("quiet", key.Clock + TimeSpan.FromSeconds(1.5));

        public override void OnTimer(FiredTimer timer, IKeyContext<string, string> key) => key.Emit(key.Key);
    }
}

/// <summary>Two operators with one grain per key: windows, and a function that waits for another grain.</summary>
public sealed class PatientPages(IGrainFactory grains) : StreamJob
{
    public static readonly Topic<Windowed<string, long>> PerMinute =
        Topic.Of<Windowed<string, long>>("patient-views-per-minute");
    public static readonly View<string, long> Counted = new("patient-count");

    public override void Define(JobBuilder job)
    {
        DataStream<Click> clicks = job.From(PageViews.Clicks)
            .WithEventTime(click => click.At, Watermarks.Bounded(outOfOrder: TimeSpan.FromSeconds(5)));
        clicks.KeyBy(PageViews.Clicks.Key)
            .Window(Windows.Tumbling(TimeSpan.FromMinutes(1)))
            .Aggregate("patient-windows", new Count<Click>())
            .OneGrainPerKey()
            .To(PerMinute);
        clicks.KeyBy(PageViews.Clicks.Key)
            .Process("patient-count", new CountThroughAGrain(grains))
            .OneGrainPerKey()
            .PublishAs(Counted);
    }

    private sealed class CountThroughAGrain(IGrainFactory grains) : AsyncKeyedProcess<string, Click, long>
    {
        private static readonly ValueSlot<long> Count = State.Value<long>("count");

        public override async ValueTask OnEventAsync(
            Click value, IKeyContext<string, long> key, CancellationToken cancellation)
        {
            long before = key.State(Count).Value;
            key.State(Count).Value = await grains.GetGrain<IAddingGrain>(0).AddAsync(before, 1);
            key.Emit(key.State(Count).Value);
        }
    }
}

public interface IAddingGrain : IGrainWithIntegerKey
{
    Task<long> AddAsync(long left, long right);
}

[StatelessWorker]
public sealed class AddingGrain : Grain, IAddingGrain
{
    public async Task<long> AddAsync(long left, long right)
    {
        await Task.Yield();
        return left + right;
    }
}
