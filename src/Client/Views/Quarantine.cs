namespace Weir.Client.Views;

using Weir.Client.Calls;
using Weir.Contracts.Json;
using Weir.Contracts.Keys;

/// <summary>See <see cref="IQuarantine"/>.</summary>
internal sealed class Quarantine(WeirGrains grains, GrainCalls calls, string job) : IQuarantine
{
    public async Task<IReadOnlyList<QuarantineReport>> ListAsync(CancellationToken cancellation = default) =>
        await calls.AskAsync(
            () => grains.Job(job).ListQuarantinedAsync(), $"list the quarantine of the job '{job}'", cancellation)
            .ConfigureAwait(false);

    public Task<QuarantineAnswer> ReleaseAsync<TKey>(
        string operatorName, TKey key, CancellationToken cancellation = default)
        where TKey : notnull => CommandAsync("release", operatorName, key, cancellation);

    public Task<QuarantineAnswer> DiscardAsync<TKey>(
        string operatorName, TKey key, CancellationToken cancellation = default)
        where TKey : notnull => CommandAsync("discard", operatorName, key, cancellation);

    private Task<QuarantineAnswer> CommandAsync(
        string command, string operatorName, object key, CancellationToken cancellation)
    {
        ArgumentException.ThrowIfNullOrEmpty(operatorName);
        ArgumentNullException.ThrowIfNull(key);
        string text = KeyText.Format(key);
        IKeyGrain grain = grains.Key(job, operatorName, text);
        return GrainCalls.AskOnceAsync(
            () => command == "release" ? grain.ReleaseAsync() : grain.DiscardAsync(),
            $"{command} the key '{text}' of the operator '{operatorName}'",
            cancellation);
    }
}
