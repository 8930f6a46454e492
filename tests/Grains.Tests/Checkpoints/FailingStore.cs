namespace Weir.Grains.Tests.Checkpoints;

using Weir.Protocol.Checkpoints;

/// <summary>A store of checkpoints that takes nothing while it is told so.</summary>
internal sealed class FailingStore(ICheckpointStore store) : ICheckpointStore
{
    private volatile bool _fails;

    public bool Fails
    {
        get => _fails;
        set => _fails = value;
    }

    public Task WriteAsync(
        string name, IReadOnlyList<ReadOnlyMemory<byte>> parts, CancellationToken cancellation = default) => _fails
        ? Task.FromException(new CheckpointStoreException(CheckpointStoreError.Full, "There is no room for the test."))
        : store.WriteAsync(name, parts, cancellation);

    public Task<IStoredFile> OpenAsync(string name, CancellationToken cancellation = default) =>
        store.OpenAsync(name, cancellation);

    public Task<long?> LengthAsync(string name, CancellationToken cancellation = default) =>
        store.LengthAsync(name, cancellation);

    public Task DeleteAsync(string name, CancellationToken cancellation = default) =>
        store.DeleteAsync(name, cancellation);

    public Task<IReadOnlyList<string>> ListAsync(string prefix, CancellationToken cancellation = default) =>
        store.ListAsync(prefix, cancellation);
}
