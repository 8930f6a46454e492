namespace Weir.Grains.Tests.Jobs;

using Weir.Engine.Aggregates;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Engine.Windows;

/// <summary>Two topics that wait for each other.</summary>
public class AlignedPair : StreamJob
{
    public static readonly Topic<Click> Ahead = Topic.Of<Click>("ahead");
    public static readonly Topic<Click> Behind = Topic.Of<Click>("behind");
    public static readonly Topic<Windowed<string, long>> PerHour = Topic.Of<Windowed<string, long>>("clicks-per-hour");
    public static readonly TimeSpan MaxDrift = TimeSpan.FromMinutes(5);

    protected virtual TimeSpan? IdleAfter => null;

    public override void Define(JobBuilder job) => job
        .From(Ahead)
        .WithEventTime(click => click.At, Watermarks.Monotonous().AlignedWith("pair", MaxDrift))
        .Union(job.From(Behind).WithEventTime(
            click => click.At, Watermarks.Monotonous(IdleAfter).AlignedWith("pair", MaxDrift)))
        .KeyBy(click => click.Page)
        .Window(Windows.Tumbling(TimeSpan.FromHours(1)))
        .Aggregate("count-both", new Count<Click>())
        .To(PerHour);
}

/// <summary>As the pair, and the second topic does not hold the first back when it is quiet.</summary>
public sealed class AlignedUnlessQuiet : AlignedPair
{
    protected override TimeSpan? IdleAfter => TimeSpan.FromMilliseconds(500);
}

/// <summary>Counts the clicks on a page by the second in which they arrived.</summary>
public sealed class ArrivalsPerSecond : StreamJob
{
    public static readonly Topic<Windowed<string, long>> Counts = Topic.Of<Windowed<string, long>>("arrivals");

    public override void Define(JobBuilder job) => job
        .From(PageViews.Clicks)
        .KeyBy(PageViews.Clicks.Key)
        .Window(Windows.TumblingProcessingTime(TimeSpan.FromSeconds(1)))
        .Aggregate("count-arrivals", new Count<Click>())
        .To(Counts);
}
