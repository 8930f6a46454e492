namespace Weir.Engine.Streams;

using Weir.Engine.Errors;
using Weir.Engine.Graph;
using Weir.Engine.Operators;

/// <summary>The results of aggregated windows.</summary>
/// <typeparam name="TKey">The type of the key.</typeparam>
/// <typeparam name="T">The type of the events that went in.</typeparam>
/// <typeparam name="TResult">The type of a window's result.</typeparam>
public sealed class AggregatedStream<TKey, T, TResult> : DataStream<Windowed<TKey, TResult>>
    where TKey : notnull
{
    private readonly WindowNode<TKey, T, Windowed<TKey, TResult>> _window;

    internal AggregatedStream(JobGraph graph, WindowNode<TKey, T, Windowed<TKey, TResult>> window)
        : base(graph, window) => _window = window;

    /// <summary>
    /// The events that came too late for every window; without a use of this they are counted and dropped.
    /// </summary>
    public DataStream<T> Late => LateEvents.Of(Graph, _window);

    /// <summary>Writes the events that came too late to a topic.</summary>
    public AggregatedStream<TKey, T, TResult> LateTo(Topic<T> topic)
    {
        Late.To(topic);
        return this;
    }

    /// <summary>
    /// Hosts every key in a grain of its own that holds its state, in place of a table per key group. Results and
    /// snapshots are the same; a key costs an activation, and a grain call for each slice with an event of it.
    /// Needed by <see cref="AsyncKeyedProcess{TKey, TIn, TOut}"/>.
    /// </summary>
    public AggregatedStream<TKey, T, TResult> OneGrainPerKey()
    {
        _window.OneGrainPerKey = true;
        return this;
    }

    /// <summary>States what becomes of an event that fails here. Default: the job fails.</summary>
    /// <param name="policy">Made by <see cref="Errors"/>.</param>
    public AggregatedStream<TKey, T, TResult> OnError(ErrorPolicy<T> policy)
    {
        ErrorHandling<T>.Set(Graph, _window, policy);
        return this;
    }

    /// <summary>Makes each key's window of newest start queryable, before it fires and after.</summary>
    public AggregatedStream<TKey, T, TResult> PublishAs(View<TKey, TResult> view)
    {
        ViewOf.Set(Graph, _window, view);
        return this;
    }
}

/// <summary>The results of a function over windows.</summary>
/// <typeparam name="TKey">The type of the key.</typeparam>
/// <typeparam name="T">The type of the events that went in.</typeparam>
/// <typeparam name="TResult">The type of the results.</typeparam>
public sealed class WindowProcessedStream<TKey, T, TResult> : DataStream<TResult>
    where TKey : notnull
{
    private readonly WindowNode<TKey, T, TResult> _window;

    internal WindowProcessedStream(JobGraph graph, WindowNode<TKey, T, TResult> window)
        : base(graph, window) => _window = window;

    /// <summary>
    /// The events that came too late for every window; without a use of this they are counted and dropped.
    /// </summary>
    public DataStream<T> Late => LateEvents.Of(Graph, _window);

    /// <summary>Writes the events that came too late to a topic.</summary>
    public WindowProcessedStream<TKey, T, TResult> LateTo(Topic<T> topic)
    {
        Late.To(topic);
        return this;
    }

    /// <summary>
    /// Hosts every key in a grain of its own that holds its state, in place of a table per key group. Results and
    /// snapshots are the same; a key costs an activation, and a grain call for each slice with an event of it.
    /// Needed by <see cref="AsyncKeyedProcess{TKey, TIn, TOut}"/>.
    /// </summary>
    public WindowProcessedStream<TKey, T, TResult> OneGrainPerKey()
    {
        _window.OneGrainPerKey = true;
        return this;
    }

    /// <summary>What the function emits to a side output.</summary>
    public DataStream<TSide> Side<TSide>(SideOutput<TSide> side) => SideStreams.Of(Graph, _window, _window.Sides, side);

    /// <summary>Writes what the function emits to a side output to a topic.</summary>
    public WindowProcessedStream<TKey, T, TResult> SideTo<TSide>(SideOutput<TSide> side, Topic<TSide> topic)
    {
        Side(side).To(topic);
        return this;
    }

    /// <summary>States what becomes of an event that fails here. Default: the job fails.</summary>
    /// <param name="policy">Made by <see cref="Errors"/>.</param>
    public WindowProcessedStream<TKey, T, TResult> OnError(ErrorPolicy<T> policy)
    {
        ErrorHandling<T>.Set(Graph, _window, policy);
        return this;
    }

    /// <summary>Makes each key's last result of the window of newest start queryable.</summary>
    public WindowProcessedStream<TKey, T, TResult> PublishAs(View<TKey, TResult> view)
    {
        ViewOf.Set(Graph, _window, view);
        return this;
    }
}

/// <summary>The results of a function with state and timers.</summary>
/// <typeparam name="TKey">The type of the key.</typeparam>
/// <typeparam name="T">The type of the events that went in.</typeparam>
/// <typeparam name="TResult">The type of the results.</typeparam>
public sealed class ProcessedStream<TKey, T, TResult> : DataStream<TResult>
    where TKey : notnull
{
    private readonly ProcessNode<TKey, T, TResult> _process;

    internal ProcessedStream(JobGraph graph, ProcessNode<TKey, T, TResult> process)
        : base(graph, process) => _process = process;

    /// <summary>What the function emits to a side output.</summary>
    public DataStream<TSide> Side<TSide>(SideOutput<TSide> side) =>
        SideStreams.Of(Graph, _process, _process.Sides, side);

    /// <summary>Writes what the function emits to a side output to a topic.</summary>
    public ProcessedStream<TKey, T, TResult> SideTo<TSide>(SideOutput<TSide> side, Topic<TSide> topic)
    {
        Side(side).To(topic);
        return this;
    }

    /// <summary>
    /// Hosts every key in a grain of its own that holds its state, in place of a table per key group. Results and
    /// snapshots are the same; a key costs an activation, and a grain call for each slice with an event of it.
    /// Needed by <see cref="AsyncKeyedProcess{TKey, TIn, TOut}"/>.
    /// </summary>
    public ProcessedStream<TKey, T, TResult> OneGrainPerKey()
    {
        _process.OneGrainPerKey = true;
        return this;
    }

    /// <summary>States what becomes of an event that fails here. Default: the job fails.</summary>
    /// <param name="policy">Made by <see cref="Errors"/>.</param>
    public ProcessedStream<TKey, T, TResult> OnError(ErrorPolicy<T> policy)
    {
        ErrorHandling<T>.Set(Graph, _process, policy);
        return this;
    }

    /// <summary>Makes each key's last result queryable.</summary>
    public ProcessedStream<TKey, T, TResult> PublishAs(View<TKey, TResult> view)
    {
        ViewOf.Set(Graph, _process, view);
        return this;
    }
}

internal static class SideStreams
{
    /// <summary>The stream of a side output of a function, made if nobody has taken it yet.</summary>
    public static DataStream<T> Of<T>(JobGraph graph, StreamNode of, List<ISideOfProcess> taken, SideOutput<T> side)
    {
        ArgumentNullException.ThrowIfNull(side);
        if (taken.FirstOrDefault(known => ReferenceEquals(known.Output, side)) is SideOfProcess<T> known)
            return new DataStream<T>(graph, known.Node);
        SideNode<T> node = graph.Add(new SideNode<T>(side.Name), of);
        taken.Add(new SideOfProcess<T>(side, node));
        return new DataStream<T>(graph, node);
    }
}

internal static class LateEvents
{
    public static DataStream<T> Of<TKey, T, TResult>(JobGraph graph, WindowNode<TKey, T, TResult> window)
        where TKey : notnull =>
        new(graph, window.Late ??= graph.Add(new SideNode<T>("late"), window));
}

internal static class ViewOf
{
    public static void Set<TKey, TOut>(JobGraph graph, OperatorNode<TKey, TOut> node, View view)
        where TKey : notnull
    {
        ArgumentNullException.ThrowIfNull(view);
        if (node.View is { } other && !ReferenceEquals(other, view))
            graph.Fault(
                $"The operator '{node.Name}' publishes the views '{other.Name}' and '{view.Name}': one is possible.");
        node.View = view;
    }
}
