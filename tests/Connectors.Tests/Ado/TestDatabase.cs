namespace Weir.Connectors.Tests.Ado;

using System.Data.Common;
using System.Globalization;
using Microsoft.Data.Sqlite;
using Npgsql;
using Weir.Connectors.Ado;

/// <summary>An empty database for one test: a file, or a schema of the server.</summary>
internal sealed class TestDatabase : IAsyncDisposable
{
    private static int _schemas;

    private readonly string? _folder;
    private readonly DbConnection _connection;

    private TestDatabase(AdoDatabase database, DbConnection connection, string? folder)
    {
        Database = database;
        _connection = connection;
        _folder = folder;
    }

    public AdoDatabase Database { get; }

    public static async Task<TestDatabase> OpenAsync(string kind, PostgreSqlServer server)
    {
        if (kind == "sqlite")
        {
            string folder = Directory.CreateTempSubdirectory("weir-ado-").FullName;
            string text = $"Data Source={Path.Combine(folder, "rows.db")};Pooling=False";
            var file = new SqliteConnection(text);
            await file.OpenAsync();
            return new TestDatabase(AdoDatabase.Sqlite(text), file, folder);
        }

        string schema = $"test_{Interlocked.Increment(ref _schemas)}";
        string own = $"{server.ConnectionString};Search Path={schema}";
        var connection = new NpgsqlConnection($"{own};Pooling=False;Application Name=looks-on");
        await connection.OpenAsync();
        var database = new TestDatabase(AdoDatabase.PostgreSql(own), connection, folder: null);
        await database.QueryAsync($"CREATE SCHEMA {schema}");
        return database;
    }

    /// <summary>The rows, their values with spaces between and '-' where there is none.</summary>
    public async Task<List<string>> QueryAsync(string sql)
    {
        await using DbCommand command = _connection.CreateCommand();
#pragma warning disable CA2100 // The tests say what to ask.
        command.CommandText = sql;
#pragma warning restore CA2100
        await using DbDataReader row = await command.ExecuteReaderAsync();
        var rows = new List<string>();
        while (await row.ReadAsync())
            rows.Add(string.Join(' ', Enumerable.Range(0, row.FieldCount).Select(i => Show(row.GetValue(i)))));
        return rows;
    }

    public async ValueTask DisposeAsync()
    {
        await _connection.DisposeAsync();
        if (_folder is not null)
            Directory.Delete(_folder, recursive: true);
    }

    private static string Show(object value) => value switch
    {
        DBNull => "-",
        byte[] bytes => Convert.ToBase64String(bytes),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };
}
