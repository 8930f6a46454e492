namespace Weir.Connectors.PostgreSql;

using System.Collections.Concurrent;
using Npgsql;

/// <summary>
/// The files that this process has open. Invariant: bytes of a deleted file go only when no process has had it open for
/// an age; each process looks three times in that age and speaks for what it has open.
/// </summary>
internal sealed class OpenFiles : IAsyncDisposable
{
    private const int SweptFiles = 16;

    private readonly WeirDatabase _database;
    private readonly TimeSpan _age;
    private readonly ConcurrentDictionary<PostgreSqlStoredFile, long> _files = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;

    public OpenFiles(WeirDatabase database, TimeSpan age)
    {
        _database = database;
        _age = age;
        _running = Task.Run(RunAsync);
    }

    public PostgreSqlStoredFile Add(StoredRows rows)
    {
        var file = new PostgreSqlStoredFile(_database, rows, closed => _files.TryRemove(closed, out _));
        _files.TryAdd(file, rows.Id);
        return file;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(_age / 3);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
                await TendAsync();
        }
        catch (OperationCanceledException)
        {
            // The store is closed.
        }
    }

    private async Task TendAsync()
    {
        const string Speak = """
            UPDATE checkpoint_files SET deleted = now() WHERE id = ANY ($1) AND deleted IS NOT NULL
            """;
        try
        {
            long[] open = [.. _files.Values.Distinct()];
            if (open.Length > 0)
                await _database.RunAsync(connection => Sql.Command(connection, Speak, (object)open).RunAsync());
            while (await _database.OnceAsync(SweepAsync) == SweptFiles)
            {
            }
        }
        catch (Exception)
        {
            // The database is away; nobody's bytes go while nobody can speak for them, and the next look is soon.
        }
    }

    /// <summary>Removes the bytes of some deleted files and returns of how many.</summary>
    private async Task<int> SweepAsync(NpgsqlConnection connection)
    {
        const string Select = """
            SELECT id FROM checkpoint_files WHERE deleted < now() - $1 ORDER BY deleted LIMIT $2 FOR UPDATE SKIP LOCKED
            """;
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync();
        var files = new List<long>();
        await using (NpgsqlCommand command = Sql.Command(connection, Select, _age, SweptFiles))
        {
            await using NpgsqlDataReader row = await command.ExecuteReaderAsync();
            while (await row.ReadAsync())
                files.Add(row.GetInt64(0));
        }

        if (files.Count > 0)
        {
            object ids = files.ToArray();
            await Sql.Command(connection, "DELETE FROM checkpoint_bytes WHERE file = ANY ($1)", ids).RunAsync();
            await Sql.Command(connection, "DELETE FROM checkpoint_files WHERE id = ANY ($1)", ids).RunAsync();
        }

        await transaction.CommitAsync();
        return files.Count;
    }
}
