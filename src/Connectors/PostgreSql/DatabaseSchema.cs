namespace Weir.Connectors.PostgreSql;

using System.Globalization;
using Npgsql;
using Weir.Protocol.Logs;

/// <summary>
/// Creates and migrates the tables of a schema. Invariant: one process at a time, all steps or none of them, and tables
/// of a newer release are left alone.
/// </summary>
/// <remarks>
/// Everything happens in one transaction under an advisory lock of the database, so that silos that start together do
/// it once. The table <c>schema_versions</c> holds the version of each script. A role that owns the database, or a schema
/// that is there already, is enough.
/// </remarks>
public static class DatabaseSchema
{
    /// <summary>"WEIR" in ASCII; the key of the lock in the database.</summary>
    private const long LockKey = 0x57454952;

    private const int MaxNameLength = 63;

    /// <summary>How long a start waits for another that migrates.</summary>
    private const int LockTimeoutMilliseconds = 120_000;

    /// <summary>Brings the schema to what the scripts say; nothing happens if it is there already.</summary>
    /// <param name="source">The database.</param>
    /// <param name="schema">The schema's name: 1 to 63 lower-case letters, digits and '_', not beginning with a digit.
    /// </param>
    /// <param name="scripts">What there must be, in this order.</param>
    /// <param name="cancellation">Gives up; nothing is changed then.</param>
    /// <exception cref="EventLogException"><see cref="EventLogError.Incompatible"/>: a newer release has migrated the
    /// tables, or the role may not create them; <see cref="EventLogError.Unavailable"/>: the database does not answer.
    /// </exception>
    public static async Task MigrateAsync(
        NpgsqlDataSource source,
        string schema,
        IReadOnlyList<SchemaScript> scripts,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(scripts);
        CheckName(schema);
        try
        {
            await using NpgsqlConnection connection = await source.OpenConnectionAsync(cancellation);
            await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellation);
            await LockAsync(connection, schema, cancellation);
            foreach (SchemaScript script in scripts)
                await MigrateAsync(connection, schema, script, cancellation);
            await transaction.CommitAsync(cancellation);
        }
        catch (PostgresException failure) when (failure.SqlState is PostgresErrorCodes.InsufficientPrivilege)
        {
            throw new EventLogException(
                EventLogError.Incompatible,
                $"The schema '{schema}' cannot be prepared ({failure.MessageText}); let the role own the schema, or the "
                + "database.",
                failure);
        }
        catch (Exception failure) when (failure is NpgsqlException or TimeoutException)
        {
            throw DatabaseFailure.ToEventLogException(failure, $"schema '{schema}'");
        }
    }

    internal static void CheckName(string schema)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(schema);
        bool isValid = schema.Length <= MaxNameLength
            && !char.IsAsciiDigit(schema[0])
            && schema.All(each => char.IsAsciiLetterLower(each) || char.IsAsciiDigit(each) || each == '_');
        if (!isValid)
            throw new ArgumentException(
                $"The schema '{schema}' is not allowed; use 1 to {MaxNameLength} lower-case letters, digits and '_', not "
                + "beginning with a digit.",
                nameof(schema));
    }

    /// <remarks>Whether something is there is asked first: also with IF NOT EXISTS a role needs the right to create.
    /// </remarks>
    private static async Task LockAsync(NpgsqlConnection connection, string schema, CancellationToken cancellation)
    {
        await RunAsync(
            connection,
            $"SET LOCAL lock_timeout = {LockTimeoutMilliseconds}; SET LOCAL statement_timeout = 0; "
            + $"SELECT pg_advisory_xact_lock({LockKey})",
            cancellation);
        if (await FindAsync(connection, "SELECT oid::int8 FROM pg_namespace WHERE nspname = $1", schema, cancellation)
            is null)
            await RunAsync(connection, $"CREATE SCHEMA \"{schema}\"", cancellation);
        await RunAsync(connection, $"SET LOCAL search_path TO \"{schema}\"", cancellation);
        const string Find = """
            SELECT c.oid::int8 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = $1 AND c.relname = 'schema_versions'
            """;
        if (await FindAsync(connection, Find, schema, cancellation) is null)
            await RunAsync(
                connection,
                "CREATE TABLE schema_versions (script text PRIMARY KEY, version int8 NOT NULL)",
                cancellation);
    }

    private static async Task MigrateAsync(
        NpgsqlConnection connection, string schema, SchemaScript script, CancellationToken cancellation)
    {
        const string Find = "SELECT version FROM schema_versions WHERE script = $1";
        long version = await FindAsync(connection, Find, script.Name, cancellation) ?? 0;
        if (version > script.Steps.Count)
            throw new EventLogException(
                EventLogError.Incompatible,
                $"The tables '{script.Name}' in schema '{schema}' have version {version} but this program knows versions "
                + $"up to {script.Steps.Count}; use the newer release that migrated them.");
        if (version == script.Steps.Count)
            return;
        for (int step = (int)version; step < script.Steps.Count; step++)
            await RunAsync(connection, script.Steps[step], cancellation);
        await using var command = new NpgsqlCommand(
            """
            INSERT INTO schema_versions (script, version) VALUES ($1, $2)
            ON CONFLICT (script) DO UPDATE SET version = excluded.version
            """,
            connection);
        command.Parameters.Add(new NpgsqlParameter { Value = script.Name });
        command.Parameters.Add(new NpgsqlParameter { Value = (long)script.Steps.Count });
        await command.ExecuteNonQueryAsync(cancellation);
    }

    private static async Task RunAsync(NpgsqlConnection connection, string sql, CancellationToken cancellation)
    {
        await using NpgsqlCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // Scripts of the program, and a name that was checked.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.CommandTimeout = 2 * LockTimeoutMilliseconds / 1000;
        await command.ExecuteNonQueryAsync(cancellation);
    }

    private static async Task<long?> FindAsync(
        NpgsqlConnection connection, string sql, string name, CancellationToken cancellation)
    {
#pragma warning disable CA2100 // Constants.
        await using var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        command.Parameters.Add(new NpgsqlParameter { Value = name });
        object? found = await command.ExecuteScalarAsync(cancellation);
        return found is null ? null : Convert.ToInt64(found, CultureInfo.InvariantCulture);
    }
}
