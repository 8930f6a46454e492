namespace Weir.Engine.Operators;

using Weir.Engine.Codecs;
using Weir.Engine.Streams;
using Weir.Engine.Time;

/// <summary>
/// Encodes a stage's events for a topic, in batches of bounded size per partition and flush; or, if they are to be seen at
/// once, one per partition and step of the stage's time. Invariant: such batches are a function of the stage's input alone.
/// </summary>
internal sealed class TopicWriter<T>(Topic<T> topic, Stage stage, bool isImmediate) : Receiver<T>, IStageEnd
{
    private const int AnyPartition = -1;

    // With an event or two beside it, what a writer's buffer holds before it grows.
    private const int BatchBytes = 56 * 1024;
    private readonly Codec<T> _codec = stage.Plan.Codecs.For<T>();
    private readonly Func<T, int>? _partitionOf =
        topic.Partitioner(stage.Plan.PartitionsOf(topic.Name), stage.Plan.Codecs);

    // By partition, after the place of those that belong to no partition.
    private readonly List<Lane?> _lanes = [];
    private readonly List<(Lane Lane, int Length, int Count)> _attempted = [];

    public override void OnEvent(in T value, EventTime time)
    {
        Lane lane = LaneOf(_partitionOf?.Invoke(value) ?? AnyPartition);
        if (lane.Bytes.Length >= BatchBytes && !isImmediate && _attempted.Count == 0)
            lane.Full.Add(Take(lane));
        if (stage.IsGuarded)
            _attempted.Add((lane, lane.Bytes.Length, lane.Count));
        int start = lane.Bytes.BeginFrame();
        _codec.Write(lane.Bytes, in value);
        lane.Bytes.EndFrame(start);
        lane.Count++;
        stage.Held++;
    }

    public void Begin() => _attempted.Clear();

    public void Undo()
    {
        for (int i = _attempted.Count - 1; i >= 0; i--)
        {
            // The last one may have failed while it was encoded, and was not counted then.
            (Lane lane, int length, int count) = _attempted[i];
            lane.Bytes.Truncate(length);
            lane.Count = count;
        }

        _attempted.Clear();
    }

    // A topic has no watermark of its own: its readers derive theirs from the events.
    public void Mark(EventTime watermark, EventTime clock, bool idle) => EndBatch();

    public void EndBatch()
    {
        if (isImmediate)
            TakePending();
    }

    // What is flushed right behind a barrier belongs to its checkpoint: who takes the output knows. Steps of time have
    // ended what is to be seen at once.
    public void Barrier(long number) => EndBatch();

    public void Flush(IStageOutput output)
    {
        if (isImmediate)
            return;
        foreach (Lane? lane in _lanes)
        {
            if (lane is null)
                continue;
            foreach (OutputBatch full in lane.Full)
                output.Append(full);
            lane.Full.Clear();
            if (lane.Count > 0)
                output.Append(Take(lane));
        }
    }

    private void TakePending()
    {
        foreach (Lane? lane in _lanes)
        {
            if (lane is { Count: > 0 })
                stage.End(Take(lane) with { IsImmediate = true });
        }
    }

    private OutputBatch Take(Lane lane)
    {
        var batch = new OutputBatch(
            topic.Name, lane.Partition == AnyPartition ? null : lane.Partition, lane.Count, lane.Bytes.Detach());
        lane.Count = 0;
        return batch;
    }

    private Lane LaneOf(int partition)
    {
        int place = partition - AnyPartition;
        if (place < _lanes.Count && _lanes[place] is { } known)
            return known;
        while (_lanes.Count <= place)
            _lanes.Add(null);
        var lane = new Lane(partition);
        _lanes[place] = lane;
        return lane;
    }

    /// <summary>What goes into one partition with the next batch.</summary>
    private sealed class Lane(int partition)
    {
        public int Partition => partition;

        public ByteWriter Bytes { get; } = OutputBuffers.NewWriter();

        public List<OutputBatch> Full { get; } = [];

        public int Count { get; set; }
    }
}
