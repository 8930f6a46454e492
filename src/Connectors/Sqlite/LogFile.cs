namespace Weir.Connectors.Sqlite;

using System.Globalization;
using Microsoft.Data.Sqlite;

/// <summary>
/// Opens connections to the log's database. Invariant: every connection uses the write-ahead log, and what the writer
/// commits has reached the disk when the commit returns (synchronous = FULL).
/// </summary>
internal sealed class LogFile(SqliteEventLogOptions options)
{
    /// <summary>Larger than SQLite's default because chunks are; a chunk of 20 KiB then spans 3 pages.</summary>
    public const int PageSize = 8192;

    private const long KeptWalBytes = 64 << 20;

    public string Path => options.Path;

    public SqliteConnection OpenWriter()
    {
        SqliteConnection connection = Open(
            $"PRAGMA page_size = {PageSize};",
            "PRAGMA journal_mode = WAL;",
            "PRAGMA synchronous = FULL;",
            Setting("wal_autocheckpoint", options.CheckpointPages),
            Setting("journal_size_limit", KeptWalBytes));
        if (options.MaxBytes is { } limit)
            Execute(connection, Setting("max_page_count", limit / ReadNumber(connection, "PRAGMA page_size;")));
        return connection;
    }

    public SqliteConnection OpenReader() => Open("PRAGMA query_only = ON;");

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
