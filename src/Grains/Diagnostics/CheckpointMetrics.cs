namespace Weir.Grains.Diagnostics;

using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Weir.Contracts.Jobs;

/// <summary>
/// How checkpoints go, as metrics of the meter <c>Weir</c>: any collector can read them. Each has the tag <c>job</c>.
/// </summary>
internal sealed class CheckpointMetrics
{
    private static readonly InstrumentAdvice<double> Seconds = new()
    {
        HistogramBucketBoundaries = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
    };

    private static readonly InstrumentAdvice<long> Bytes = new()
    {
        HistogramBucketBoundaries = [0, 1 << 10, 1 << 14, 1 << 17, 1 << 20, 1 << 23, 1 << 26, 1 << 28, 1L << 30, 1L << 33],
    };

    private readonly Counter<long> _completed;
    private readonly Counter<long> _failed;
    private readonly Histogram<double> _duration;
    private readonly Histogram<long> _written;
    private readonly Gauge<int> _failuresInARow;
    private readonly Gauge<long> _size;
    private readonly ConcurrentDictionary<string, TimeSpan> _ages = new(StringComparer.Ordinal);

    public CheckpointMetrics(IMeterFactory meters)
    {
        Meter meter = meters.Create("Weir");
        _completed = meter.CreateCounter<long>(
            "weir.checkpoints.completed", "{checkpoint}", "Checkpoints that became complete.");
        _failed = meter.CreateCounter<long>(
            "weir.checkpoints.failed", "{checkpoint}", "Checkpoints that were given up.");
        _duration = meter.CreateHistogram<double>(
            "weir.checkpoints.duration", "s", "From the first barrier until the checkpoint was complete.", [], Seconds);
        _written = meter.CreateHistogram<long>(
            "weir.checkpoints.written", "By", "Bytes that were written for a checkpoint.", [], Bytes);
        _size = meter.CreateGauge<long>(
            "weir.checkpoints.size", "By", "Bytes of state that the last complete checkpoint refers to.");
        meter.CreateObservableGauge(
            "weir.checkpoints.age",
            () => _ages.Select(each => new Measurement<double>(
                each.Value.TotalSeconds, new KeyValuePair<string, object?>("job", each.Key))),
            "s",
            "Since the last complete checkpoint was begun; 0 while nothing has changed since, so that none is due.");
        _failuresInARow = meter.CreateGauge<int>(
            "weir.checkpoints.failures_in_a_row",
            "{checkpoint}",
            "Checkpoints that were given up since the last complete one; above 0 nothing transactional becomes visible.");
    }

    /// <summary>How long ago the last complete checkpoint of a job was begun; 0 if none is due.</summary>
    public void Aged(string job, TimeSpan age) => _ages[job] = age;

    /// <summary>A job runs here no more.</summary>
    public void Leave(string job) => _ages.TryRemove(job, out _);

    public void Completed(string job, CheckpointDescription checkpoint)
    {
        KeyValuePair<string, object?> tag = new("job", job);
        _completed.Add(1, tag);
        _duration.Record(checkpoint.Duration.TotalSeconds, tag);
        _written.Record(checkpoint.WrittenBytes, tag);
        _size.Record(checkpoint.Bytes, tag);
        _failuresInARow.Record(0, tag);
    }

    public void Failed(string job, int inARow)
    {
        KeyValuePair<string, object?> tag = new("job", job);
        _failed.Add(1, tag);
        _failuresInARow.Record(inARow, tag);
    }
}
