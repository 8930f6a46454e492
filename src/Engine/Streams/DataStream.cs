namespace Weir.Engine.Streams;

using Weir.Engine.Graph;
using Weir.Engine.Operators;

/// <summary>
/// A stream of events in a job's graph. Steps add to the graph and run nothing; query syntax works on it as well.
/// </summary>
/// <typeparam name="T">The type of the events.</typeparam>
public class DataStream<T>
{
    internal DataStream(JobGraph graph, StreamNode<T> node)
    {
        Graph = graph;
        Node = node;
    }

    internal JobGraph Graph { get; }

    internal StreamNode<T> Node { get; }

    /// <summary>Keeps the events for which the predicate holds. The partitions of a topic's key are kept.</summary>
    public DataStream<T> Where(Func<T, bool> predicate)
    {
        ArgumentNullException.ThrowIfNull(predicate);
        var node = new WhereNode<T>(predicate) { PartitionKey = Node.PartitionKey };
        Node.Consumers.Add(node);
        return new DataStream<T>(Graph, Graph.Add(node, Node));
    }

    /// <summary>Turns each event into another, with the same timestamp.</summary>
    public DataStream<TResult> Select<TResult>(Func<T, TResult> selector)
    {
        ArgumentNullException.ThrowIfNull(selector);
        var node = new SelectNode<T, TResult>(selector);
        Node.Consumers.Add(node);
        return new DataStream<TResult>(Graph, Graph.Add(node, Node));
    }

    /// <summary>Turns each event into any number of others, with the same timestamp.</summary>
    public DataStream<TResult> SelectMany<TResult>(Func<T, IEnumerable<TResult>> selector)
    {
        ArgumentNullException.ThrowIfNull(selector);
        var node = new SelectManyNode<T, TResult>(selector);
        Node.Consumers.Add(node);
        return new DataStream<TResult>(Graph, Graph.Add(node, Node));
    }

    /// <summary>
    /// Turns each event into any number of others and combines each with its origin; for query syntax.
    /// </summary>
    public DataStream<TResult> SelectMany<TPart, TResult>(
        Func<T, IEnumerable<TPart>> parts, Func<T, TPart, TResult> combine)
    {
        ArgumentNullException.ThrowIfNull(parts);
        ArgumentNullException.ThrowIfNull(combine);
        return SelectMany(value => parts(value).Select(part => combine(value, part)));
    }

    /// <summary>
    /// Calls a function with state per partition for each event, in the order of its partition, before any
    /// <see cref="KeyBy{TKey}(Func{T, TKey})"/>. What it emits has the timestamp of the event. As after a
    /// <see cref="Select{TResult}"/>, the partitions of a topic's key are lost.
    /// </summary>
    /// <param name="name">Identifies the state; unique in the job: lower-case letters, digits, '.', '_' and '-'.</param>
    /// <param name="function">One object serves all partitions.</param>
    public DataStream<TResult> ProcessPartition<TResult>(string name, PartitionProcess<T, TResult> function)
    {
        ArgumentNullException.ThrowIfNull(function);
        var node = new PartitionNode<T, TResult>(name, function);
        Node.Consumers.Add(node);
        return new DataStream<TResult>(Graph, Graph.Add(node, Node));
    }

    /// <summary>Brings this and other streams of the same job together.</summary>
    public DataStream<T> Union(params DataStream<T>[] others)
    {
        ArgumentNullException.ThrowIfNull(others);
        if (others.Any(other => !ReferenceEquals(other.Graph, Graph)))
            Graph.Fault(
                "A union brings streams of different jobs together: all of them must come from this job's builder.");
        DataStream<T>[] all = [this, .. others];
        var node = new UnionNode<T>();
        foreach (DataStream<T> stream in all)
            stream.Node.Consumers.Add(node);
        return new DataStream<T>(Graph, Graph.Add(node, [.. all.Select(stream => stream.Node)]));
    }

    /// <summary>
    /// Calls something outside of the job for each event, many at a time, and goes on with the results, each with the
    /// timestamp of its event. The order of events and time is kept as <see cref="EnrichOptions.Order"/> says. Events
    /// whose result has not gone on are part of the snapshot, and their calls are made again after a restore: the
    /// outside sees a call at least once.
    /// </summary>
    /// <param name="name">Identifies the state: required, unique in the job, and stable.</param>
    /// <param name="function">
    /// Makes the call; on any thread, several at a time. The token is cancelled when the time is up or the job ends.
    /// For none or several results per event return a list, and take it apart with SelectMany.
    /// </param>
    /// <param name="options">Order, capacity, time limit and retries.</param>
    public EnrichedStream<T, TResult> EnrichAsync<TResult>(
        string name, Func<T, CancellationToken, Task<TResult>> function, EnrichOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(function);
        options ??= new EnrichOptions();
        foreach (string fault in options.Faults())
            Graph.Fault($"The operator '{name}' can not run: {fault}");
        EnrichNode<T, TResult> node = Graph.Add(new EnrichNode<T, TResult>(name, function, options), Node);
        Graph.Connect(new ForwardEdge<T>(Node) { Input = 0, Target = node }, Node);
        return new EnrichedStream<T, TResult>(Graph, node);
    }

    /// <summary>Groups by a key: events of one key meet in one key group, after a shuffle.</summary>
    /// <param name="key">A pure function of the event.</param>
    public KeyedStream<TKey, T> KeyBy<TKey>(Func<T, TKey> key)
        where TKey : notnull => new(this, new EventKey<TKey, T>(key));

    /// <summary>
    /// Groups by the key of a topic. If this stream is that topic, or a filter of it, its partitions hold whole keys
    /// already and nothing is shuffled: the job is co-partitioned, and its results do not depend on arrival.
    /// </summary>
    /// <param name="key">The topic's own key object.</param>
    public KeyedStream<TKey, T> KeyBy<TKey>(EventKey<TKey, T> key)
        where TKey : notnull
    {
        ArgumentNullException.ThrowIfNull(key);
        return new KeyedStream<TKey, T>(this, key);
    }

    /// <summary>
    /// Sends each event to every key group of what it is connected to: rules, rates and the like that all keys need.
    /// </summary>
    /// <remarks>
    /// Its watermark counts as that of any other input: a topic without event time, or one that has no events for long,
    /// holds event time back for what it is connected to. Give it event time with idleness.
    /// </remarks>
    public BroadcastStream<T> Broadcast() => new(Graph, Node);

    /// <summary>Writes the stream to a topic.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="delivery">When the events can be seen; the same for all that the job writes to the topic.</param>
    public DataStream<T> To(Topic<T> topic, Delivery delivery = Delivery.Transactional)
    {
        ArgumentNullException.ThrowIfNull(topic);
        Graph.Write(Node, topic, delivery);
        return this;
    }

    /// <summary>Hands the stream over to another system.</summary>
    /// <param name="sink">
    /// Made by a connector. Several streams may go to one sink; two sinks of a job have different names.
    /// </param>
    public DataStream<T> To(Sink<T> sink)
    {
        ArgumentNullException.ThrowIfNull(sink);
        Graph.Write(Node, sink);
        return this;
    }
}
