namespace Weir.Connectors.Sqlite;

using System.Globalization;
using Microsoft.Data.Sqlite;
using Microsoft.Win32.SafeHandles;

/// <summary>
/// Opens connections to the log's database. Invariant: every connection uses the write-ahead log, and what the writer
/// commits has reached the disk when the commit returns (synchronous = FULL). Disposed when all connections are closed.
/// </summary>
internal sealed class LogFile(SqliteEventLogOptions options) : IDisposable
{
    /// <summary>Larger than SQLite's default because chunks are; a chunk of 20 KiB then spans 3 pages.</summary>
    public const int PageSize = 8192;

    private const long KeptWalBytes = 64 << 20;

    // Closing any handle of a file drops the locks that its process holds on it, SQLite's as well: so it stays open.
    private SafeFileHandle? _database;

    public string Path => options.Path;

    public SqliteConnection OpenWriter()
    {
        SqliteConnection connection = Open(
            $"PRAGMA page_size = {PageSize};",
            "PRAGMA journal_mode = WAL;",
            "PRAGMA synchronous = FULL;",
            "PRAGMA wal_autocheckpoint = 0;",
            Setting("journal_size_limit", KeptWalBytes));
        if (options.MaxBytes is { } limit)
            Execute(connection, Setting("max_page_count", limit / ReadNumber(connection, "PRAGMA page_size;")));
        return connection;
    }

    /// <summary>Opens what copies the write-ahead log into the database.</summary>
    public SqliteConnection OpenCopier() => Open("PRAGMA synchronous = FULL;");

    public SqliteConnection OpenReader() => Open("PRAGMA query_only = ON;");

    /// <summary>Waits until what was copied into the database has reached the disk. One thread.</summary>
    public void Flush()
    {
        _database ??= File.OpenHandle(
            options.Path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        RandomAccess.FlushToDisk(_database);
    }

    public void Dispose() => _database?.Dispose();

    public static void Execute(SqliteConnection connection, string sql)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    public static long ReadNumber(SqliteConnection connection, string sql)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        return Convert.ToInt64(command.ExecuteScalar(), CultureInfo.InvariantCulture);
    }

    private static string Setting(string pragma, long value) =>
        string.Create(CultureInfo.InvariantCulture, $"PRAGMA {pragma} = {value};");

    private SqliteConnection Open(params ReadOnlySpan<string> settings)
    {
        var text = new SqliteConnectionStringBuilder
        {
            DataSource = options.Path,
            Mode = SqliteOpenMode.ReadWriteCreate,
            Pooling = false,
            DefaultTimeout = Math.Max(1, (int)options.BusyTimeout.TotalSeconds),
        };
        var connection = new SqliteConnection(text.ToString());
        try
        {
            connection.Open();
            Execute(connection, Setting("busy_timeout", (long)options.BusyTimeout.TotalMilliseconds));
            Execute(connection, Setting("cache_size", -options.PageCacheKilobytes));
            foreach (string setting in settings)
                Execute(connection, setting);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }
}
