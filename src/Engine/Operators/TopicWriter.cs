namespace Weir.Engine.Operators;

using Weir.Engine.Codecs;
using Weir.Engine.Streams;
using Weir.Engine.Time;

/// <summary>
/// Encodes a stage's events for a topic, one batch per partition and flush; or, if they are to be seen at once, one per
/// partition and step of the stage's time. Invariant: such batches are a function of the stage's input alone.
/// </summary>
internal sealed class TopicWriter<T>(Topic<T> topic, Stage stage, bool isImmediate) : Receiver<T>, IStageEnd
{
    private const int AnyPartition = -1;
    private readonly Codec<T> _codec = stage.Plan.Codecs.For<T>();
    private readonly Func<T, int>? _partitionOf =
        topic.Partitioner(stage.Plan.PartitionsOf(topic.Name), stage.Plan.Codecs);

    private readonly SortedDictionary<int, (ByteWriter Bytes, int Count)> _pending = [];
    private readonly List<(int Partition, ByteWriter Bytes, int Length, int Count)> _attempted = [];

    public override void OnEvent(in T value, EventTime time)
    {
        int partition = _partitionOf?.Invoke(value) ?? AnyPartition;
        (ByteWriter bytes, int count) = _pending.TryGetValue(partition, out var known) ? known : (new ByteWriter(), 0);
        if (stage.IsGuarded)
            _attempted.Add((partition, bytes, bytes.Length, count));
        int start = bytes.BeginFrame();
        _codec.Write(bytes, in value);
        bytes.EndFrame(start);
        _pending[partition] = (bytes, count + 1);
        stage.Held++;
    }

    public void Begin() => _attempted.Clear();

    public void Undo()
    {
        for (int i = _attempted.Count - 1; i >= 0; i--)
        {
            (int partition, ByteWriter bytes, int length, int count) = _attempted[i];
            bytes.Truncate(length);
            if (count == 0)
                _pending.Remove(partition);
            else
                _pending[partition] = (bytes, count);
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
        if (isImmediate || _pending.Count == 0)
            return;
        foreach ((int partition, (ByteWriter bytes, int count)) in _pending)
            output.Append(BatchOf(partition, bytes, count));
        _pending.Clear();
    }

    private void TakePending()
    {
        foreach ((int partition, (ByteWriter bytes, int count)) in _pending)
            stage.End(BatchOf(partition, bytes, count) with { IsImmediate = true });
        _pending.Clear();
    }

    private OutputBatch BatchOf(int partition, ByteWriter bytes, int count) =>
        new(topic.Name, partition == AnyPartition ? null : partition, count, bytes.Detach());
}
