namespace Weir.Simulation.Jobs;

using Weir.Engine.Codecs;
using Weir.Engine.Graph;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Simulation.World;

/// <summary>
/// A job with an oracle: what has to be in its output topic at the end, computed from the input by other means than the
/// engine's.
/// </summary>
public abstract class SimJob
{
    private readonly Lazy<JobPlan> _plan;

    protected SimJob() => _plan = new Lazy<JobPlan>(() =>
        new JobPlan(JobGraph.Build(new Defined(this), Codecs), Codecs, Partitions));

    public abstract string Name { get; }

    public CodecRegistry Codecs { get; } = new();

    public abstract IReadOnlyList<Topic<Item>> Inputs { get; }

    public abstract IReadOnlyDictionary<string, int> Partitions { get; }

    /// <summary>Whether a replay gives the same output in the same order.</summary>
    public virtual bool IsDeterministic => false;

    /// <summary>Whether its output is appended at once instead of when a checkpoint is complete.</summary>
    public virtual bool IsImmediate => false;

    public JobPlan Plan => _plan.Value;

    protected static WatermarkStrategy Watermark { get; } =
        Watermarks.Bounded(TimeSpan.FromMilliseconds(SimInput.Disorder + 1));

    public abstract void Define(JobBuilder job);

    /// <summary>Null if the output is right, or what is wrong with it.</summary>
    public abstract string? Check(SimInput input, SimLog log);

    protected static TimeSpan Ms(long milliseconds) => TimeSpan.FromMilliseconds(milliseconds);

    /// <summary>All events of an output topic, in the order of partitions and offsets.</summary>
    protected List<T> Read<T>(SimLog log, Topic<T> topic)
    {
        var read = new List<T>();
        foreach ((_, _, int count, ReadOnlyMemory<byte> payload) in log.Output(topic.Name))
        {
            var reader = new ByteReader(payload);
            for (int i = 0; i < count; i++)
                read.Add(Codecs.For<T>().Read(new ByteReader(reader.ReadBlob())));
        }

        return read;
    }

    /// <summary>Whether two collections have the same lines, each as often.</summary>
    protected static string? Compare(IEnumerable<string> expected, IEnumerable<string> found)
    {
        var counts = new Dictionary<string, int>();
        foreach (string line in expected)
            counts[line] = counts.GetValueOrDefault(line) + 1;
        foreach (string line in found)
            counts[line] = counts.GetValueOrDefault(line) - 1;
        string[] wrong =
        [
            .. counts.Where(each => each.Value != 0)
                .OrderBy(each => each.Key, StringComparer.Ordinal)
                .Select(each => each.Value > 0 ? $"missing {each.Value}: {each.Key}" : $"too many {-each.Value}: {each.Key}"),
        ];
        return wrong.Length == 0 ? null : $"{wrong.Length} lines are wrong: {string.Join("; ", wrong.Take(5))}";
    }

    private sealed class Defined(SimJob job) : StreamJob
    {
        public override string Name => job.Name;

        public override void Define(JobBuilder builder) => job.Define(builder);
    }
}
