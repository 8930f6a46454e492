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
    private readonly KeyedInput<TKey, T>[] _inputs;

    internal KeyedStream(DataStream<T> stream, EventKey<TKey, T> key)
        : this(stream.Graph, key, new KeyedInput<TKey, T>(stream.Node, key))
    {
    }

    private KeyedStream(JobGraph graph, EventKey<TKey, T> key, params KeyedInput<TKey, T>[] inputs)
    {
        Graph = graph;
        Key = key;
        _inputs = inputs;
    }

    internal JobGraph Graph { get; }

    internal EventKey<TKey, T> Key { get; }

    /// <summary>
    /// Connects two streams that are keyed alike: what follows sees the events of both, and a key's state and timers
    /// are one for both. Its watermark is the lower of the two.
    /// </summary>
    /// <param name="right">A stream of the same job. If either key refines another, so must the other.</param>
    public KeyedStream<TKey, Either<T, TRight>> Connect<TRight>(KeyedStream<TKey, TRight> right)
    {
        ArgumentNullException.ThrowIfNull(right);
        if (!ReferenceEquals(right.Graph, Graph))
            Graph.Fault("Streams of different jobs are connected: both must come from this job's builder.");
        if (right.Key.IsFiner != Key.IsFiner)
            Graph.Fault(
                "Connected streams find the key group in different ways: one of the keys refines another, the other "
                + "does not. Refine both, or none.");
        Func<Either<T, TRight>, TKey> key = both => both.IsLeft(out T? left, out TRight? other)
            ? Key.Of(left)
            : right.Key.Of(other);
        return new KeyedStream<TKey, Either<T, TRight>>(
            Graph,
            Key.Within(key),
            [
                .. _inputs.Select(input => input.Wrap(Graph, "left", Either<T, TRight>.Left, LeftOf<TRight>)),
                .. right._inputs.Select(input => input.Wrap(Graph, "right", Either<T, TRight>.Right, RightOf<TRight>)),
            ]);
    }

    /// <summary>
    /// Connects a broadcast stream: what follows sees its events in every key group, beside those of the keys. The
    /// watermark is the lower of the two.
    /// </summary>
    /// <param name="broadcast">A stream of the same job.</param>
    public BroadcastConnection<TKey, T> Connect<TBroadcast>(BroadcastStream<TBroadcast> broadcast) =>
        new BroadcastConnection<TKey, T>(this).Connect(broadcast);

    /// <summary>
    /// Begins a join of two streams that are keyed alike: by an interval of time, or by windows.
    /// </summary>
    /// <param name="right">As for <see cref="Connect{TRight}(KeyedStream{TKey, TRight})"/>.</param>
    public StreamJoin<TKey, T, TRight> Join<TRight>(KeyedStream<TKey, TRight> right) => new(Connect(right));

    /// <summary>
    /// Begins a join with a changelog: each event of this stream meets the version of its key that was valid at its
    /// time.
    /// </summary>
    /// <param name="versions">Has an event for each new version of a key, valid from the event's time on. Otherwise as
    /// for <see cref="Connect{TRight}(KeyedStream{TKey, TRight})"/>.</param>
    public TemporalJoin<TKey, T, TRight> JoinAsOf<TRight>(KeyedStream<TKey, TRight> versions) =>
        new(Connect(versions), null);

    /// <summary>
    /// Begins to group two streams that are keyed alike: a function gets the events of both per key and window.
    /// </summary>
    /// <param name="right">As for <see cref="Connect{TRight}(KeyedStream{TKey, TRight})"/>.</param>
    public CoGroup<TKey, T, TRight> CoGroup<TRight>(KeyedStream<TKey, TRight> right) => new(Connect(right));

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
        return new ProcessedStream<TKey, T, TResult>(Graph, node);
    }

    internal TNode Add<TNode>(TNode node, params StreamNode[] further)
        where TNode : StreamNode, IOperatorNode
    {
        Graph.Add(node, [.. _inputs.Select(input => input.Node), .. further]);
        for (int i = 0; i < _inputs.Length; i++)
        {
            var edge = new KeyEdge<TKey, T>(_inputs[i].Node, _inputs[i].Key) { Input = i, Target = node };
            Graph.Connect(edge, _inputs[i].Node);
        }

        return node;
    }

    private static T LeftOf<TRight>(Either<T, TRight> both) =>
        both.IsLeft(out T? left, out _) ? left : throw new InvalidOperationException("The event is of the right side.");

    private static TRight RightOf<TRight>(Either<T, TRight> both) => both.IsLeft(out _, out TRight? right)
        ? throw new InvalidOperationException("The event is of the left side.")
        : right;
}

/// <summary>One of the streams that a keyed stream brings together, with the key as that stream has it.</summary>
internal sealed record KeyedInput<TKey, T>(StreamNode<T> Node, EventKey<TKey, T> Key)
    where TKey : notnull
{
    public KeyedInput<TKey, TBoth> Wrap<TBoth>(
        JobGraph graph, string side, Func<T, TBoth> wrap, Func<TBoth, T> unwrap)
    {
        var node = new ConnectNode<T, TBoth>(side, wrap) { PartitionKey = Node.PartitionKey };
        Node.Consumers.Add(node);
        return new KeyedInput<TKey, TBoth>(graph.Add(node, Node), Key.Within<TBoth>(both => Key.Of(unwrap(both))));
    }
}
