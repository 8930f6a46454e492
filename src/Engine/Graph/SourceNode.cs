namespace Weir.Engine.Graph;

using Weir.Engine.Codecs;
using Weir.Engine.Errors;
using Weir.Engine.Operators;
using Weir.Engine.Streams;
using Weir.Engine.Time;

/// <summary>A topic that a job reads, and what time its events have.</summary>
internal sealed class SourceNode<T>(Topic<T> topic) : StreamNode<T>("source"), ISourceNode
{
    public Topic Topic => topic;

    public Func<T, EventTime>? EventTimeOf { get; set; }

    public WatermarkStrategy? Watermarks { get; set; }

    public SideNode<SourceDeadLetter>? DeadLetters { get; set; }

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

    /// <summary>Events that were given up since the program was made.</summary>
    public long DeadLetters { get; protected set; }

    public abstract void Read(in EventBatch batch, PartitionWatermarks? watermarks);
}

internal sealed class BatchReader<T>(SourceNode<T> source, Topic<T> topic, Stage stage) : BatchReader
{
    private readonly Receiver<T> _receiver = source.Receivers(stage);
    private readonly Receiver<SourceDeadLetter>? _deadLetters = Guard(source, stage);
    private readonly ByteReader _bytes = new();
    private readonly ByteReader _frame = new();
    private Codec<T> _codec = stage.Plan.Codecs.For<T>();
    private readonly bool _needsHighestOnly = source.Watermarks?.Generator.NeedsHighestOnly == true;
    private string _schema = topic.Schema;
    private EventTime? _highest;

    public override void Read(in EventBatch batch, PartitionWatermarks? watermarks)
    {
        _highest = null;
        ReadEach(in batch, watermarks);
        if (_highest is { } highest)
            watermarks!.OnEvent(highest);
    }

    private void ReadEach(in EventBatch batch, PartitionWatermarks? watermarks)
    {
        Offset = batch.FirstOffset;
        if (_deadLetters is null)
            UseSchema(batch.Schema);
        _bytes.Reset(batch.Payload);
        for (int i = 0; i < batch.Count; i++)
        {
            stage.Offset = Offset = batch.FirstOffset + i;
            if (_deadLetters is not null)
            {
                if (!ReadGuarded(in batch, watermarks))
                    return;
                continue;
            }

            int outer = _bytes.EnterFrame();
            ReadEvent(_bytes, watermarks);
            _bytes.LeaveFrame(outer);
        }

        if (_bytes.Remaining == 0)
            return;
        var rest = new CorruptDataException(
            $"{_bytes.Remaining} bytes follow the {batch.Count} events of the batch");
        if (_deadLetters is null)
            throw rest;
        GiveUp(in batch, batch.Payload[^_bytes.Remaining..], rest);
    }

    private static Receiver<SourceDeadLetter>? Guard(SourceNode<T> source, Stage stage)
    {
        stage.IsGuarded = source.DeadLetters is not null;
        return source.DeadLetters?.Receivers(stage);
    }

    private void UseSchema(string schema)
    {
        if (schema == _schema)
            return;
        _codec = topic.CodecFor(schema, stage.Plan.Codecs);
        _schema = schema;
    }

    private void ReadEvent(ByteReader bytes, PartitionWatermarks? watermarks)
    {
        T value = _codec.Read(bytes);
        if (bytes.Remaining > 0)
            throw new CorruptDataException($"{bytes.Remaining} bytes of the event were not understood");
        EventTime time = source.EventTimeOf is { } timeOf ? timeOf(value) : EventTime.None;
        _receiver.OnEvent(in value, time);
        if (_needsHighestOnly)
            _highest = _highest is { } highest ? EventTime.Max(highest, time) : time;
        else if (watermarks?.Generator is WatermarkGenerator<T> typed)
            watermarks.OnEvent(typed, in value, time);
        else
            watermarks?.OnEvent(time);
    }

    /// <summary>Reads an event or gives it up; false if the events behind it can not be told apart.</summary>
    private bool ReadGuarded(in EventBatch batch, PartitionWatermarks? watermarks)
    {
        ReadOnlyMemory<byte> bytes = batch.Payload[^_bytes.Remaining..];
        bool isFramed = false;
        stage.Begin();
        try
        {
            bytes = _bytes.ReadBlob();
            isFramed = true;
            UseSchema(batch.Schema);
            _frame.Reset(bytes);
            ReadEvent(_frame, watermarks);
            return true;
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            stage.Undo();
            GiveUp(in batch, bytes, fault);
            return isFramed;
        }
    }

    private void GiveUp(in EventBatch batch, ReadOnlyMemory<byte> bytes, Exception fault)
    {
        DeadLetters++;
        var letter = new SourceDeadLetter(
            bytes.ToArray(), batch.Schema, OperatorFailedException.Reason(fault), topic.Name, stage.Instance, Offset);
        stage.Begin();
        _deadLetters!.OnEvent(in letter, EventTime.None);
    }
}
