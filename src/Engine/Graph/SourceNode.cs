namespace Weir.Engine.Graph;

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
