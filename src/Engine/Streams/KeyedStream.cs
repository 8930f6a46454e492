namespace Weir.Engine.Streams;

using Weir.Engine.Graph;
using Weir.Engine.Operators;
using Weir.Engine.Windows;

/// <summary>A stream grouped by key; what follows has state per key.</summary>
/// <typeparam name="TKey">The type of the key.</typeparam>
/// <typeparam name="T">The type of the events.</typeparam>
public sealed class KeyedStream<TKey, T>
    where TKey : notnull
{
    internal KeyedStream(DataStream<T> stream, EventKey<TKey, T> key)
    {
        Stream = stream;
        Key = key;
    }

    internal DataStream<T> Stream { get; }

    internal EventKey<TKey, T> Key { get; }

    /// <summary>Divides each key's events into windows.</summary>
    /// <param name="windows">Made by <see cref="Windows"/>.</param>
    public WindowedStream<TKey, T> Window(WindowSpec windows)
    {
        ArgumentNullException.ThrowIfNull(windows);
        if (windows.Assigner.EventType is { } type && !type.IsAssignableFrom(typeof(T)))
            throw new ArgumentException(
                $"The gap of the sessions is of {type} events, and the stream has {typeof(T)}.", nameof(windows));
        return new WindowedStream<TKey, T>(this, windows);
    }

    /// <summary>Applies a function with state and timers to each key.</summary>
    /// <param name="name">Identifies the state: required, unique in the job, and stable.</param>
    /// <param name="function">One object for all keys.</param>
    public ProcessedStream<TKey, T, TResult> Process<TResult>(string name, KeyedProcess<TKey, T, TResult> function)
    {
        ArgumentNullException.ThrowIfNull(function);
        var node = Add(new ProcessNode<TKey, T, TResult>(name, function) { Key = Key });
        return new ProcessedStream<TKey, T, TResult>(Stream.Graph, node);
    }

    internal TNode Add<TNode>(TNode node)
        where TNode : StreamNode, IOperatorNode
    {
        Stream.Graph.Add(node, Stream.Node);
        Stream.Graph.Connect(new KeyEdge<TKey, T>(Stream.Node, Key) { Input = 0, Target = node }, Stream.Node);
        return node;
    }
}
