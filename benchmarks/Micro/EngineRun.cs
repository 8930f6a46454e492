namespace Weir.Benchmarks.Micro;

using Weir.Engine.Codecs;
using Weir.Engine.Graph;
using Weir.Engine.Operators;
using Weir.Engine.Streams;
using Weir.Engine.Time;

/// <summary>
/// A job in one thread, without a silo: batches of encoded events go in as from a log, through all key groups, and what
/// comes out is dropped.
/// </summary>
internal sealed class EngineRun : IStageOutput
{
    private const int PerBatch = 1000;
    private readonly JobPlan _plan;
    private readonly EventBatch[] _batches;
    private SourceProgram _source = null!;

    public EngineRun(StreamJob job, Reading[] readings)
    {
        var codecs = new CodecRegistry();
        JobGraph graph = JobGraph.Build(job, codecs);
        _plan = new JobPlan(
            graph, codecs, graph.Inputs.Concat(graph.Outputs).ToDictionary(topic => topic.Name, _ => 1));
        Codec<Reading> codec = codecs.For<Reading>();
        _batches = [.. readings.Chunk(PerBatch).Select((batch, index) => Encode(codec, batch, index * (long)PerBatch))];
    }

    public JobPlan Plan => _plan;

    /// <summary>The key groups of the last run.</summary>
    public GroupProgram[] Groups { get; private set; } = [];

    /// <summary>Begins anew and goes through all batches; says how many results came out.</summary>
    public long Run()
    {
        _source = _plan.CreateSource(0, 0);
        Groups = [.. Enumerable.Range(0, _plan.GroupCount).Select(group => _plan.CreateGroup(0, group))];
        Results = 0;
        foreach (EventBatch batch in _batches)
        {
            _source.Process(in batch);
            _source.Flush(this);
        }

        return Results;
    }

    /// <summary>How many results the last run has had.</summary>
    public long Results { get; private set; }

    /// <summary>A slice as the source makes it, of one key group.</summary>
    public Slice FirstSlice()
    {
        var kept = new KeptSlice();
        SourceProgram source = _plan.CreateSource(0, 0);
        source.Process(in _batches[0]);
        source.Flush(kept);
        return kept.Slice!;
    }

    void IStageOutput.Post(Slice slice)
    {
        GroupProgram group = Groups[slice.Target.Group];
        group.Apply(slice);
        slice.Release();
        if (group.Held > 0)
            group.Flush(this);
    }

    void IStageOutput.Append(in OutputBatch batch) => Results += batch.Count;

    private static EventBatch Encode(Codec<Reading> codec, Reading[] batch, long from)
    {
        var bytes = new ByteWriter(batch.Length * 32);
        foreach (Reading reading in batch)
        {
            int start = bytes.BeginFrame();
            codec.Write(bytes, reading);
            bytes.EndFrame(start);
        }

        return new EventBatch
        {
            From = from,
            Next = from + batch.Length,
            Count = batch.Length,
            Kind = BatchKind.Events,
            Stamp = new EventTime(0),
            Schema = Reading.Input.Schema,
            Payload = bytes.WrittenMemory,
        };
    }

    private sealed class KeptSlice : IStageOutput
    {
        public Slice? Slice { get; private set; }

        public void Post(Slice slice) => Slice = Slice is null || Slice.Count < slice.Count ? slice : Slice;

        public void Append(in OutputBatch batch)
        {
        }
    }
}
