namespace Weir.Connectors.PostgreSql;

using Npgsql;
using NpgsqlTypes;
using Weir.Protocol.Checkpoints;
using Weir.Protocol.Faults;
using Weir.Protocol.Logs;

/// <summary>
/// A store of checkpoints in a PostgreSQL database, for any number of processes at once. Invariant: a file is there as a
/// whole or not at all, since its row and its bytes are committed together, and neither is ever changed.
/// </summary>
/// <remarks>
/// Deleting takes the name away at once. The bytes stay for readers: who has a file open that was deleted says so every
/// now and then, and bytes that nobody has spoken for go. A failing database is
/// <see cref="CheckpointStoreError.Unavailable"/>, also while an open file is read.
/// </remarks>
public sealed class PostgreSqlCheckpointStore : ICheckpointStore, IAsyncDisposable
{
    private const int RowBytes = 1 << 20;

    private readonly WeirDatabase _database;
    private readonly OpenFiles _open;

    private PostgreSqlCheckpointStore(WeirDatabase database, TimeSpan deletedBytesAge)
    {
        _database = database;
        _open = new OpenFiles(database, deletedBytesAge);
    }

    /// <summary>Opens the store of a schema, which is created or migrated as needed.</summary>
    /// <exception cref="EventLogException"><see cref="EventLogError.Incompatible"/>: a newer release has migrated the
    /// tables, or the role may not create them; <see cref="EventLogError.Unavailable"/>: the database does not answer.
    /// </exception>
    public static async Task<PostgreSqlCheckpointStore> OpenAsync(
        PostgreSqlCheckpointStoreOptions options, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        var settings = new DatabaseSettings
        {
            ConnectionString = options.ConnectionString,
            Schema = options.Schema,
            Timeout = options.Timeout,
            PooledConnections = options.MaxConnections,
            Tables = CheckpointTables.Script,
            Content = "checkpoint store",
            Translate = DatabaseFailure.ToStoreException,
        };
        return new PostgreSqlCheckpointStore(
            await WeirDatabase.OpenAsync(settings, cancellation), options.DeletedBytesAge);
    }

    /// <inheritdoc/>
    public async Task WriteAsync(
        string name, IReadOnlyList<ReadOnlyMemory<byte>> parts, CancellationToken cancellation = default)
    {
        StoredName.Check(name);
        ArgumentNullException.ThrowIfNull(parts);
        cancellation.ThrowIfCancellationRequested();
        bool isNew = await _database.OnceAsync(connection => WriteAsync(connection, name, parts, cancellation));
        if (!isNew)
            throw new CheckpointStoreException(
                CheckpointStoreError.Exists,
                $"The stored file '{name}' exists already in {_database.Where}; write under another name.");
    }

    /// <inheritdoc/>
    public async Task<IStoredFile> OpenAsync(string name, CancellationToken cancellation = default)
    {
        StoredName.Check(name);
        const string Select = "SELECT id, length, row_bytes FROM checkpoint_files WHERE name = $1 AND deleted IS NULL";
        StoredRows? rows = await _database.RunAsync(async connection =>
        {
            await using NpgsqlCommand command = Sql.Command(connection, Select, name);
            await using NpgsqlDataReader row = await command.ExecuteReaderAsync();
            return await row.ReadAsync() ? new StoredRows(row.GetInt64(0), name, row.GetInt64(1), row.GetInt32(2)) : null;
        }, cancellation);
        return rows is not null ? _open.Add(rows) : throw new CheckpointStoreException(
            CheckpointStoreError.NotFound,
            $"There is no stored file '{name}' in {_database.Where}; it was deleted or never written.");
    }

    /// <inheritdoc/>
    public Task<long?> LengthAsync(string name, CancellationToken cancellation = default)
    {
        StoredName.Check(name);
        const string Select = "SELECT length FROM checkpoint_files WHERE name = $1 AND deleted IS NULL";
        return _database.RunAsync(connection => Sql.Command(connection, Select, name).NumberAsync(), cancellation);
    }

    /// <inheritdoc/>
    public async Task DeleteAsync(string name, CancellationToken cancellation = default)
    {
        StoredName.Check(name);
        const string Delete = "UPDATE checkpoint_files SET deleted = now() WHERE name = $1 AND deleted IS NULL";
        await _database.RunAsync(connection => Sql.Command(connection, Delete, name).RunAsync(), cancellation);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> ListAsync(string prefix, CancellationToken cancellation = default)
    {
        StoredName.CheckPrefix(prefix);
        // No character of a name is above '~'.
        const string Select = """
            SELECT name FROM checkpoint_files WHERE deleted IS NULL AND name >= $1 AND name < $1 || '~' ORDER BY name
            """;
        return _database.RunAsync<IReadOnlyList<string>>(async connection =>
        {
            await using NpgsqlCommand command = Sql.Command(connection, Select, prefix);
            await using NpgsqlDataReader row = await command.ExecuteReaderAsync();
            var names = new List<string>();
            while (await row.ReadAsync())
                names.Add(row.GetString(0));
            return names;
        }, cancellation);
    }

    /// <summary>Closes all connections; open files can not be read any more.</summary>
    public async ValueTask DisposeAsync()
    {
        await _open.DisposeAsync();
        await _database.DisposeAsync();
    }

    private static async Task<bool> WriteAsync(
        NpgsqlConnection connection,
        string name,
        IReadOnlyList<ReadOnlyMemory<byte>> parts,
        CancellationToken cancellation)
    {
        const string Insert = """
            INSERT INTO checkpoint_files (name, length, row_bytes) VALUES ($1, $2, $3)
            ON CONFLICT (name) WHERE deleted IS NULL DO NOTHING RETURNING id
            """;
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(CancellationToken.None);
        long length = parts.Sum(part => (long)part.Length);
        if (await Sql.Command(connection, Insert, name, length, RowBytes).NumberAsync() is not { } file)
            return false;
        await CopyAsync(connection, file, parts, cancellation);
        CrashPoint.Pass(CrashLabels.SegmentBeforeSync);
        cancellation.ThrowIfCancellationRequested();
        await transaction.CommitAsync(CancellationToken.None);
        return true;
    }

    private static async Task CopyAsync(
        NpgsqlConnection connection,
        long file,
        IReadOnlyList<ReadOnlyMemory<byte>> parts,
        CancellationToken cancellation)
    {
        await using NpgsqlBinaryImporter rows = await connection.BeginBinaryImportAsync(
            "COPY checkpoint_bytes (file, number, body) FROM STDIN (FORMAT BINARY)", CancellationToken.None);
        int number = 0;
        foreach (ReadOnlyMemory<byte> body in RowCuts.Of(parts, RowBytes))
        {
            cancellation.ThrowIfCancellationRequested();
            if (number > 0)
                CrashPoint.Pass(CrashLabels.SegmentBetweenParts);
            await rows.StartRowAsync(CancellationToken.None);
            await rows.WriteAsync(file, NpgsqlDbType.Bigint, CancellationToken.None);
            await rows.WriteAsync(number++, NpgsqlDbType.Integer, CancellationToken.None);
            await rows.WriteAsync(body, NpgsqlDbType.Bytea, CancellationToken.None);
        }

        await rows.CompleteAsync(CancellationToken.None);
    }
}
