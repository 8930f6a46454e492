namespace Weir.Connectors.Files;

using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

/// <summary>The file system of the machine.</summary>
internal sealed class Disk : IDisk
{
    public static readonly Disk Instance = new();

    private const int CloseOnExec = 0x80000;
    private const int Interrupted = 4;
    private const int NotSupported = 22;

    private Disk()
    {
    }

    public void CreateFolder(string path) => Directory.CreateDirectory(path);

    public bool FolderExists(string path) => Directory.Exists(path);

    public IReadOnlyList<string> Files(string folder) =>
        [.. Directory.EnumerateFiles(folder).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    public IDiskFile CreateNew(string path) => Open(path, FileMode.CreateNew, FileAccess.ReadWrite);

    public IDiskFile OpenRead(string path) => Open(path, FileMode.Open, FileAccess.Read);

    // Without replacing, .NET makes two steps of it.
    public void Rename(string from, string to) => File.Move(from, to, overwrite: true);

    public void Delete(string path) => File.Delete(path);

    /// <remarks>
    /// .NET has no call for it. Windows needs none: its file systems keep a journal of names. A file system that does
    /// not know the call for folders has nothing to do for it either.
    /// </remarks>
    public void SyncFolder(string path)
    {
        if (OperatingSystem.IsWindows())
            return;
        int folder = Open(path, OperatingSystem.IsLinux() ? CloseOnExec : 0);
        if (folder < 0)
            throw Failure(path);
        try
        {
            while (Sync(folder) != 0)
            {
                int error = Marshal.GetLastPInvokeError();
                if (error == NotSupported)
                    return;
                if (error != Interrupted)
                    throw Failure(path);
            }
        }
        finally
        {
            _ = Close(folder);
        }
    }

    // Without a share .NET would lock the file, and who may write is for the caller to settle.
    private static OpenFile Open(string path, FileMode mode, FileAccess access) =>
        new(File.OpenHandle(path, mode, access, FileShare.ReadWrite | FileShare.Delete));

    private static IOException Failure(string path)
    {
        int error = Marshal.GetLastPInvokeError();
        return new IOException($"{Marshal.GetPInvokeErrorMessage(error)} : '{path}'", error);
    }

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    private static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static extern int Sync(int file);

    [DllImport("libc", EntryPoint = "close", SetLastError = true)]
    private static extern int Close(int file);

    private sealed class OpenFile(SafeFileHandle handle) : IDiskFile
    {
        public long Length => RandomAccess.GetLength(handle);

        public int Read(long at, Span<byte> into) => RandomAccess.Read(handle, into, at);

        public void Write(ReadOnlySpan<byte> bytes, long at) => RandomAccess.Write(handle, bytes, at);

        public void Sync() => RandomAccess.FlushToDisk(handle);

        public void Dispose() => handle.Dispose();
    }
}
