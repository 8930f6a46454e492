namespace Weir.Engine.Graph;

using Weir.Engine.Keys;
using Weir.Engine.Operators;
using Weir.Engine.Streams;

/// <summary>A node of a job's graph: something that emits events of one type.</summary>
internal abstract class StreamNode(string kind)
{
    /// <summary>Position in the order of definition; set by the graph.</summary>
    public int Id { get; set; } = -1;

    /// <summary>What it is, for the fingerprint and for messages.</summary>
    public string Kind { get; } = kind;

    /// <summary>Whose events it takes.</summary>
    public List<StreamNode> Upstream { get; } = [];

    public abstract Type EventType { get; }

    /// <summary>Whether a stage begins at its output: at sources and at operators with state.</summary>
    public virtual bool IsHead => false;

    /// <summary>Takes events that were captured at this node back into a stage.</summary>
    public abstract OutputReplay CreateReplay(Stage stage);

    /// <summary>What distinguishes it from another node of its kind, as text.</summary>
    public virtual string Describe() => Kind;
}

/// <summary>A node that emits events of type <typeparamref name="T"/>.</summary>
internal abstract class StreamNode<T>(string kind) : StreamNode(kind)
{
    public List<IConsumer<T>> Consumers { get; } = [];

    /// <summary>The key object by which the events are still partitioned as they lie in their topic, or null.</summary>
    public object? PartitionKey { get; init; }

    public override Type EventType => typeof(T);

    public override OutputReplay CreateReplay(Stage stage) =>
        new OutputReplay<T>(stage.Plan.Codecs.For<T>(), Receivers(stage));

    /// <summary>What takes this node's events in a stage.</summary>
    public Receiver<T> Receivers(Stage stage)
    {
        if (stage.IsMute)
            return new Nowhere<T>();
        if (stage.Capture is { } capture)
            return new CapturingReceiver<T>(Id, stage.Plan.Codecs.For<T>(), capture);
        Receiver<T>[] receivers = [.. Consumers.Select(stage.ReceiverOf)];
        return receivers switch
        {
            [] => new Nowhere<T>(),
            [Receiver<T> only] => only,
            _ => new FanOut<T>(receivers),
        };
    }
}

/// <summary>Takes events of type <typeparamref name="T"/> in the graph.</summary>
internal interface IConsumer<T>
{
    /// <summary>Makes what takes the events in a running stage.</summary>
    Receiver<T> Receive(Stage stage);
}

internal sealed class WhereNode<T>(Func<T, bool> predicate) : StreamNode<T>("where"), IConsumer<T>
{
    public Receiver<T> Receive(Stage stage) => new Filter<T>(predicate, Receivers(stage));
}

internal sealed class SelectNode<TIn, TOut>(Func<TIn, TOut> map) : StreamNode<TOut>("select"), IConsumer<TIn>
{
    public Receiver<TIn> Receive(Stage stage) => new Map<TIn, TOut>(map, Receivers(stage));
}

internal sealed class SelectManyNode<TIn, TOut>(Func<TIn, IEnumerable<TOut>> map)
    : StreamNode<TOut>("select-many"), IConsumer<TIn>
{
    public Receiver<TIn> Receive(Stage stage) => new FlatMap<TIn, TOut>(map, Receivers(stage));
}

/// <summary>Brings several streams of one type together, in no particular order between them.</summary>
internal sealed class UnionNode<T>() : StreamNode<T>("union"), IConsumer<T>
{
    public Receiver<T> Receive(Stage stage) => Receivers(stage);
}

/// <summary>A further output of an operator, or the events that came too late for it.</summary>
internal sealed class SideNode<T>(string name) : StreamNode<T>("side")
{
    public string Name => name;

    public override string Describe() => $"side {name}";
}

/// <summary>Writes a stream to a topic.</summary>
internal sealed class TopicSink<T>(Topic<T> topic, Delivery delivery) : IConsumer<T>
{
    public Receiver<T> Receive(Stage stage) => new TopicWriter<T>(topic, stage, delivery == Delivery.Immediate);
}
