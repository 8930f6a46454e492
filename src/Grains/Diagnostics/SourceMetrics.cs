namespace Weir.Grains.Diagnostics;

using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Weir.Grains.Sources;
using Weir.Protocol.Logs;

/// <summary>
/// How many offsets the sources of this silo have not read yet, as the metric <c>weir.source.lag</c> with the tags
/// <c>job</c> and <c>topic</c>, beside what is measured of every stage. Invariant: the log is asked once when a source
/// begins; from then on it tells of its appends.
/// </summary>
internal sealed class SourceMetrics : IDisposable
{
    private readonly ConcurrentDictionary<TopicPartition, long> _ends = new();
    private readonly ConcurrentDictionary<SourceRun, string> _jobs = new();
    private readonly StageMetrics _stages;
    private readonly IEventLog _log;
    private readonly IDisposable _watch;

    public SourceMetrics(IMeterFactory meters, StageMetrics stages, IEventLog log)
    {
        _stages = stages;
        _log = log;
        _watch = log.Watch(Raise);
        meters.Create("Weir").CreateObservableGauge(
            "weir.source.lag", Observe, "{event}", "Offsets that are in the log and not read yet.");
    }

    /// <summary>A source runs from now on.</summary>
    public void Enter(string job, SourceRun source)
    {
        _stages.Enter(new StageName(job, $"source {source.Program.Topic}"), source);
        _jobs[source] = job;
        AskEndAsync(PartitionOf(source)).Ignore();
    }

    /// <summary>It runs no more; nothing happens if it did not.</summary>
    public void Leave(SourceRun source)
    {
        _stages.Leave(source);
        _jobs.TryRemove(source, out _);
    }

    public void Dispose() => _watch.Dispose();

    // A log that does not answer now tells of its next append.
    private async Task AskEndAsync(TopicPartition partition) =>
        Raise(partition, (await _log.DescribeAsync(partition)).Next);

    private void Raise(TopicPartition partition, long end) =>
        _ends.AddOrUpdate(partition, end, (_, before) => Math.Max(before, end));

    private IEnumerable<Measurement<long>> Observe() => _jobs
        .GroupBy(each => (Job: each.Value, each.Key.Program.Topic))
        .Select(sources => new Measurement<long>(
            sources.Sum(each => LagOf(each.Key)), new("job", sources.Key.Job), new("topic", sources.Key.Topic)));

    private long LagOf(SourceRun source) =>
        Math.Max(0, _ends.GetValueOrDefault(PartitionOf(source)) - source.Program.Next);

    private static TopicPartition PartitionOf(SourceRun source) => new(source.Program.Topic, source.Program.Partition);
}
