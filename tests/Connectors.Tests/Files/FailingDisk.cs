namespace Weir.Connectors.Tests.Files;

using Weir.Connectors.Files;

/// <summary>The machine's file system, of which one call fails; what came before it is done.</summary>
internal sealed class FailingDisk(Func<string, Exception?> fails) : IDisk
{
    /// <summary>Every call so far, as <c>write seg-1</c>.</summary>
    public List<string> Calls { get; } = [];

    public void CreateFolder(string path) => Pass("folder", path, () => Disk.Instance.CreateFolder(path));

    public void SyncFolder(string path) => Pass("sync-folder", path, () => Disk.Instance.SyncFolder(path));

    public bool FolderExists(string path) => Disk.Instance.FolderExists(path);

    public void Delete(string path) => Pass("delete", path, () => Disk.Instance.Delete(path));

    public void Rename(string from, string to) => Pass("rename", from, () => Disk.Instance.Rename(from, to));

    public IReadOnlyList<string> Files(string folder) => Disk.Instance.Files(folder);

    public IDiskFile OpenRead(string path) => Disk.Instance.OpenRead(path);

    public IDiskFile CreateNew(string path)
    {
        IDiskFile? file = null;
        Pass("create", path, () => file = Disk.Instance.CreateNew(path));
        return new Watched(this, path, file!);
    }

    private void Pass(string call, string path, Action action)
    {
        Calls.Add($"{call} {Path.GetFileName(path)}");
        if (fails(Calls[^1]) is { } failure)
            throw failure;
        action();
    }

    private sealed class Watched(FailingDisk disk, string path, IDiskFile file) : IDiskFile
    {
        public long Length => file.Length;

        public int Read(long at, Span<byte> into) => file.Read(at, into);

        public void Write(ReadOnlySpan<byte> bytes, long at)
        {
            byte[] copy = bytes.ToArray();
            disk.Pass("write", path, () => file.Write(copy, at));
        }

        public void Sync() => disk.Pass("sync", path, file.Sync);

        public void Dispose() => file.Dispose();
    }
}
