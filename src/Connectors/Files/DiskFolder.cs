namespace Weir.Connectors.Files;

/// <summary>Creates folders so that they are still there after a power loss.</summary>
internal static class DiskFolder
{
    /// <summary>Creates a folder and those above it as far as they are missing.</summary>
    /// <remarks>A folder that another writer has just made may not be durable yet, but whoever made it flushes the one
    /// above before it uses it.</remarks>
    public static void Ensure(IDisk disk, string path)
    {
        if (disk.FolderExists(path))
            return;
        string? parent = Path.GetDirectoryName(path);
        if (parent is not null)
            Ensure(disk, parent);
        disk.CreateFolder(path);
        if (parent is not null)
            disk.SyncFolder(parent);
    }
}
