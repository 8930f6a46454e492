namespace Weir.Grains.Checkpoints;

using Weir.Engine.Snapshots;
using Weir.Protocol.Checkpoints;

/// <summary>
/// The files of segments that this silo reads. Invariant: a file is open once, while anyone who has opened it has not
/// let it go.
/// </summary>
internal sealed class SegmentFiles(ICheckpointStore store)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Entry> _open = [];

    /// <summary>Opens a chain of segments, oldest first.</summary>
    /// <exception cref="CheckpointStoreException">A file is missing or can not be read.</exception>
    public async Task<StoredChain> OpenAsync(IReadOnlyList<SegmentRef> segments)
    {
        var opened = new List<string>();
        try
        {
            var chain = new ISegmentBytes[segments.Count];
            for (int i = 0; i < chain.Length; i++)
            {
                IStoredFile file = await AcquireAsync(segments[i].File);
                opened.Add(segments[i].File);
                chain[i] = new PartOfFile(file, segments[i].Offset, segments[i].Length);
            }

            return new StoredChain(chain, () => Release(opened));
        }
        catch
        {
            Release(opened);
            throw;
        }
    }

    /// <summary>All bytes of one part, compared with their checksum.</summary>
    /// <exception cref="CheckpointStoreException">They can not be read, or do not match.</exception>
    public async Task<byte[]> ReadAsync(SegmentRef part)
    {
        using StoredChain chain = await OpenAsync([part]);
        var bytes = new byte[part.Length];
        chain.Segments[0].Read(0, bytes);
        return Checksum.Of(bytes) == part.Checksum
            ? bytes
            : throw new CheckpointStoreException(
                CheckpointStoreError.Corrupt,
                $"The bytes at {part.Offset} of '{part.File}' do not match their checksum: the file is damaged.");
    }

    private async Task<IStoredFile> AcquireAsync(string name)
    {
        Entry entry;
        lock (_lock)
        {
            if (!_open.TryGetValue(name, out Entry? known))
                _open.Add(name, known = new Entry(store.OpenAsync(name)));
            entry = known;
            entry.Users++;
        }

        try
        {
            return await entry.File;
        }
        catch
        {
            Release([name]);
            throw;
        }
    }

    private void Release(IReadOnlyList<string> names)
    {
        foreach (string name in names)
        {
            Entry entry;
            lock (_lock)
            {
                entry = _open[name];
                if (--entry.Users > 0)
                    continue;
                _open.Remove(name);
            }

            if (entry.File.IsCompletedSuccessfully)
                entry.File.Result.Dispose();
        }
    }

    private sealed class Entry(Task<IStoredFile> file)
    {
        public Task<IStoredFile> File => file;

        public int Users { get; set; }
    }

    private sealed class PartOfFile(IStoredFile file, long offset, long length) : ISegmentBytes
    {
        public long Length => length;

        public void Read(long at, Span<byte> into)
        {
            if (at < 0 || into.Length > length - at)
                throw new Engine.Codecs.CorruptDataException("a part of the segment lies outside of it");
            file.Read(offset + at, into);
        }
    }
}

/// <summary>An open chain of segments, oldest first; to be disposed of when nobody reads it any more.</summary>
internal sealed class StoredChain(ISegmentBytes[] segments, Action release) : IDisposable
{
    private Action? _release = release;

    public IReadOnlyList<ISegmentBytes> Segments => segments;

    public void Dispose() => Interlocked.Exchange(ref _release, null)?.Invoke();
}
