namespace Weir.Grains.Storage;

using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;

/// <summary>
/// Grain storage in one SQLite file, through Microsoft.Orleans.Persistence.AdoNet, whose package brings no tables of
/// its own. Invariant: a write is one statement that compares the version, so of two writers of one state one is
/// refused.
/// </summary>
/// <remarks>
/// The storage takes a key that reads as a number or a GUID for that number, so that "b", "0b" and "B" share a row, and
/// distinguishes states by their name only, not by the grain's class. Keys of grains with state therefore begin with a
/// letter that is no hexadecimal digit (<c>t:</c>, <c>j:</c>), and every state has a name that only one class uses.
/// </remarks>
public static class OrleansSqliteStorage
{
    /// <summary>The storage that grains of Weir name.</summary>
    public const string StorageName = "weir";

    /// <summary>The storage that Orleans keeps stream subscriptions in.</summary>
    public const string PubSubStorageName = "PubSubStore";

    // This name makes Orleans load Microsoft.Data.Sqlite; the name of that library itself is refused.
    private const string Invariant = "System.Data.SQLite";

    private const int SchemaVersion = 1;

    /// <summary>
    /// Adds the storages <see cref="StorageName"/> and <see cref="PubSubStorageName"/> on a file, which is created or
    /// migrated when it is first needed. Several silos of one machine may share the file.
    /// </summary>
    public static ISiloBuilder AddWeirGrainStorage(this ISiloBuilder builder, string databasePath) =>
        builder.AddWeirGrainStorage((options, _) => options.UseSqlite(databasePath));

    /// <summary>The same, where the silo's options say where.</summary>
    internal static ISiloBuilder AddWeirGrainStorage(
        this ISiloBuilder builder, Action<AdoNetGrainStorageOptions, IServiceProvider> place)
    {
        foreach (string name in new[] { StorageName, PubSubStorageName })
        {
            builder.AddAdoNetGrainStorage(name, storage => storage.Configure<IServiceProvider>((options, services) =>
            {
                options.DeleteStateOnClear = true;
                place(options, services);
            }));
        }

        return builder;
    }

    /// <summary>Keeps the states in a file.</summary>
    internal static void UseSqlite(this AdoNetGrainStorageOptions options, string databasePath)
    {
        Initialize(databasePath);
        options.Invariant = Invariant;
        options.DataSource = new SqliteStorageSource(databasePath);
    }

    /// <summary>Creates the tables and queries that are not there; may be repeated, also by several processes at once.
    /// </summary>
    /// <exception cref="InvalidOperationException">A newer release wrote the file.</exception>
    public static void Initialize(string databasePath)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(databasePath);
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(databasePath))!);
        using var connection = (SqliteConnection)new SqliteStorageSource(databasePath).OpenConnection();
        Execute(connection, "PRAGMA journal_mode = WAL");
        using SqliteTransaction transaction = connection.BeginTransaction(deferred: false);
        long version = (long)Execute(connection, "PRAGMA user_version")!;
        if (version > SchemaVersion)
            throw new InvalidOperationException(
                $"'{databasePath}' was written by a newer release (format {version}, this one knows {SchemaVersion}).");
        Execute(connection, OrleansSqliteSchema.Tables);
        foreach ((string key, string text) in OrleansSqliteSchema.Queries)
            Execute(connection, OrleansSqliteSchema.PutQuery, ("@key", key), ("@text", text));
        Execute(connection, $"PRAGMA user_version = {SchemaVersion}");
        transaction.Commit();
    }

    private static object? Execute(
        SqliteConnection connection, string sql, params (string Name, string Value)[] parameters)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        foreach ((string name, string value) in parameters)
            command.Parameters.AddWithValue(name, value);
        return command.ExecuteScalar();
    }
}
