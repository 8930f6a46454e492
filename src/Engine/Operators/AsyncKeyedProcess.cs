namespace Weir.Engine.Operators;

using Weir.Engine.Timers;

/// <summary>
/// A function with keyed state and timers that may wait: for a grain, a database, another service. Its operator needs
/// <c>.OneGrainPerKey()</c>. The keys of a slice wait at the same time, up to 64 at once; one call of a key ends before
/// the next begins, and a slice is done before the next one is taken.
/// </summary>
/// <remarks>
/// What it calls is called again when the job is restored from before the call: calls to the outside are made at least
/// once. The key's state is as if each event had been applied once.
/// </remarks>
/// <typeparam name="TKey">The type of the key.</typeparam>
/// <typeparam name="TIn">The type of the events.</typeparam>
/// <typeparam name="TOut">The type of the results.</typeparam>
public abstract class AsyncKeyedProcess<TKey, TIn, TOut> : KeyedProcess<TKey, TIn, TOut>
    where TKey : notnull
{
    /// <summary>An event of a key arrived.</summary>
    /// <param name="value">The event.</param>
    /// <param name="key">Its key with state and timers; valid until the returned task completes.</param>
    /// <param name="cancellation">The job's epoch has ended: what is waited for has no use any more.</param>
    public abstract ValueTask OnEventAsync(
        TIn value, IKeyContext<TKey, TOut> key, CancellationToken cancellation);

    /// <summary>A timer of a key came due.</summary>
    /// <param name="timer">The timer.</param>
    /// <param name="key">The key with state and timers; valid until the returned task completes.</param>
    /// <param name="cancellation">As for <see cref="OnEventAsync"/>.</param>
    public virtual ValueTask OnTimerAsync(
        FiredTimer timer, IKeyContext<TKey, TOut> key, CancellationToken cancellation) => ValueTask.CompletedTask;

    /// <summary>Not called: <see cref="OnEventAsync"/> is.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    public sealed override void OnEvent(TIn value, IKeyContext<TKey, TOut> key) =>
        throw new NotSupportedException($"{GetType()} waits: it is called through {nameof(OnEventAsync)} only.");
}
