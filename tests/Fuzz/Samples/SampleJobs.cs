namespace Weir.Fuzz.Samples;

using Weir.Engine.Aggregates;
using Weir.Engine.Errors;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Engine.Windows;

/// <summary>A job of one operator, whose segments and slices are damaged. Its inputs are topics of clicks.</summary>
/// <param name="Kind">The kind of operator.</param>
/// <param name="Build">Builds the job on the clicks with their event time.</param>
public sealed record SampleJob(string Kind, Action<DataStream<Click>, JobBuilder> Build)
{
    /// <summary>
    /// Whether a damaged segment or slice may be given any step of time. A continuous trigger fires at every interval
    /// up to it, which a damaged time can put any number of intervals away.
    /// </summary>
    public bool TakesAnyTime { get; init; } = true;

    /// <summary>The job that wrote the segment, if it was another one: an earlier version of this.</summary>
    public SampleJob? WrittenBy { get; init; }

    public SampleJob(string kind, Action<DataStream<Click>> build)
        : this(kind, (clicks, _) => build(clicks))
    {
    }
}

/// <summary>One job for each kind of keyed operator. A new operator is a line here.</summary>
public static class SampleJobs
{
    private static readonly View<string, long> Counts = new("counts");
    private static readonly View<string, long> Sums = new("sums");
    private static readonly Topic<Click> Late = Topic.Of<Click>("late");

    private static readonly Topic<Windowed<string, long>> Results = Topic.Of<Windowed<string, long>>("results");

    public static IReadOnlyList<SampleJob> All { get; } = [.. Windowed, .. SampleProcesses.All, .. SampleJoins.All];

    /// <summary>One window after the other, with functions and triggers of each kind.</summary>
    private static IEnumerable<SampleJob> Windowed =>
    [
        new("tumbling-count", clicks => clicks.KeyBy(Click.Input.Key).Window(Windows.Tumbling(Ms(300)))
            .Aggregate("op", new Count<Click>()).PublishAs(Counts)),
        new("sliding-sum", clicks => clicks.KeyBy(click => click.Page)
            .Window(Windows.Sliding(Ms(400), Ms(200)).AllowLateness(Ms(100)))
            .Aggregate("op", new Sum<Click, long>(click => click.Value))),
        new("session-average", clicks => clicks.KeyBy(click => new Place(click.Page, click.Value % 4))
            .Window(Windows.Session(Ms(120)).AllowLateness(Ms(50)))
            .Aggregate("op", new Average<Click>(click => click.Value))),
        new("session-by-event", clicks => clicks.KeyBy(click => click.Page)
            .Window(Windows.Session<Click>(click => Ms(click.Value & 0xFF)))
            .Aggregate("op", new Maximum<Click, long>(click => click.Value))),
        new("global-count", clicks => clicks.KeyBy(click => click.Value % 8)
            .Window(Windows.Global()).Trigger(Triggers.Purging(Triggers.Count(5)))
            .Aggregate("op", new Minimum<Click, long>(click => click.Value))),
        new("continuous-event-time", clicks => clicks.KeyBy(click => click.Page)
            .Window(Windows.Tumbling(Ms(1000))).Trigger(Triggers.ContinuousEventTime(Ms(100)))
            .Aggregate("op", new Count<Click>())) { TakesAnyTime = false },
        new("continuous-clock", clicks => clicks.KeyBy(click => click.Page)
            .Window(Windows.Tumbling(Ms(1000))).Trigger(Triggers.ContinuousProcessingTime(Ms(100)))
            .Aggregate("op", new Count<Click>())) { TakesAnyTime = false },
        new("processing-time", clicks => clicks.KeyBy(click => (click.Page, click.Value % 4))
            .Window(Windows.TumblingProcessingTime(Ms(700)))
            .Aggregate("op", new Count<Click>())),
        new("reduce", clicks => clicks.KeyBy(click => click.Page).Window(Windows.Tumbling(Ms(300)))
            .Reduce("op", (left, right) => left.At > right.At ? left : right)),
        new("window-process", clicks => clicks.KeyBy(click => click.Page).Window(Windows.Tumbling(Ms(300)))
            .Process("op", new Size<string>()).PublishAs(Sums)),
        new("session-process", clicks => clicks.KeyBy(click => click.Page).Window(Windows.Session(Ms(120)))
            .Process("op", new Size<string>())),
        new("evict-process", clicks => clicks.KeyBy(click => click.Page).Window(Windows.Tumbling(Ms(300)))
            .Evict(Evictors.Time<Click>(Ms(100))).Process("op", new Size<string>())),
        new("evict-aggregate", clicks => clicks.KeyBy(click => click.Page).Window(Windows.Global())
            .Trigger(Triggers.Count(3)).Evict(Evictors.Count<Click>(4))
            .Aggregate("op", new Sum<Click, long>(click => click.Value)).PublishAs(Counts)),
        new("refined", clicks => clicks
            .KeyBy(Click.Input.Key.Refine(click => new Place(click.Page, click.Value % 4), place => place.Page))
            .Window(Windows.SessionProcessingTime(Ms(500)))
            .Aggregate("op", new Count<Click>())),
        new("window-state", clicks => clicks.KeyBy(click => click.Page)
            .Window(Windows.Tumbling(Ms(300)).AllowLateness(Ms(200))).Trigger(Triggers.Count(2))
            .Process("op", new Memory())),
        new("window-conclude", clicks => clicks.KeyBy(click => click.Page)
            .Window(Windows.Sliding(Ms(400), Ms(200))).Trigger(Triggers.EndOfStream)
            .Aggregate("op", new Count<Click>(), new Conclusion())),
        new("session-state", clicks => clicks.KeyBy(click => click.Page).Window(Windows.Session(Ms(120)))
            .Aggregate("op", new Count<Click>(), new Conclusion())),
        new("count", clicks => clicks.KeyBy(click => click.Page).Window(Windows.Count(7))
            .Aggregate("op", new Count<Click>())),
        new("count-slide", clicks => clicks.KeyBy(click => click.Page).Window(Windows.Count(7, 3))
            .Process("op", new Size<string>())),
        new("delta", clicks => clicks.KeyBy(click => click.Page).Window(Windows.Global())
            .Trigger(Triggers.Delta<Click>(150, click => click.Value)).Aggregate("op", new Count<Click>())),
        new("timeout", clicks => clicks.KeyBy(click => click.Page).Window(Windows.Tumbling(Ms(500)))
            .Trigger(Triggers.Timeout(Triggers.Count(9), Ms(200))).Aggregate("op", new Count<Click>())),
        new("timeout-restart", clicks => clicks.KeyBy(click => click.Page).Window(Windows.Global())
            .Trigger(Triggers.Purging(Triggers.Timeout(Triggers.Count(9), Ms(200), restart: true)))
            .Process("op", new Size<string>())),
        new("window-quarantine", clicks => clicks.KeyBy(click => click.Page).Window(Windows.Tumbling(Ms(300)))
            .Process("op", new FragileSize()).OnError(Errors.QuarantineKey)),
        new("window-hosted", clicks => clicks.KeyBy(click => click.Page).Window(Windows.Tumbling(Ms(300)))
            .Aggregate("op", new Count<Click>()).OneGrainPerKey().LateTo(Late).To(Results)),
    ];

    /// <summary>The second input with its event time.</summary>
    public static DataStream<Click> Second(JobBuilder job) => WithTime(job.From(Click.Second));

    public static DataStream<Click> WithTime(SourceStream<Click> source) => source.WithEventTime(
        click => new EventTime(click.At), Watermarks.Bounded(Ms(50), idleAfter: Ms(200)));

    public static TimeSpan Ms(long milliseconds) => TimeSpan.FromMilliseconds(milliseconds);
}
