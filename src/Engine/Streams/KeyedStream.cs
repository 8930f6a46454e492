namespace Weir.Engine.Streams;

using Weir.Engine.Aggregates;
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

/// <summary>A stream divided into windows per key; what follows says what a window gives.</summary>
/// <typeparam name="TKey">The type of the key.</typeparam>
/// <typeparam name="T">The type of the events.</typeparam>
public sealed class WindowedStream<TKey, T>
    where TKey : notnull
{
    private readonly KeyedStream<TKey, T> _keyed;
    private readonly WindowSpec _windows;

    internal WindowedStream(KeyedStream<TKey, T> keyed, WindowSpec windows)
    {
        _keyed = keyed;
        _windows = windows;
    }

    /// <summary>Folds the events of each window into an accumulator as they come.</summary>
    /// <param name="name">Identifies the state: required, unique in the job, and stable.</param>
    /// <param name="aggregator">One object for all windows.</param>
    public AggregatedStream<TKey, T, TResult> Aggregate<TAccumulator, TResult>(
        string name, IAggregator<T, TAccumulator, TResult> aggregator)
    {
        ArgumentNullException.ThrowIfNull(aggregator);
        var function = WindowFunctions.Aggregate<TKey, T, TAccumulator, TResult>(aggregator);
        var node = _keyed.Add(
            new WindowNode<TKey, T, Windowed<TKey, TResult>>(name, _windows, function) { Key = _keyed.Key });
        return new AggregatedStream<TKey, T, TResult>(_keyed.Stream.Graph, node);
    }

    /// <summary>Folds the events of each window, beginning with a seed. Not for sessions, which must merge.</summary>
    /// <param name="name">Identifies the state: required, unique in the job, and stable.</param>
    /// <param name="seed">An immutable value; all windows begin with it.</param>
    /// <param name="fold">A pure function of what was folded so far and an event.</param>
    public AggregatedStream<TKey, T, TResult> Aggregate<TResult>(
        string name, TResult seed, Func<TResult, T, TResult> fold)
    {
        ArgumentNullException.ThrowIfNull(fold);
        if (_windows.Assigner.Merges)
            _keyed.Stream.Graph.Fault(
                $"The operator '{name}' folds sessions, which merge, and a fold can not: use an IAggregator with "
                + "Merge.");
        return Aggregate(name, new FoldAggregator<T, TResult>(seed, fold));
    }

    /// <summary>Combines the events of each window into one of the same type.</summary>
    /// <param name="name">Identifies the state: required, unique in the job, and stable.</param>
    /// <param name="reduce">A pure, associative function.</param>
    public AggregatedStream<TKey, T, T> Reduce(string name, Func<T, T, T> reduce)
    {
        ArgumentNullException.ThrowIfNull(reduce);
        return Aggregate(name, new ReduceAggregator<T>(reduce));
    }

    /// <summary>Keeps the events of each window and gives them to a function when it fires.</summary>
    /// <param name="name">Identifies the state: required, unique in the job, and stable.</param>
    /// <param name="function">One object for all windows.</param>
    public WindowProcessedStream<TKey, T, TResult> Process<TResult>(
        string name, WindowProcess<TKey, T, TResult> function)
    {
        ArgumentNullException.ThrowIfNull(function);
        var node = _keyed.Add(
            new WindowNode<TKey, T, TResult>(name, _windows, WindowFunctions.Process(function)) { Key = _keyed.Key });
        return new WindowProcessedStream<TKey, T, TResult>(_keyed.Stream.Graph, node);
    }
}
