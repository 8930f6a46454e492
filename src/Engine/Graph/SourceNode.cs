namespace Weir.Engine.Graph;

using Weir.Engine.Codecs;
using Weir.Engine.Operators;
using Weir.Engine.Streams;
using Weir.Engine.Time;

/// <summary>A topic that a job reads, and what time its events have.</summary>
internal sealed class SourceNode<T>(Topic<T> topic) : StreamNode<T>("source"), ISourceNode
{
    public Topic Topic => topic;

    public Func<T, EventTime>? EventTimeOf { get; set; }

    public WatermarkStrategy? Watermarks { get; set; }

    public override bool IsHead => true;

    public bool HasEventTime => EventTimeOf is not null;

    StreamNode ISourceNode.Node => this;

    public BatchReader CreateReader(Stage stage) =>
        new BatchReader<T>(this, stage.Plan.Codecs.For<T>(), Receivers(stage));

    public override string Describe() => $"source {Topic.Name} {Topic.Schema} {Watermarks?.Description ?? "no time"}";
}

internal interface ISourceNode
{
    Topic Topic { get; }

    StreamNode Node { get; }

    bool HasEventTime { get; }

    WatermarkStrategy? Watermarks { get; }

    BatchReader CreateReader(Stage stage);
}

/// <summary>Decodes the events of a batch and pushes them into the stage.</summary>
internal abstract class BatchReader
{
    /// <summary>The offset of the event at hand, to say where a fault is.</summary>
    public long Offset { get; protected set; }

    public abstract void Read(in EventBatch batch, WatermarkGenerator? watermarks);
}

internal sealed class BatchReader<T>(SourceNode<T> source, Codec<T> codec, Receiver<T> receiver) : BatchReader
{
    private readonly ByteReader _bytes = new();

    public override void Read(in EventBatch batch, WatermarkGenerator? watermarks)
    {
        _bytes.Reset(batch.Payload);
        for (int i = 0; i < batch.Count; i++)
        {
            Offset = batch.From + i;
            int outer = _bytes.EnterFrame();
            T value = codec.Read(_bytes);
            if (_bytes.Remaining > 0)
                throw new CorruptDataException($"{_bytes.Remaining} bytes of the event were not understood");
            _bytes.LeaveFrame(outer);
            EventTime time = source.EventTimeOf is { } timeOf ? timeOf(value) : EventTime.None;
            receiver.OnEvent(in value, time);
            watermarks?.OnEvent(time);
        }

        if (_bytes.Remaining > 0)
            throw new CorruptDataException($"{_bytes.Remaining} bytes follow the {batch.Count} events of the batch");
    }
}
