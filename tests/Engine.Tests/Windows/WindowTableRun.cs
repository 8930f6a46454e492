namespace Weir.Engine.Tests.Windows;

using Weir.Engine.Aggregates;
using Weir.Engine.Codecs;
using Weir.Engine.Graph;
using Weir.Engine.Operators;
using Weir.Engine.Snapshots;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Engine.Windows;
using static Weir.Engine.Tests.Reading;

/// <summary>A group of sums over tumbling windows of 10 ms, driven by slices, with what was captured of it.</summary>
internal sealed class WindowTableRun(JobPlan plan) : IStageOutput
{
    public const int Size = 10;

    private readonly List<byte[]> _chain = [];
    private readonly List<string> _output = [];
    private GroupProgram _group = plan.CreateGroup(0, 0);
    private GroupMark? _mark;

    public GroupProgram Group => _group;

    /// <summary>What it has given since this was asked for last.</summary>
    public string[] TakeOutput()
    {
        _group.Flush(this);
        string[] output = [.. _output];
        _output.Clear();
        return output;
    }

    public static JobPlan Plan(bool tellsLate, TimeSpan lateness = default, int size = Size)
    {
        var codecs = new CodecRegistry();
        var graph = JobGraph.Build(
            new TestJob(job =>
            {
                AggregatedStream<string, Reading, long> sums = From(job.KeyGroups(1))
                    .KeyBy(Input.Key)
                    .Window(Windows.Tumbling(Ms(size)).AllowLateness(lateness))
                    .Aggregate("sums", new Sum<Reading, long>(each => each.Value));
                if (tellsLate)
                    sums.LateTo(Tables.Late);
                sums.To(Tables.Results);
            }),
            codecs);
        return new JobPlan(
            graph, codecs, graph.Inputs.Concat(graph.Outputs).ToDictionary(topic => topic.Name, _ => 1));
    }

    public void Send(params Reading[] events)
    {
        var slice = (Slice<Reading>)NewSlice(partials: false);
        foreach (Reading each in events)
            slice.Add(each, T(each.At), 0);
        _group.Apply(slice);
        slice.Release();
    }

    /// <summary>The same, each as a partial that stands for two events.</summary>
    public void SendAddedUp(params Reading[] events)
    {
        var slice = (Slice<Partial<string, long>>)NewSlice(partials: true);
        KeyHasher<string> hasher = KeyHasher<string>.For(plan.Codecs.For<string>());
        foreach (Reading each in events)
            slice.Add(new Partial<string, long>(each.Key, hasher.Hash(each.Key), 2, each.Value), T(each.At), 0);
        slice.AddedUp = events.Length;
        _group.Apply(slice);
        slice.Release();
    }

    public void Advance(long watermark)
    {
        Slice slice = NewSlice(partials: false);
        slice.AddMark(T(watermark), EventTime.MinValue, idle: false);
        _group.Apply(slice);
        slice.Release();
    }

    public GroupCapture Capture(bool asBase)
    {
        GroupCapture capture = _group.Capture(asBase);
        if (capture.IsBase)
            _chain.Clear();
        if (capture.Segment is { } segment)
            _chain.Add(segment.ToArray());
        _mark = capture.Mark;
        return capture;
    }

    /// <summary>Goes on with a new group from what was captured, which the group has now.</summary>
    public void Restore(JobPlan? other = null)
    {
        Capture(asBase: false);
        _group = Restored(other ?? plan);
    }

    /// <summary>A new group from what was captured last.</summary>
    public GroupProgram Restored(JobPlan by)
    {
        GroupProgram group = by.CreateGroup(0, 0);
        group.Restore(_mark!, [.. _chain.Select(each => new SegmentMemory(each))]);
        return group;
    }

    void IStageOutput.Post(Slice slice) => throw new NotSupportedException();

    void IStageOutput.Append(in OutputBatch batch) => _output.Add(
        $"{batch.Target} {batch.Count} {Convert.ToHexString(batch.Payload.Span)}");

    private Slice NewSlice(bool partials)
    {
        var target = new SliceTarget(0, 0, 0, 0);
        if (!partials)
            return plan.Graph.Edges[0].NewSlice(target, plan.Codecs);
        KeyHasher<string> hasher = KeyHasher<string>.For(plan.Codecs.For<string>());
        return new Slice<Partial<string, long>>(
            target, new PartialCodec<string, long>(plan.Codecs.For<string>(), plan.Codecs.For<long>(), hasher.Hash));
    }
}
