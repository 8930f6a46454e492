namespace Weir.Client;

using Weir.Contracts;
using Weir.Contracts.Keys;
using Weir.Engine.Time;

/// <summary>A view of a job, asked by key. Thread-safe.</summary>
/// <typeparam name="TKey">The type of the keys.</typeparam>
/// <typeparam name="TValue">The type of the values.</typeparam>
public interface IKeyedView<TKey, TValue>
    where TKey : notnull
{
    /// <summary>
    /// The same view at another time of its job: at its last checkpoint, or as of a retained checkpoint or savepoint.
    /// Without it a view is read live.
    /// </summary>
    IKeyedView<TKey, TValue> At(ReadAt at);

    /// <summary>
    /// What the view holds for a key, or null. An answer of an older epoch of the job than this client has seen is
    /// rejected and asked for again.
    /// </summary>
    /// <exception cref="WeirException"><see cref="WeirError.UnknownJob"/>; <see cref="WeirError.UnknownOperator"/> if
    /// the job has no such view; <see cref="WeirError.JobNotRunning"/> if it neither runs nor has a checkpoint;
    /// <see cref="WeirError.UnknownCheckpoint"/>; <see cref="WeirError.InvalidValue"/> if the value can not be read as
    /// <typeparamref name="TValue"/>.</exception>
    Task<ViewAnswer<TValue>?> FindAsync(TKey key, CancellationToken cancellation = default);

    /// <summary>
    /// The view's keys, by key group and then in the order in which they came. Keys that come or go meanwhile may or
    /// may not be among them.
    /// </summary>
    /// <param name="pageSize">How many keys one call fetches, 1 to 10 000.</param>
    /// <param name="cancellation">Stops the listing.</param>
    IAsyncEnumerable<TKey> ListKeysAsync(int pageSize = 1000, CancellationToken cancellation = default);
}

/// <summary>What a view holds for a key, and what that is valid for.</summary>
/// <typeparam name="TValue">The type of the value.</typeparam>
/// <param name="Value">The value.</param>
/// <param name="Window">The window of the value, or null if the operator has none.</param>
/// <param name="IsFinal">Whether nothing can change the value any more.</param>
/// <param name="Watermark">How far event time had come.</param>
/// <param name="Epoch">The epoch of the job that answered.</param>
public sealed record ViewAnswer<TValue>(TValue Value, TimeRange? Window, bool IsFinal, EventTime Watermark, long Epoch)
{
    /// <summary>The checkpoint that the value is of; null if it is the live value.</summary>
    public long? Checkpoint { get; init; }

    internal static ViewAnswer<TValue> Of(TValue value, Validity validity) =>
        new(value, validity.Window, validity.IsFinal, validity.Watermark, validity.Epoch)
        {
            Checkpoint = validity.Checkpoint,
        };
}
