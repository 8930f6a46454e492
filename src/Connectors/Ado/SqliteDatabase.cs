namespace Weir.Connectors.Ado;

using System.Data.Common;
using System.Globalization;
using Microsoft.Data.Sqlite;
using Weir.Connectors.Rows;
using Weir.Engine.Time;
using Weir.Protocol.Sinks;

/// <summary>SQLite: one writer at a time, which a transaction waits to be from its beginning.</summary>
internal sealed class SqliteDatabase(string connectionString) : AdoDatabase(connectionString)
{
    private const int ErrorCode = 1;
    private const int CorruptCode = 11;
    private const int FullCode = 13;
    private const int TooBigCode = 18;
    private const int ConstraintCode = 19;
    private const int MismatchCode = 20;
    private const int NotADatabaseCode = 26;

    internal override string Name =>
        $"the SQLite database '{new SqliteConnectionStringBuilder(ConnectionString).DataSource}'";

    // A transaction is the only writer anyway.
    internal override string ForUpdate => "";

    internal override async Task<DbConnection> OpenAsync()
    {
        var connection = new SqliteConnection(ConnectionString);
        try
        {
            await connection.OpenAsync();
            using SqliteCommand durable = connection.CreateCommand();
            durable.CommandText = "PRAGMA synchronous = FULL;";
            await durable.ExecuteNonQueryAsync();
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    internal override Task<DbTransaction> BeginSchemaAsync(DbConnection connection) => BeginAsync(connection);

    internal override Task<DbTransaction> BeginAsync(DbConnection connection) =>
        Task.FromResult<DbTransaction>(((SqliteConnection)connection).BeginTransaction(deferred: false));

    internal override string TypeOf(RowColumn column) => column.Type switch
    {
        { IsEnum: true } => "TEXT",
        Type type when type == typeof(byte[]) => "BLOB",
        Type type when type == typeof(float) || type == typeof(double) => "REAL",
        Type type when type.IsPrimitive && type != typeof(ulong) && type != typeof(char) => "INTEGER",
        _ => "TEXT",
    };

    internal override object ToParameter(object? value) => value switch
    {
        null => DBNull.Value,
        string or byte[] or float or double => value,
        bool known => known ? 1L : 0L,
        ulong known => known.ToString(CultureInfo.InvariantCulture),
        EventTime or Enum or char => value.ToString()!,
        DateTime known => EventTimeText(known),
        DateTimeOffset known => EventTimeText(known.UtcDateTime),
        DateOnly or TimeOnly => ((IFormattable)value).ToString("O", CultureInfo.InvariantCulture),
        TimeSpan known => known.ToString("c", CultureInfo.InvariantCulture),
        decimal or Guid => Convert.ToString(value, CultureInfo.InvariantCulture)!,
        _ => Convert.ToInt64(value, CultureInfo.InvariantCulture),
    };

    internal override async Task ExecuteAsync(DbTransaction transaction, string sql, IReadOnlyList<object[]> rows)
    {
        using DbCommand command = transaction.Connection!.CreateCommand();
        command.Transaction = transaction;
#pragma warning disable CA2100 // The text holds quoted names and parameters only.
        command.CommandText = sql;
#pragma warning restore CA2100
        foreach (object[] row in rows)
        {
            command.Parameters.Clear();
            for (int i = 0; i < row.Length; i++)
                command.Parameters.Add(new SqliteParameter($"@{i + 1}", row[i]));
            await command.ExecuteNonQueryAsync();
        }
    }

    internal override SinkError ErrorOf(DbException failure) => (failure as SqliteException)?.SqliteErrorCode switch
    {
        FullCode => SinkError.Full,
        CorruptCode or NotADatabaseCode => SinkError.Corrupt,
        ErrorCode or TooBigCode or ConstraintCode or MismatchCode => SinkError.Refused,
        _ => SinkError.Unavailable,
    };

    private static string EventTimeText(DateTime time) => (time.Kind == DateTimeKind.Local ? time.ToUniversalTime() : time)
        .ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture);
}
