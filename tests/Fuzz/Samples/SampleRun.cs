namespace Weir.Fuzz.Samples;

using Weir.Engine.Codecs;
using Weir.Engine.Errors;
using Weir.Engine.Graph;
using Weir.Engine.Operators;
using Weir.Engine.Streams;
using Weir.Engine.Time;

/// <summary>
/// A run of a sample job over some events, from which valid segments, slices and states of sources are taken.
/// </summary>
internal sealed class SampleRun : IStageOutput
{
    private const int Groups = 4;
    private const int Partitions = 2;
    private readonly Queue<Slice> _posted = new();
    private readonly SampleGroup[] _groups;

    public SampleRun(SampleJob job)
    {
        Job = job;
        var codecs = new CodecRegistry();
        var graph = JobGraph.Build(new Defined(job), codecs);
        Plan = new JobPlan(
            graph, codecs, graph.Inputs.Concat(graph.Outputs).ToDictionary(topic => topic.Name, _ => Partitions));
        _groups = [.. Enumerable.Range(0, Plan.InstancesOf(0))
            .Select(group => new SampleGroup(Plan, group) { Turns = [] })];
        Sources = [.. Enumerable.Range(0, Plan.SourceCount).SelectMany(source => Enumerable
            .Range(0, Plan.PartitionsOf(Plan.TopicOfSource(source).Name))
            .Select(partition => Plan.CreateSource(source, partition)))];
        for (int step = 0; step < 12; step++)
        {
            foreach (SourceProgram source in Sources)
                Process(source, BatchAt(step, source));
        }
    }

    public SampleJob Job { get; }

    public JobPlan Plan { get; }

    public IReadOnlyList<SourceProgram> Sources { get; }

    /// <summary>The slices that were posted, as bytes.</summary>
    public List<(SliceTarget Target, byte[] Bytes)> Slices { get; } = [];

    /// <summary>The group that holds most keys in quarantine, or simply most keys.</summary>
    public SampleGroup Fullest => _groups.MaxBy(group => (group.Program.Quarantined, group.Program.Rows))!;

    public SampleGroup NewGroup(int group) => new(Plan, group);

    /// <summary>The slices of a group, those of commands or all others.</summary>
    public IEnumerable<(SliceTarget Target, byte[] Bytes)> SlicesOf(SampleGroup group, bool commands) =>
        Slices.Where(slice => slice.Target.Group == group.Program.Group
            && Plan.Graph.Edges[slice.Target.Edge] is CommandEdge == commands);

    /// <summary>A batch of clicks that goes on at an offset.</summary>
    public static EventBatch Clicks(long from, EventTime stamp, params Click[] clicks)
    {
        var payload = new ByteWriter();
        Codec<Click> codec = new CodecRegistry().For<Click>();
        foreach (Click click in clicks)
        {
            int start = payload.BeginFrame();
            codec.Write(payload, in click);
            payload.EndFrame(start);
        }

        return new EventBatch
        {
            From = from,
            Next = from + clicks.Length,
            Count = clicks.Length,
            Kind = BatchKind.Events,
            Stamp = stamp,
            Schema = Click.Input.Schema,
            Payload = payload.ToArray(),
        };
    }

    void IStageOutput.Post(Slice slice) => _posted.Enqueue(slice);

    void IStageOutput.Append(in OutputBatch batch)
    {
        // The results of a sample job are of no interest.
    }

    // One command for each key that may be in quarantine.
    private EventBatch CommandsAt(int step, SourceProgram source)
    {
        var payload = new ByteWriter();
        int[] pages = [.. Enumerable.Range(0, 30)];
        foreach (int page in pages)
        {
            var key = new ByteWriter();
            Plan.Codecs.For<string>().Write(key, $"page-{page}");
            payload.WriteBytes(Plan.QuarantineCommand(0, key.ToArray(), release: (page + step) % 2 == 0).Span);
        }

        return new EventBatch
        {
            From = source.Next,
            Next = source.Next + pages.Length,
            Count = pages.Length,
            Kind = BatchKind.Events,
            Stamp = new EventTime(10_000 + (step * 100)),
            Schema = Plan.Graph.Commands!.Schema,
            Payload = payload.ToArray(),
        };
    }

    // Events of many keys around the time of the step, some late; every third batch is a step of the clock.
    private EventBatch BatchAt(int step, SourceProgram source)
    {
        var stamp = new EventTime(10_000 + (step * 100));
        bool takesCommands = source.Topic == Plan.Graph.Commands?.Name;
        if (takesCommands && step == 6)
            return CommandsAt(step, source);
        if (takesCommands || step % 3 == 2)
            return new EventBatch
            {
                From = source.Next,
                Next = source.Next + 1,
                Kind = BatchKind.Tick,
                Stamp = stamp,
                Schema = "",
            };
        return Clicks(source.Next, stamp, [.. Enumerable.Range(0, 60)
            .Select(i => new Click($"page-{i % 30}", (step * 100) + (i * 37 % 90), (i * 13) + step))
            .Where(click => source.Partition == PartitionOf(click))]);
    }

    private int PartitionOf(in Click click) => Click.Input.PartitionOf(click, Partitions, Plan.Codecs)!.Value;

    private void Process(SourceProgram source, EventBatch batch)
    {
        source.Process(in batch);
        source.Flush(this);
        while (_posted.TryDequeue(out Slice? slice))
        {
            var bytes = new ByteWriter();
            slice.Encode(bytes);
            Slices.Add((slice.Target, bytes.ToArray()));
            SampleGroup group = _groups[slice.Target.Group];
            group.Apply(slice);
            slice.Release();
            group.MakeCalls(leave: 5);
            group.Program.Flush(this);
        }
    }

    private sealed class Defined(SampleJob job) : StreamJob
    {
        public override string Name => job.Kind;

        public override void Define(JobBuilder builder)
        {
            builder.KeyGroups(Groups);
            job.Build(SampleJobs.WithTime(builder.From(Click.Input)), builder);
        }
    }
}

/// <summary>Takes what a program emits and forgets it.</summary>
internal sealed class Nowhere : IStageOutput
{
    public void Post(Slice slice) => slice.Release();

    public void Append(in OutputBatch batch)
    {
        // Nobody reads it.
    }
}
