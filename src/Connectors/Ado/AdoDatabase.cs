namespace Weir.Connectors.Ado;

using System.Data.Common;
using Weir.Connectors.Rows;
using Weir.Protocol.Sinks;

/// <summary>A database and how it is spoken to. Thread-safe.</summary>
public abstract class AdoDatabase
{
    private protected AdoDatabase(string connectionString)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(connectionString);
        ConnectionString = connectionString;
    }

    /// <summary>The name of the table that says how far sinks have come.</summary>
    internal const string ProducerTable = "weir_sink_producers";

    internal string ConnectionString { get; }

    /// <summary>As messages name it, without a password.</summary>
    internal abstract string Name { get; }

    /// <summary>What is added to a SELECT so that nobody else changes the row before the transaction ends.</summary>
    internal abstract string ForUpdate { get; }

    /// <summary>An SQLite file, as <c>Data Source=results.db</c>.</summary>
    public static AdoDatabase Sqlite(string connectionString) => new SqliteDatabase(connectionString);

    /// <summary>
    /// A PostgreSQL database, as <c>Host=db;Database=results;Username=weir</c>. What is answered is as durable as the
    /// server's <c>synchronous_commit</c> makes it: leave that on.
    /// </summary>
    public static AdoDatabase PostgreSql(string connectionString) => new PostgreSqlDatabase(connectionString);

    internal static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    internal abstract Task<DbConnection> OpenAsync();

    /// <summary>Begins a transaction that may create tables: one at a time.</summary>
    internal abstract Task<DbTransaction> BeginSchemaAsync(DbConnection connection);

    internal abstract Task<DbTransaction> BeginAsync(DbConnection connection);

    internal abstract string TypeOf(RowColumn column);

    /// <summary>A value as the database's library takes it; never null.</summary>
    internal abstract object ToParameter(object? value);

    /// <summary>Runs a statement once per row, in order.</summary>
    internal abstract Task ExecuteAsync(DbTransaction transaction, string sql, IReadOnlyList<object[]> rows);

    internal abstract SinkError ErrorOf(DbException failure);
}
