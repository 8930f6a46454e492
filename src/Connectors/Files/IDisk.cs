namespace Weir.Connectors.Files;

/// <summary>
/// The calls to a file system that stores and sinks are made of, each one step that a crash can come before or after.
/// Tests put a disk of their own in its place that fails, or ends the world, at any of them.
/// </summary>
/// <remarks>Paths are absolute. Failures are <see cref="IOException"/>s and
/// <see cref="UnauthorizedAccessException"/>s, as of <see cref="File"/>.</remarks>
internal interface IDisk
{
    /// <summary>Creates a folder in an existing one; nothing happens if it is there.</summary>
    void CreateFolder(string path);

    /// <summary>Makes names that were created, renamed and deleted in a folder durable.</summary>
    void SyncFolder(string path);

    bool FolderExists(string path);

    /// <summary>The names of the files in a folder, in ordinal order.</summary>
    IReadOnlyList<string> Files(string folder);

    /// <summary>Creates a file that does not exist, to be written and read.</summary>
    IDiskFile CreateNew(string path);

    /// <summary>Opens a file to be read.</summary>
    IDiskFile OpenRead(string path);

    /// <summary>Gives a file another name, in one step; a file that has it already is replaced.</summary>
    void Rename(string from, string to);

    /// <summary>Removes a file; nothing happens if there is none.</summary>
    void Delete(string path);
}

/// <summary>An open file; it stays the same one when its name is given away.</summary>
internal interface IDiskFile : IDisposable
{
    long Length { get; }

    /// <summary>Reads at most as many bytes as fit; 0 at the end.</summary>
    int Read(long at, Span<byte> into);

    /// <summary>Writes bytes at a position.</summary>
    void Write(ReadOnlySpan<byte> bytes, long at);

    /// <summary>Makes what was written durable, but not the file's name.</summary>
    void Sync();
}
