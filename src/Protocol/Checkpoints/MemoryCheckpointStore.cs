namespace Weir.Protocol.Checkpoints;

using System.Collections.Concurrent;
using Weir.Engine.Codecs;

/// <summary>A store that lives as long as its process, for tests and simulations.</summary>
public sealed class MemoryCheckpointStore : ICheckpointStore
{
    private readonly ConcurrentDictionary<string, byte[]> _files = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public Task WriteAsync(
        string name, IReadOnlyList<ReadOnlyMemory<byte>> parts, CancellationToken cancellation = default)
    {
        StoredName.Check(name);
        ArgumentNullException.ThrowIfNull(parts);
        if (cancellation.IsCancellationRequested)
            return Task.FromCanceled(cancellation);
        byte[] bytes = new byte[parts.Sum(part => (long)part.Length)];
        int at = 0;
        foreach (ReadOnlyMemory<byte> part in parts)
        {
            part.CopyTo(bytes.AsMemory(at));
            at += part.Length;
        }

        return _files.TryAdd(name, bytes)
            ? Task.CompletedTask
            : Task.FromException(new CheckpointStoreException(
                CheckpointStoreError.Exists, $"The stored file '{name}' exists already; write under another name."));
    }

    /// <inheritdoc/>
    public Task<IStoredFile> OpenAsync(string name, CancellationToken cancellation = default)
    {
        StoredName.Check(name);
        return _files.TryGetValue(name, out byte[]? bytes)
            ? Task.FromResult<IStoredFile>(new MemoryFile(name, bytes))
            : Task.FromException<IStoredFile>(new CheckpointStoreException(
                CheckpointStoreError.NotFound, $"There is no stored file '{name}'; it was deleted or never written."));
    }

    /// <inheritdoc/>
    public Task<long?> LengthAsync(string name, CancellationToken cancellation = default)
    {
        StoredName.Check(name);
        return Task.FromResult(_files.TryGetValue(name, out byte[]? bytes) ? bytes.Length : (long?)null);
    }

    /// <inheritdoc/>
    public Task DeleteAsync(string name, CancellationToken cancellation = default)
    {
        StoredName.Check(name);
        _files.TryRemove(name, out _);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> ListAsync(string prefix, CancellationToken cancellation = default)
    {
        StoredName.CheckPrefix(prefix);
        return Task.FromResult<IReadOnlyList<string>>(
        [
            .. _files.Keys.Where(name => name.StartsWith(prefix, StringComparison.Ordinal))
                .Order(StringComparer.Ordinal),
        ]);
    }

    private sealed class MemoryFile(string name, byte[] bytes) : IStoredFile
    {
        public long Length => bytes.Length;

        public void Read(long at, Span<byte> into)
        {
            if (at < 0 || at > bytes.Length - into.Length)
                throw new CorruptDataException(
                    $"the stored file '{name}' has {bytes.Length} bytes, not {into.Length} at {at}");
            bytes.AsSpan((int)at, into.Length).CopyTo(into);
        }

        public void Dispose()
        {
        }
    }
}
