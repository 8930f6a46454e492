namespace Weir.Client;

using Weir.Contracts;
using Weir.Contracts.Json;
using Weir.Contracts.Keys;
using Weir.Contracts.Topics;

/// <summary>
/// Events, keys and values as JSON, for tools that do not have their types; the silo converts (see
/// <see cref="WeirJson"/>). Keys have the form of <see cref="KeyText"/>. Thread-safe; errors as in
/// <see cref="IWeirClient"/>.
/// </summary>
public interface IJsonClient
{
    /// <summary>
    /// Sends events given as JSON texts, in order, each to the partition of its key. All are checked before any is
    /// stored. Unlike everything else this is not repeated by itself and must not be repeated blindly: after
    /// <see cref="WeirError.Unavailable"/> the events may be stored.
    /// </summary>
    /// <returns>Where they went, one receipt per batch.</returns>
    /// <exception cref="WeirException">A text is not an event of the topic: <see cref="WeirError.InvalidValue"/> names
    /// its position, from 0.</exception>
    Task<IReadOnlyList<WireReceipt>> SendAsync(
        string topic, IReadOnlyList<string> events, CancellationToken cancellation = default);

    /// <summary>See <see cref="IWeirClient.ReadAsync"/>.</summary>
    IAsyncEnumerable<TopicEvent<string>> ReadAsync(
        string topic, ReadOptions? options = null, CancellationToken cancellation = default);

    /// <summary>
    /// The same, with views and keys read at another time of their job: at its last checkpoint, or as of one that is
    /// kept. Without it they are read live.
    /// </summary>
    IJsonClient At(ReadAt at);

    /// <summary>See <see cref="IKeyedView{TKey, TValue}.FindAsync"/>.</summary>
    Task<ViewAnswer<string>?> FindAsync(
        string job, string view, string key, CancellationToken cancellation = default);

    /// <summary>See <see cref="IKeyedView{TKey, TValue}.ListKeysAsync"/>.</summary>
    IAsyncEnumerable<string> ListKeysAsync(
        string job, string view, int pageSize = 1000, CancellationToken cancellation = default);

    /// <summary>See <see cref="IWeirClient.InspectAsync"/>.</summary>
    Task<KeyReport?> InspectAsync(
        string job, string operatorName, string key, CancellationToken cancellation = default);
}
