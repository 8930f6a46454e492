namespace Weir.Benchmarks.Checkpoints;

using System.Diagnostics;
using System.Globalization;
using Weir.Engine.Codecs;
using Weir.Engine.Graph;
using Weir.Engine.Operators;
using Weir.Engine.Snapshots;
using Weir.Engine.Streams;

/// <summary>
/// What the engine alone does for a checkpoint of the keyed sum, in one thread and without a silo: nanoseconds per key,
/// the median of the rounds. Little disturbs it, so it tells small differences apart.
/// </summary>
internal sealed class Captures : IStageOutput
{
    private const int EventsPerBatch = 2000;
    private readonly BenchOptions _options;
    private readonly SourceProgram _source;
    private readonly GroupProgram[] _groups;
    private readonly Codec<Addition> _codec;
    private readonly ByteWriter _event = new();
    private readonly ByteWriter _payload = new();
    private List<ISegmentBytes>[] _chains;
    private long _next;

    public Captures(BenchOptions options)
    {
        _options = options;
        var codecs = new CodecRegistry();
        var plan = new JobPlan(
            JobGraph.Build(new SumsJob(), codecs), codecs, new Dictionary<string, int> { [SumsJob.Additions.Name] = 1 });
        _codec = codecs.For<Addition>();
        _source = plan.CreateSource(0, 0);
        _groups = [.. Enumerable.Range(0, plan.GroupCount).Select(group => plan.CreateGroup(0, group))];
        _chains = [.. _groups.Select(_ => new List<ISegmentBytes>())];
    }

    public IReadOnlyList<Measure> Run()
    {
        var captures = new List<double>();
        var bases = new List<double>();
        var folds = new List<double>();
        double bytes = 0;
        Touch(_options.Keys, each: 1);
        for (int round = 0; round < 4 + 2 * _options.Rounds; round++)
        {
            bases.Add(PerKey(() => Capture(asBase: true)));
            bytes = _chains.Sum(chain => chain.Sum(segment => (double)segment.Length)) / _options.Keys;
            Touch(_options.Keys, each: 1);
            captures.Add(PerKey(() => Capture(asBase: false)));
            folds.Add(PerKey(() => _chains = [.. _chains.Select(Fold)]));
            Touch(_options.Keys, each: 1);
        }

        return
        [
            new Measure("capture of changes, all keys touched", Text(captures)),
            new Measure("capture of a base", $"{Text(bases)}, {bytes.ToString("F1", CultureInfo.InvariantCulture)} bytes"),
            new Measure("fold of a base and as many changes", Text(folds)),
        ];
    }

    public void Post(Slice slice)
    {
        _groups[slice.Target.Group].Apply(slice);
        slice.Release();
    }

    public void Append(in OutputBatch batch)
    {
    }

    private void Capture(bool asBase)
    {
        for (int i = 0; i < _groups.Length; i++)
        {
            GroupCapture capture = _groups[i].Capture(asBase);
            if (capture.IsBase)
                _chains[i].Clear();
            if (capture.Segment is { } segment)
                _chains[i].Add(new SegmentMemory(segment));
        }
    }

    private static List<ISegmentBytes> Fold(List<ISegmentBytes> chain) => [new SegmentMemory(SegmentFold.Merge(chain))];

    private void Touch(int count, long each)
    {
        for (int from = 0; from < count; from += EventsPerBatch)
        {
            int events = Math.Min(EventsPerBatch, count - from);
            _payload.Clear();
            for (int i = 0; i < events; i++)
            {
                _event.Clear();
                _codec.Write(_event, new Addition((from + i) % _options.Keys, each, 0));
                _payload.WriteBlob(_event.Written);
            }

            _source.Process(new EventBatch
            {
                From = _next,
                Next = _next += events,
                Count = events,
                Schema = SumsJob.Additions.Schema,
                Payload = _payload.WrittenMemory,
            });
            _source.Flush(this);
        }
    }

    private double PerKey(Action action)
    {
        TimeSpan cpu = BenchSilo.Cpu;
        action();
        return (BenchSilo.Cpu - cpu).TotalNanoseconds / _options.Keys;
    }

    private static string Text(List<double> rounds)
    {
        double[] sorted = [.. rounds.Skip(4).Order()];
        return string.Create(
            CultureInfo.InvariantCulture, $"{sorted[sorted.Length / 2]:F0} ns per key, from {sorted[0]:F0} to {sorted[^1]:F0}");
    }
}
