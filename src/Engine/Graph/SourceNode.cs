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

    public BatchReader CreateReader(Stage stage) => new BatchReader<T>(this, topic, stage);

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

    public abstract void Read(in EventBatch batch, PartitionWatermarks? watermarks);
}

internal sealed class BatchReader<T>(SourceNode<T> source, Topic<T> topic, Stage stage) : BatchReader
{
    private readonly Receiver<T> _receiver = source.Receivers(stage);
    private readonly ByteReader _bytes = new();
    private Codec<T> _codec = stage.Plan.Codecs.For<T>();
    private string _schema = topic.Schema;

    public override void Read(in EventBatch batch, PartitionWatermarks? watermarks)
    {
        Offset = batch.From;
        if (batch.Schema != _schema)
        {
            _codec = topic.CodecFor(batch.Schema, stage.Plan.Codecs);
            _schema = batch.Schema;
        }

        var typed = watermarks?.Generator as WatermarkGenerator<T>;
        _bytes.Reset(batch.Payload);
        for (int i = 0; i < batch.Count; i++)
        {
            Offset = batch.From + i;
            int outer = _bytes.EnterFrame();
            T value = _codec.Read(_bytes);
            if (_bytes.Remaining > 0)
                throw new CorruptDataException($"{_bytes.Remaining} bytes of the event were not understood");
            _bytes.LeaveFrame(outer);
            EventTime time = source.EventTimeOf is { } timeOf ? timeOf(value) : EventTime.None;
            _receiver.OnEvent(in value, time);
            if (typed is not null)
                watermarks!.OnEvent(typed, in value, time);
            else
                watermarks?.OnEvent(time);
        }

        if (_bytes.Remaining > 0)
            throw new CorruptDataException($"{_bytes.Remaining} bytes follow the {batch.Count} events of the batch");
    }
}
