namespace Weir.Connectors.Ado;

using System.Data.Common;
using System.Globalization;
using Npgsql;
using Weir.Connectors.Rows;
using Weir.Engine.Time;
using Weir.Protocol.Sinks;

/// <summary>PostgreSQL: writers of different lanes go on side by side, those of one wait at its row.</summary>
internal sealed class PostgreSqlDatabase(string connectionString) : AdoDatabase(connectionString)
{
    /// <summary>Rows that are sent before an answer is awaited.</summary>
    private const int BatchRows = 1000;

    private static readonly Dictionary<Type, string> Types = new()
    {
        [typeof(bool)] = "boolean",
        [typeof(byte)] = "smallint",
        [typeof(sbyte)] = "smallint",
        [typeof(short)] = "smallint",
        [typeof(ushort)] = "integer",
        [typeof(int)] = "integer",
        [typeof(uint)] = "bigint",
        [typeof(long)] = "bigint",
        [typeof(ulong)] = "numeric(20, 0)",
        [typeof(float)] = "real",
        [typeof(double)] = "double precision",
        [typeof(decimal)] = "numeric",
        [typeof(Guid)] = "uuid",
        [typeof(DateTime)] = "timestamp with time zone",
        [typeof(DateTimeOffset)] = "timestamp with time zone",
        [typeof(EventTime)] = "timestamp with time zone",
        [typeof(DateOnly)] = "date",
        [typeof(TimeOnly)] = "time",
        [typeof(TimeSpan)] = "interval",
        [typeof(byte[])] = "bytea",
    };

    internal override string Name
    {
        get
        {
            var text = new NpgsqlConnectionStringBuilder(ConnectionString);
            return $"the PostgreSQL database '{text.Database}' on {text.Host}";
        }
    }

    internal override string ForUpdate => " FOR UPDATE";

    internal override async Task<DbConnection> OpenAsync()
    {
        var connection = new NpgsqlConnection(ConnectionString);
        try
        {
            await connection.OpenAsync();
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <remarks>Two that create one table at the same time fail, also with IF NOT EXISTS, unless they wait for each
    /// other.</remarks>
    internal override async Task<DbTransaction> BeginSchemaAsync(DbConnection connection)
    {
        DbTransaction transaction = await BeginAsync(connection);
        await ExecuteAsync(transaction, "SELECT pg_advisory_xact_lock(6300418)", [[]]);
        return transaction;
    }

    internal override async Task<DbTransaction> BeginAsync(DbConnection connection) =>
        await connection.BeginTransactionAsync();

    internal override string TypeOf(RowColumn column) => Types.GetValueOrDefault(column.Type, "text");

    internal override object ToParameter(object? value) => value switch
    {
        null => DBNull.Value,
        byte or sbyte => Convert.ToInt16(value, CultureInfo.InvariantCulture),
        ushort known => (int)known,
        uint known => (long)known,
        ulong known => (decimal)known,
        EventTime known => FromEventTime(known),
        DateTime known => FromDateTime(known),
        DateTimeOffset known => known.UtcDateTime,
        Enum or char => value.ToString()!,
        _ => value,
    };

    internal override async Task ExecuteAsync(DbTransaction transaction, string sql, IReadOnlyList<object[]> rows)
    {
        var connection = (NpgsqlConnection)transaction.Connection!;
        foreach (object[][] chunk in rows.Chunk(BatchRows))
        {
            await using var batch = new NpgsqlBatch(connection, (NpgsqlTransaction)transaction);
            foreach (object[] row in chunk)
            {
                var command = new NpgsqlBatchCommand(Numbered(sql));
                foreach (object value in row)
                    command.Parameters.Add(new NpgsqlParameter { Value = value });
                batch.BatchCommands.Add(command);
            }

            await batch.ExecuteNonQueryAsync();
        }
    }

    internal override SinkError ErrorOf(DbException failure) => failure switch
    {
        PostgresException { SqlState: PostgresErrorCodes.DiskFull } => SinkError.Full,
        PostgresException { SqlState: PostgresErrorCodes.DataCorrupted or PostgresErrorCodes.IndexCorrupted } =>
            SinkError.Corrupt,
        PostgresException { IsTransient: false, SqlState: ['2' or '4', ..] } => SinkError.Refused,
        _ => SinkError.Unavailable,
    };

    // The library takes numbered parameters without parsing the text.
    private static string Numbered(string sql) => sql.Replace('@', '$');

    private static DateTime FromDateTime(DateTime time) => time.Kind == DateTimeKind.Local
        ? time.ToUniversalTime()
        : DateTime.SpecifyKind(time, DateTimeKind.Utc);

    // The limits are infinity there.
    private static DateTime FromEventTime(EventTime time) => time.Milliseconds switch
    {
        long.MinValue => DateTime.SpecifyKind(DateTime.MinValue, DateTimeKind.Utc),
        long.MaxValue => DateTime.SpecifyKind(DateTime.MaxValue, DateTimeKind.Utc),
        _ => time.ToDateTimeOffset().UtcDateTime,
    };
}
