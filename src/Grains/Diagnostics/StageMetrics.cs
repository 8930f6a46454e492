namespace Weir.Grains.Diagnostics;

using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Weir.Engine.Time;

/// <summary>
/// How operators and sources of this silo do, as metrics of the meter <c>Weir</c> with the tags <c>job</c> and
/// <c>operator</c>; a source of the topic clicks is the operator <c>source clicks</c>. Invariant: nothing is counted per
/// event; what runs is asked when a collector asks. A counter never falls: what has ended here stays in it, and what was
/// counted elsewhere, before a restore, is left out.
/// </summary>
/// <remarks>A group that begins with 100 events in its state and has taken 130 counts as 30; after it has ended here and
/// begun again with 130, the counter stands at 30 and goes on from there.</remarks>
internal sealed class StageMetrics
{
    private readonly ConcurrentDictionary<IMeteredStage, Entry> _running = new(ReferenceEqualityComparer.Instance);
    private readonly Lock _gate = new();
    private readonly Dictionary<StageName, Counts> _ended = [];
    private readonly TimeProvider _time;

    public StageMetrics(IMeterFactory meters, TimeProvider time)
    {
        _time = time;
        Meter meter = meters.Create("Weir");
        meter.CreateObservableCounter(
            "weir.operator.events.in", () => Count(each => each.In), "{event}", "Events taken.");
        meter.CreateObservableCounter(
            "weir.operator.events.out",
            () => Count(each => each.Out),
            "{event}",
            "Events handed on, once for each operator, topic or sink that they went to.");
        meter.CreateObservableCounter(
            "weir.operator.events.late", () => Count(each => each.Late), "{event}", "Events that came too late.");
        meter.CreateObservableCounter(
            "weir.operator.blocked.time",
            () => Count(each => each.Blocked.TotalSeconds),
            "s",
            "Time that groups, or partitions, waited until others had taken what they sent; its rate divided by "
            + "weir.operator.instances is the share of back-pressure.");
        meter.CreateObservableGauge(
            "weir.operator.instances", () => Sum(_ => 1), "{instance}", "Key groups, or partitions, that run here.");
        meter.CreateObservableGauge(
            "weir.operator.keys", () => Sum(each => each.Keys), "{key}", "Keys with any state.");
        meter.CreateObservableGauge(
            "weir.operator.watermark",
            () => Watermarks(watermark => watermark.Milliseconds / 1000.0),
            "s",
            "The lowest watermark, in seconds since 1970; none before the first.");
        meter.CreateObservableGauge(
            "weir.operator.watermark.lag",
            () => Watermarks(watermark => (EventTime.From(_time.GetUtcNow()) - watermark).TotalSeconds),
            "s",
            "How far the lowest watermark is behind the clock.");
        meter.CreateObservableGauge(
            "weir.silo.instances", () => _running.Count, "{instance}", "Key groups and partitions of all jobs here.");
        meter.CreateObservableGauge(
            "weir.silo.keys", () => _running.Keys.Sum(stage => (long)stage.Keys), "{key}", "Keys of all jobs here.");
    }

    /// <summary>It runs from now on.</summary>
    public void Enter(StageName name, IMeteredStage stage) =>
        _running[stage] = new Entry(name, new Counts(stage.EventsIn, 0, stage.LateEvents, TimeSpan.Zero));

    /// <summary>It runs no more; nothing happens if it did not.</summary>
    public void Leave(IMeteredStage stage)
    {
        lock (_gate)
        {
            if (_running.TryRemove(stage, out Entry? entry))
                _ended[entry.Name] = _ended.GetValueOrDefault(entry.Name) + entry.Since(stage);
        }
    }

    private IEnumerable<Measurement<T>> Count<T>(Func<Counts, T> of)
        where T : struct
    {
        Dictionary<StageName, Counts> all;
        lock (_gate)
        {
            all = new Dictionary<StageName, Counts>(_ended);
            foreach ((IMeteredStage stage, Entry entry) in _running)
                all[entry.Name] = all.GetValueOrDefault(entry.Name) + entry.Since(stage);
        }

        return all.Select(each => new Measurement<T>(of(each.Value), each.Key.Tags));
    }

    private IEnumerable<Measurement<long>> Sum(Func<IMeteredStage, int> of) => ByName()
        .Select(stages => new Measurement<long>(stages.Sum(each => (long)of(each.Key)), stages.Key.Tags));

    /// <summary>Neither of operators that have no watermark yet, nor of those whose input has ended.</summary>
    private IEnumerable<Measurement<double>> Watermarks(Func<EventTime, double> of) => ByName()
        .Select(stages => (stages.Key.Tags, Lowest: stages.Min(each => each.Key.Watermark)))
        .Where(each => each.Lowest > EventTime.MinValue && each.Lowest < EventTime.MaxValue)
        .Select(each => new Measurement<double>(of(each.Lowest), each.Tags));

    private IEnumerable<IGrouping<StageName, KeyValuePair<IMeteredStage, Entry>>> ByName() =>
        _running.GroupBy(each => each.Value.Name);

    /// <param name="Name">Whose it is.</param>
    /// <param name="Before">What had been counted when it began here.</param>
    private sealed record Entry(StageName Name, Counts Before)
    {
        public Counts Since(IMeteredStage stage) => new(
            stage.EventsIn - Before.In, stage.EventsOut, stage.LateEvents - Before.Late, stage.Blocked);
    }

    private readonly record struct Counts(long In, long Out, long Late, TimeSpan Blocked)
    {
        public static Counts operator +(Counts left, Counts right) => new(
            left.In + right.In, left.Out + right.Out, left.Late + right.Late, left.Blocked + right.Blocked);
    }
}

/// <summary>An operator of a job, as tags name it.</summary>
internal readonly record struct StageName(string Job, string Operator)
{
    public KeyValuePair<string, object?>[] Tags => [new("job", Job), new("operator", Operator)];
}
