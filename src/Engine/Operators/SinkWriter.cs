namespace Weir.Engine.Operators;

using Weir.Engine.Codecs;
using Weir.Engine.Streams;
using Weir.Engine.Time;

/// <summary>Encodes a stage's events for a sink, one batch per flush, in the order in which they came.</summary>
internal sealed class SinkWriter<T>(Sink<T> sink, Stage stage) : Receiver<T>, IStageEnd
{
    private readonly Codec<T> _codec = stage.Plan.Codecs.For<T>();
    private readonly ByteWriter _pending = OutputBuffers.NewWriter();
    private int _count;
    private (int Length, int Count) _before;

    public override void OnEvent(in T value, EventTime time)
    {
        int start = _pending.BeginFrame();
        _codec.Write(_pending, in value);
        _pending.EndFrame(start);
        _count++;
        stage.Held++;
    }

    public void Begin() => _before = (_pending.Length, _count);

    public void Undo()
    {
        _pending.Truncate(_before.Length);
        _count = _before.Count;
    }

    public void Mark(EventTime watermark, EventTime clock, bool idle)
    {
        // What leaves the job has no watermark.
    }

    public void Barrier(long number)
    {
        // What is flushed right behind a barrier belongs to its checkpoint: who takes the output knows.
    }

    public void Flush(IStageOutput output)
    {
        if (_count == 0)
            return;
        output.Append(new OutputBatch(sink.Target, null, _count, _pending.Detach()));
        _count = 0;
    }
}
