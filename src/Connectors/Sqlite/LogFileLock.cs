namespace Weir.Connectors.Sqlite;

using Weir.Protocol.Logs;

/// <summary>
/// Keeps a second process, or a second log in this one, away from the database: the writer decides from what it
/// remembers of the tail of each partition, which is right only while nobody else writes.
/// </summary>
/// <remarks>The file stays when it is released: removing it would let two processes lock two files of one name.
/// </remarks>
internal sealed class LogFileLock : IDisposable
{
    private readonly FileStream _file;

    private LogFileLock(FileStream file) => _file = file;

    public static LogFileLock Acquire(string databasePath)
    {
        string path = databasePath + ".lock";
        try
        {
            return new LogFileLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new EventLogException(
                EventLogError.Unavailable,
                $"The event log '{databasePath}' cannot be opened because '{path}' cannot be locked: another process "
                + "has the log open (stop it, an SQLite log serves one process) or the directory is not writable.",
                failure);
        }
    }

    public void Dispose() => _file.Dispose();
}
