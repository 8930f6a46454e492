namespace Weir.Engine.Streams;

using Weir.Engine.Aggregates;
using Weir.Engine.Graph;
using Weir.Engine.Windows;

/// <summary>A stream divided into windows per key; what follows says what a window gives.</summary>
/// <typeparam name="TKey">The type of the key.</typeparam>
/// <typeparam name="T">The type of the events.</typeparam>
public sealed class WindowedStream<TKey, T>
    where TKey : notnull
{
    private readonly KeyedStream<TKey, T> _keyed;
    private readonly WindowSpec _windows;

    private readonly Trigger _trigger;
    private readonly Evictor<T>? _evictor;

    internal WindowedStream(KeyedStream<TKey, T> keyed, WindowSpec windows)
        : this(keyed, windows, windows.DefaultTrigger, windows.KeepsLast is { } last ? Evictors.Count<T>(last) : null)
    {
    }

    private WindowedStream(KeyedStream<TKey, T> keyed, WindowSpec windows, Trigger trigger, Evictor<T>? evictor)
    {
        _keyed = keyed;
        _windows = windows;
        _trigger = trigger;
        _evictor = evictor;
    }

    /// <summary>
    /// States when a window gives its result. Default: when the watermark reaches its last instant, or for windows of
    /// processing time when the ingestion clock has passed it; the global window never does.
    /// </summary>
    /// <param name="trigger">Made by <see cref="Triggers"/>, or your own: one object for all windows.</param>
    /// <exception cref="ArgumentException">
    /// It looks at events of another type, or the windows are sessions and it can not merge.
    /// </exception>
    public WindowedStream<TKey, T> Trigger(Trigger trigger)
    {
        ArgumentNullException.ThrowIfNull(trigger);
        if (trigger.EventType is { } type && type != typeof(T))
            throw new ArgumentException(
                $"The trigger looks at {type} events, and the stream has {typeof(T)}.", nameof(trigger));
        if (_windows.Assigner.Merges && !trigger.CanMerge)
            throw new ArgumentException(
                $"The windows are sessions, which merge, and the trigger {trigger.Description} can not.",
                nameof(trigger));
        return new WindowedStream<TKey, T>(_keyed, _windows, trigger, _evictor);
    }

    /// <summary>
    /// Removes events from a window when it fires. The window then keeps all its events, also for aggregates, which are
    /// computed anew each time. If no event is left, an aggregate gives the result of no events, a reduction gives
    /// nothing, and a function gets an empty list.
    /// </summary>
    /// <param name="evictor">Made by <see cref="Evictors"/>, or your own: one object for all windows.</param>
    public WindowedStream<TKey, T> Evict(Evictor<T> evictor)
    {
        ArgumentNullException.ThrowIfNull(evictor);
        return new WindowedStream<TKey, T>(_keyed, _windows, _trigger, evictor);
    }

    /// <summary>Folds the events of each window into an accumulator as they come.</summary>
    /// <param name="name">Identifies the state: required, unique in the job, and stable.</param>
    /// <param name="aggregator">One object for all windows.</param>
    public AggregatedStream<TKey, T, TResult> Aggregate<TAccumulator, TResult>(
        string name, IAggregator<T, TAccumulator, TResult> aggregator)
    {
        ArgumentNullException.ThrowIfNull(aggregator);
        var kind = AccumulatorKind<T, TResult>.Of(aggregator);
        WindowNode<TKey, T, Windowed<TKey, TResult>> node = Add(
            name, WindowFunctions.Aggregate<TKey, T, TResult>(kind, _evictor));
        return new AggregatedStream<TKey, T, TResult>(_keyed.Graph, node);
    }

    /// <summary>
    /// Folds the events of each window into an accumulator as they come, and gives the result to a function when the
    /// window fires: the window keeps one value, and the function sees the window and has state and side outputs.
    /// </summary>
    /// <param name="name">Identifies the state: required, unique in the job, and stable.</param>
    /// <param name="aggregator">One object for all windows.</param>
    /// <param name="function">Gets the result as the only item of its list. One object for all windows.</param>
    public WindowProcessedStream<TKey, T, TOut> Aggregate<TAccumulator, TResult, TOut>(
        string name, IAggregator<T, TAccumulator, TResult> aggregator, WindowProcess<TKey, TResult, TOut> function)
    {
        ArgumentNullException.ThrowIfNull(aggregator);
        ArgumentNullException.ThrowIfNull(function);
        var kind = AccumulatorKind<T, TResult>.Of(aggregator);
        return new WindowProcessedStream<TKey, T, TOut>(
            _keyed.Graph, Add(name, WindowFunctions.Conclude(kind, function, _evictor)));
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
            _keyed.Graph.Fault(
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

    /// <summary>
    /// Combines the events of each window into one of the same type, and gives it to a function when the window fires.
    /// </summary>
    /// <param name="name">Identifies the state: required, unique in the job, and stable.</param>
    /// <param name="reduce">A pure, associative function.</param>
    /// <param name="function">Gets the one event as the only item of its list. One object for all windows.</param>
    public WindowProcessedStream<TKey, T, TOut> Reduce<TOut>(
        string name, Func<T, T, T> reduce, WindowProcess<TKey, T, TOut> function)
    {
        ArgumentNullException.ThrowIfNull(reduce);
        return Aggregate(name, new ReduceAggregator<T>(reduce), function);
    }

    /// <summary>Keeps the events of each window and gives them to a function when it fires.</summary>
    /// <param name="name">Identifies the state: required, unique in the job, and stable.</param>
    /// <param name="function">One object for all windows.</param>
    public WindowProcessedStream<TKey, T, TResult> Process<TResult>(
        string name, WindowProcess<TKey, T, TResult> function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return new WindowProcessedStream<TKey, T, TResult>(
            _keyed.Graph, Add(name, WindowFunctions.Process(function, _evictor)));
    }

    private WindowNode<TKey, T, TOut> Add<TOut>(string name, WindowFunction<TKey, T, TOut> function) => _keyed.Add(
        new WindowNode<TKey, T, TOut>(name, _windows, function) { Key = _keyed.Key, Trigger = _trigger });
}
