namespace Weir.Engine.Streams;

using Weir.Engine.Graph;
using Weir.Engine.Operators;

/// <summary>A stream whose events go to every key group; made by <see cref="DataStream{T}.Broadcast"/>.</summary>
/// <typeparam name="T">The type of the events.</typeparam>
public sealed class BroadcastStream<T>
{
    internal BroadcastStream(JobGraph graph, StreamNode<T> node)
    {
        Graph = graph;
        Node = node;
    }

    internal JobGraph Graph { get; }

    internal StreamNode<T> Node { get; }
}

/// <summary>A stream grouped by key together with broadcast streams, before it is said what takes them.</summary>
/// <typeparam name="TKey">The type of the key.</typeparam>
/// <typeparam name="T">The type of the keyed events.</typeparam>
public sealed class BroadcastConnection<TKey, T>
    where TKey : notnull
{
    private readonly KeyedStream<TKey, T> _keyed;
    private readonly BroadcastSource[] _broadcasts;

    internal BroadcastConnection(KeyedStream<TKey, T> keyed, params BroadcastSource[] broadcasts)
    {
        _keyed = keyed;
        _broadcasts = broadcasts;
    }

    /// <summary>Connects a further broadcast stream.</summary>
    /// <param name="broadcast">A stream of the same job, of a type of its own or of that of another one.</param>
    public BroadcastConnection<TKey, T> Connect<TBroadcast>(BroadcastStream<TBroadcast> broadcast)
    {
        ArgumentNullException.ThrowIfNull(broadcast);
        if (!ReferenceEquals(broadcast.Graph, _keyed.Graph))
            _keyed.Graph.Fault(
                "A stream is connected to a broadcast stream of another job: both must come from this job's builder.");
        return new BroadcastConnection<TKey, T>(
            _keyed, [.. _broadcasts, new BroadcastSource<TBroadcast>(broadcast.Node)]);
    }

    /// <summary>Applies a function with state and timers to each key, and to the broadcast events.</summary>
    /// <param name="name">Identifies the state: required, unique in the job, and stable.</param>
    /// <param name="function">
    /// One object for all keys. For each type of the connected broadcast events it also is an
    /// <see cref="IBroadcastInput{TBroadcast, TKey, TOut}"/>.
    /// </param>
    public ProcessedStream<TKey, T, TResult> Process<TResult>(string name, KeyedProcess<TKey, T, TResult> function)
    {
        ArgumentNullException.ThrowIfNull(function);
        var node = _keyed.Add(
            new ProcessNode<TKey, T, TResult>(name, function) { Key = _keyed.Key },
            [.. _broadcasts.Select(broadcast => broadcast.From)]);
        foreach (BroadcastSource broadcast in _broadcasts)
            broadcast.Attach(_keyed.Graph, node);
        return new ProcessedStream<TKey, T, TResult>(_keyed.Graph, node);
    }
}

/// <summary>A broadcast stream that a function is to take, without naming its type.</summary>
internal abstract class BroadcastSource
{
    public abstract StreamNode From { get; }

    public abstract void Attach<TKey, T, TOut>(JobGraph graph, ProcessNode<TKey, T, TOut> node)
        where TKey : notnull;
}

internal sealed class BroadcastSource<TBroadcast>(StreamNode<TBroadcast> from) : BroadcastSource
{
    public override StreamNode From => from;

    public override void Attach<TKey, T, TOut>(JobGraph graph, ProcessNode<TKey, T, TOut> node)
    {
        if (node.Function is not IBroadcastInput<TBroadcast, TKey, TOut> function)
        {
            graph.Fault(
                $"The function {node.Function.GetType().Name} of the operator '{node.Name}' is connected to broadcast "
                + $"events of the type {typeof(TBroadcast).Name} and does not take them: let it implement "
                + $"IBroadcastInput<{typeof(TBroadcast).Name}, {typeof(TKey).Name}, {typeof(TOut).Name}>.");
            return;
        }

        var edge = new BroadcastEdge<TBroadcast>(from) { Input = node.Inputs.Count, Target = node };
        graph.Connect(edge, from);
        node.Broadcasts.Add(edge, new BroadcastHandler<TBroadcast, TKey, TOut>(function));
    }
}
