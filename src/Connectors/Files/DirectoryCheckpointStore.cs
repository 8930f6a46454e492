namespace Weir.Connectors.Files;

using Weir.Protocol.Checkpoints;
using Weir.Protocol.Faults;

/// <summary>
/// A store in a folder, which may be shared between machines; the segments of a name are folders and a file.
/// Invariant: a write that was answered has its file and every folder above it on the disk.
/// </summary>
/// <remarks>
/// A file gets its final name at once. A crash in the middle leaves a torn one, which nobody refers to: references are
/// made from answered writes only, and whoever reads compares lengths and checksums. One flush per file and one per
/// folder: <c>flights/seg-1.seg</c> costs 2, and 2 more when the folder <c>flights</c> is new. On Windows, names are
/// made durable by its file system alone.
/// </remarks>
public sealed class DirectoryCheckpointStore : ICheckpointStore
{
    private readonly IDisk _disk;
    private readonly string _root;

    /// <summary>Takes a folder, which the first write creates.</summary>
    /// <param name="path">Absolute, or relative to the current folder.</param>
    public DirectoryCheckpointStore(string path)
        : this(path, Disk.Instance)
    {
    }

    internal DirectoryCheckpointStore(string path, IDisk disk)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        _root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        _disk = disk;
    }

    /// <inheritdoc/>
    public Task WriteAsync(
        string name, IReadOnlyList<ReadOnlyMemory<byte>> parts, CancellationToken cancellation = default)
    {
        StoredName.Check(name);
        ArgumentNullException.ThrowIfNull(parts);

        // A flush lasts as long as a thousand turns. On a thread of the pool, which has one for each core, it would take
        // a core away from them.
        return Task.Factory.StartNew(
            () => Write(name, parts, cancellation),
            cancellation,
            TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach,
            TaskScheduler.Default);
    }

    /// <inheritdoc/>
    public Task<IStoredFile> OpenAsync(string name, CancellationToken cancellation = default)
    {
        StoredName.Check(name);
        return Task.Run<IStoredFile>(() => Try(name, () => new StoredFile(name, PathOf(name))), cancellation);
    }

    /// <inheritdoc/>
    public Task<long?> LengthAsync(string name, CancellationToken cancellation = default)
    {
        StoredName.Check(name);
        return Task.Run(() => Try(name, () =>
        {
            var file = new FileInfo(PathOf(name));
            return file.Exists ? file.Length : (long?)null;
        }), cancellation);
    }

    /// <inheritdoc/>
    public Task DeleteAsync(string name, CancellationToken cancellation = default)
    {
        StoredName.Check(name);
        return Task.Run(() => Try(name, () =>
        {
            if (File.Exists(PathOf(name)))
                _disk.Delete(PathOf(name));
            return true;
        }), cancellation);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> ListAsync(string prefix, CancellationToken cancellation = default)
    {
        StoredName.CheckPrefix(prefix);
        return Task.Run(() => Try(prefix, () => List(prefix)), cancellation);
    }

    private void Write(string name, IReadOnlyList<ReadOnlyMemory<byte>> parts, CancellationToken cancellation) =>
        Try(name, () =>
        {
            string path = PathOf(name);
            string folder = Path.GetDirectoryName(path)!;
            DiskFolder.Ensure(_disk, folder);
            IDiskFile file = _disk.CreateNew(path);
            try
            {
                using (file)
                    Fill(file, parts, cancellation);
                CrashPoint.Pass(CrashLabels.SegmentBeforeDirectorySync);
                _disk.SyncFolder(folder);
            }
            catch
            {
                Remove(path);
                throw;
            }

            return true;
        });

    private static void Fill(
        IDiskFile file, IReadOnlyList<ReadOnlyMemory<byte>> parts, CancellationToken cancellation)
    {
        long at = 0;
        foreach (ReadOnlyMemory<byte> part in parts)
        {
            cancellation.ThrowIfCancellationRequested();
            if (at > 0)
                CrashPoint.Pass(CrashLabels.SegmentBetweenParts);
            file.Write(part.Span, at);
            at += part.Length;
        }

        cancellation.ThrowIfCancellationRequested();
        CrashPoint.Pass(CrashLabels.SegmentBeforeSync);
        file.Sync();
    }

    // What can not be removed now stays as bytes that nobody refers to; the failure that led here matters more.
    private void Remove(string path)
    {
        try
        {
            _disk.Delete(path);
        }
        catch (Exception failure) when (DiskFailure.Is(failure))
        {
        }
    }

    private IReadOnlyList<string> List(string prefix)
    {
        string folder = Path.Combine(_root, prefix[..(prefix.LastIndexOf('/') + 1)]);
        if (!Directory.Exists(folder))
            return [];
        return
        [
            .. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
                .Select(path => Path.GetRelativePath(_root, path).Replace(Path.DirectorySeparatorChar, '/'))
                .Where(name => name.StartsWith(prefix, StringComparison.Ordinal) && StoredName.IsValid(name))
                .Order(StringComparer.Ordinal),
        ];
    }

    private string PathOf(string name) => Path.Combine(_root, name);

    private T Try<T>(string name, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception failure) when (DiskFailure.Is(failure))
        {
            throw ToStoreException(name, failure);
        }
    }

    private CheckpointStoreException ToStoreException(string name, Exception failure) => failure switch
    {
        FileNotFoundException or DirectoryNotFoundException => new CheckpointStoreException(
            CheckpointStoreError.NotFound,
            $"There is no stored file '{name}' in '{_root}'; it was deleted or never written.",
            failure),
        _ when DiskFailure.IsExists(failure) => new CheckpointStoreException(
            CheckpointStoreError.Exists,
            $"The stored file '{name}' exists already in '{_root}'; write under another name.",
            failure),
        _ when DiskFailure.IsFull(failure) => new CheckpointStoreException(
            CheckpointStoreError.Full,
            $"The disk of '{_root}' is full, '{name}' was not stored; free space and repeat.",
            failure),
        _ => new CheckpointStoreException(
            CheckpointStoreError.Unavailable,
            $"The store '{_root}' failed at '{name}' ({failure.Message}); repeat under another name.",
            failure),
    };
}
