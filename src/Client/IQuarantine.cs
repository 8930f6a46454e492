namespace Weir.Client;

using Weir.Contracts;
using Weir.Contracts.Keys;

/// <summary>
/// The keys that a job's operators keep in quarantine because a function failed on them (see
/// <see cref="Weir.Engine.Errors.Errors.QuarantineKey"/>). Thread-safe; errors as in <see cref="IWeirClient"/>.
/// </summary>
public interface IQuarantine
{
    /// <summary>The keys in quarantine, by operator and key group.</summary>
    /// <exception cref="WeirException"><see cref="WeirError.UnknownJob"/>, <see cref="WeirError.JobNotRunning"/>.
    /// </exception>
    Task<IReadOnlyList<QuarantineReport>> ListAsync(CancellationToken cancellation = default);

    /// <summary>
    /// Applies what is held for a key, in order, once the cause is gone; the answer comes when that is done. What fails
    /// again keeps the key in quarantine, with the rest behind it.
    /// </summary>
    /// <remarks>
    /// It is not repeated by itself: after <see cref="WeirError.Unavailable"/> look at <see cref="ListAsync"/>. Calling
    /// it again is harmless.
    /// </remarks>
    /// <typeparam name="TKey">The type of the key, or string for its text in the form of
    /// <see cref="Weir.Contracts.Json.KeyText"/>.</typeparam>
    /// <exception cref="WeirException">The key is not in quarantine (<see cref="WeirError.NotQuarantined"/>); as for
    /// <see cref="ListAsync"/>; as for <see cref="IWeirClient.InspectAsync"/>.</exception>
    Task<QuarantineAnswer> ReleaseAsync<TKey>(string operatorName, TKey key, CancellationToken cancellation = default)
        where TKey : notnull;

    /// <summary>
    /// Drops the events that are held for a key, or writes them to the operator's dead-letter topic if it has one; a
    /// timer that failed is dropped. The key goes on with the state from before. Else as <see cref="ReleaseAsync"/>.
    /// </summary>
    Task<QuarantineAnswer> DiscardAsync<TKey>(string operatorName, TKey key, CancellationToken cancellation = default)
        where TKey : notnull;
}
