namespace Weir.Faults.Silos;

using Weir.Protocol.Checkpoints;

/// <summary>A store of checkpoints whose writes and reads have the troubles that they are told to have.</summary>
internal sealed class FaultyCheckpointStore(ICheckpointStore store, FaultSwitches switches) : ICheckpointStore
{
    public Task WriteAsync(
        string name, IReadOnlyList<ReadOnlyMemory<byte>> parts, CancellationToken cancellation = default) =>
        TroubledAsync("store", name, async () =>
        {
            await store.WriteAsync(name, parts, cancellation);
            return true;
        });

    public Task<IStoredFile> OpenAsync(string name, CancellationToken cancellation = default) =>
        TroubledAsync("open", name, () => store.OpenAsync(name, cancellation));

    public Task<long?> LengthAsync(string name, CancellationToken cancellation = default) =>
        TroubledAsync("open", name, () => store.LengthAsync(name, cancellation));

    public Task DeleteAsync(string name, CancellationToken cancellation = default) =>
        store.DeleteAsync(name, cancellation);

    public Task<IReadOnlyList<string>> ListAsync(string prefix, CancellationToken cancellation = default) =>
        store.ListAsync(prefix, cancellation);

    private async Task<T> TroubledAsync<T>(string thing, string name, Func<Task<T>> call)
    {
        try
        {
            return await ObeyAsync(thing, name, call);
        }
        catch (CheckpointStoreException refusal)
        {
            switches.Meet($"{thing}-{refusal.Error}".ToLowerInvariant());
            throw;
        }
    }

    private async Task<T> ObeyAsync<T>(string thing, string name, Func<Task<T>> call)
    {
        (Trouble trouble, TimeSpan delay) = switches.Next(thing);
        switch (trouble)
        {
            case Trouble.Refused:
                throw Unavailable($"The store was told to refuse '{name}'.");
            case Trouble.Full:
                throw new CheckpointStoreException(
                    CheckpointStoreError.Full, $"The store was told to have no room for '{name}'.");
            case Trouble.Lost:
                await call();
                throw Unavailable($"The store was told to lose the answer for '{name}'.");
            case Trouble.Late:
                T answer = await call();
                await Task.Delay(delay);
                return answer;
            default:
                return await call();
        }
    }

    private static CheckpointStoreException Unavailable(string message) =>
        new(CheckpointStoreError.Unavailable, message);
}
