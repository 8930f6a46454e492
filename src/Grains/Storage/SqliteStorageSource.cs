namespace Weir.Grains.Storage;

using System.Data;
using System.Data.Common;
using Microsoft.Data.Sqlite;

/// <summary>
/// Opens connections that wait for another writer instead of failing. Each connection is set up again when it is
/// opened, because pooled ones may come from elsewhere.
/// </summary>
internal sealed class SqliteStorageSource(string databasePath) : DbDataSource
{
    private const string Setup = "PRAGMA busy_timeout = 10000; PRAGMA synchronous = FULL;";

    public override string ConnectionString { get; } = new SqliteConnectionStringBuilder
    {
        DataSource = Path.GetFullPath(databasePath),
        Mode = SqliteOpenMode.ReadWriteCreate,
        Cache = SqliteCacheMode.Private,
        Pooling = true,
    }.ToString();

    protected override DbConnection CreateDbConnection()
    {
        var connection = new SqliteConnection(ConnectionString);
        connection.StateChange += SetUp;
        return connection;
    }

    private static void SetUp(object sender, StateChangeEventArgs change)
    {
        if (change.CurrentState != ConnectionState.Open)
            return;
        using SqliteCommand command = ((SqliteConnection)sender).CreateCommand();
        command.CommandText = Setup;
        command.ExecuteNonQuery();
    }
}
