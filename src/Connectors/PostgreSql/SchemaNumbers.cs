namespace Weir.Connectors.PostgreSql;

using Npgsql;
using Weir.Connectors.Chunks;
using Weir.Engine.Streams;
using Weir.Protocol.Logs;

/// <summary>
/// The numbers of schemas, which all processes share: they are given out one process at a time and committed before a
/// chunk that uses them.
/// </summary>
internal static class SchemaNumbers
{
    private const string Select = "SELECT id, name FROM batch_schemas ORDER BY id";

    public static Task<List<string>> LoadAsync(WeirDatabase database) => database.RunAsync(ReadAsync);

    /// <summary>Sees to it that names have what a group uses.</summary>
    public static async Task EnsureAsync(WeirDatabase database, SchemaNames names, IEnumerable<PendingAppend> group)
    {
        HashSet<string>? missing = null;
        foreach (PendingAppend append in group)
        {
            foreach (NewBatch batch in append.Request.Batches)
            {
                if (batch.Kind == BatchKind.Events && !names.TryGetNumber(batch.Schema ?? "", out _))
                    (missing ??= []).Add(batch.Schema!);
            }
        }

        if (missing is not null)
            names.Load(await AddAsync(database, missing));
    }

    private static Task<List<string>> AddAsync(WeirDatabase database, HashSet<string> missing) =>
        database.RunAsync(async connection =>
        {
            await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync();
            await Sql.Command(connection, "LOCK TABLE batch_schemas IN SHARE ROW EXCLUSIVE MODE").RunAsync();
            List<string> names = await ReadAsync(connection);
            foreach (string name in missing.Except(names))
            {
                names.Add(name);
                await Sql.Command(
                    connection, "INSERT INTO batch_schemas (id, name) VALUES ($1, $2)", names.Count, name).RunAsync();
            }

            await transaction.CommitAsync();
            return names;
        });

    private static async Task<List<string>> ReadAsync(NpgsqlConnection connection)
    {
        await using NpgsqlCommand command = Sql.Command(connection, Select);
        await using NpgsqlDataReader row = await command.ExecuteReaderAsync();
        var names = new List<string>();
        while (await row.ReadAsync())
        {
            names.Add(row.GetString(1));
            if (row.GetInt32(0) != names.Count)
                throw new EventLogException(
                    EventLogError.Corrupt,
                    $"The event log is damaged: schema {names.Count} is missing before '{names[^1]}'; restore the "
                    + "database from a copy.");
        }

        return names;
    }
}
