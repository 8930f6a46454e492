namespace Weir.Engine.Streams;

using Weir.Engine.Joins;
using Weir.Engine.Windows;

/// <summary>Two streams divided into windows per key, before it is said what a pair of events gives.</summary>
/// <typeparam name="TKey">The type of the key.</typeparam>
/// <typeparam name="TLeft">The type of the left stream's events.</typeparam>
/// <typeparam name="TRight">The type of the right stream's events.</typeparam>
public sealed class WindowJoin<TKey, TLeft, TRight>
    where TKey : notnull
{
    private readonly WindowedStream<TKey, Either<TLeft, TRight>> _windows;

    internal WindowJoin(WindowedStream<TKey, Either<TLeft, TRight>> windows) => _windows = windows;

    /// <summary>See <see cref="WindowedStream{TKey, T}.Trigger"/>; it sees the events of both streams.</summary>
    public WindowJoin<TKey, TLeft, TRight> Trigger(Trigger trigger) => new(_windows.Trigger(trigger));

    /// <summary>See <see cref="WindowedStream{TKey, T}.Evict"/>; it sees the events of both streams.</summary>
    public WindowJoin<TKey, TLeft, TRight> Evict(Evictor<Either<TLeft, TRight>> evictor) =>
        new(_windows.Evict(evictor));

    /// <summary>
    /// Makes a result of each pair of a left and a right event when their window fires; its timestamp is the window's
    /// last instant. A window with events of one stream only gives nothing.
    /// </summary>
    /// <param name="name">Identifies the state: required, unique in the job, and stable.</param>
    /// <param name="combine">A pure function of a left event and a right one.</param>
    public WindowProcessedStream<TKey, Either<TLeft, TRight>, TResult> Select<TResult>(
        string name, Func<TLeft, TRight, TResult> combine)
    {
        ArgumentNullException.ThrowIfNull(combine);
        return _windows.Process(name, new PairProcess<TKey, TLeft, TRight, TResult>(combine));
    }
}

/// <summary>Two streams whose events are grouped by key, before it is said into which windows.</summary>
/// <typeparam name="TKey">The type of the key.</typeparam>
/// <typeparam name="TLeft">The type of the left stream's events.</typeparam>
/// <typeparam name="TRight">The type of the right stream's events.</typeparam>
public sealed class CoGroup<TKey, TLeft, TRight>
    where TKey : notnull
{
    private readonly KeyedStream<TKey, Either<TLeft, TRight>> _both;

    internal CoGroup(KeyedStream<TKey, Either<TLeft, TRight>> both) => _both = both;

    /// <summary>Divides the events of both streams into windows per key.</summary>
    /// <param name="windows">Made by <see cref="Windows"/>.</param>
    public CoGroupWindows<TKey, TLeft, TRight> Window(WindowSpec windows) => new(_both.Window(windows));
}

/// <summary>Two streams divided into windows per key, before it is said what a window gives.</summary>
/// <typeparam name="TKey">The type of the key.</typeparam>
/// <typeparam name="TLeft">The type of the left stream's events.</typeparam>
/// <typeparam name="TRight">The type of the right stream's events.</typeparam>
public sealed class CoGroupWindows<TKey, TLeft, TRight>
    where TKey : notnull
{
    private readonly WindowedStream<TKey, Either<TLeft, TRight>> _windows;

    internal CoGroupWindows(WindowedStream<TKey, Either<TLeft, TRight>> windows) => _windows = windows;

    /// <summary>See <see cref="WindowedStream{TKey, T}.Trigger"/>; it sees the events of both streams.</summary>
    public CoGroupWindows<TKey, TLeft, TRight> Trigger(Trigger trigger) => new(_windows.Trigger(trigger));

    /// <summary>See <see cref="WindowedStream{TKey, T}.Evict"/>; it sees the events of both streams.</summary>
    public CoGroupWindows<TKey, TLeft, TRight> Evict(Evictor<Either<TLeft, TRight>> evictor) =>
        new(_windows.Evict(evictor));

    /// <summary>Gives the events of each window to a function when it fires, also those of one stream only.</summary>
    /// <param name="name">Identifies the state: required, unique in the job, and stable.</param>
    /// <param name="function">
    /// A pure function of the events, which emits through the window; both are valid during the call.
    /// </param>
    public WindowProcessedStream<TKey, Either<TLeft, TRight>, TResult> Apply<TResult>(
        string name, Action<CoGrouped<TLeft, TRight>, IWindowContext<TKey, TResult>> function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return _windows.Process(name, new CoGroupProcess<TKey, TLeft, TRight, TResult>(function));
    }
}
