namespace Weir.Connectors.PostgreSql;

using System.Globalization;
using Npgsql;

/// <summary>How a database is used.</summary>
internal sealed record DatabaseSettings
{
    public required string ConnectionString { get; init; }

    public required string Schema { get; init; }

    /// <summary>How long a statement waits for a lock; twice this for an answer.</summary>
    public required TimeSpan Timeout { get; init; }

    /// <summary>How many connections come and go; those that are kept are not counted.</summary>
    public required int PooledConnections { get; init; }

    /// <summary>The tables that must be there.</summary>
    public required SchemaScript Tables { get; init; }

    /// <summary>What is in the schema, for messages: <c>event log</c>.</summary>
    public required string Content { get; init; }

    /// <summary>Makes of a failure and the place of it what callers are told.</summary>
    public required Func<Exception, string, Exception> Translate { get; init; }
}

/// <summary>
/// A database as Weir uses it. Invariant: no statement, no wait for a lock and no connection that is silent lasts
/// for ever, and what is answered is durable: a commit waits for the disk.
/// </summary>
/// <remarks>
/// Sequential scans are switched off because plans are kept: one made while a table was empty would read all of it later.
/// A statement that does not end is given up by leaving its connection, never by cancelling it: a commit that waits for a
/// standby would be answered as made when it is cancelled. The server's own limit is the longer one for that reason.
/// </remarks>
internal sealed class WeirDatabase : IAsyncDisposable
{
    private const int PreparedStatements = 64;
    private const int BufferBytes = 32 << 10;

    private readonly NpgsqlDataSource _pool;
    private readonly NpgsqlDataSource _single;
    private readonly BlockingConnections _blocking;
    private readonly Func<Exception, string, Exception> _translate;

    private WeirDatabase(DatabaseSettings settings, string text)
    {
        _pool = NpgsqlDataSource.Create(text);
        _single = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(text) { Pooling = false });
        var shown = new NpgsqlConnectionStringBuilder(text);
        _blocking = new BlockingConnections(shown);
        Where = $"the {settings.Content} '{settings.Schema}' in the PostgreSQL database '{shown.Database}' on {shown.Host}";
        _translate = settings.Translate;
    }

    /// <summary>As messages name it, without a password.</summary>
    public string Where { get; }

    /// <summary>Connects, creates or migrates the tables.</summary>
    public static async Task<WeirDatabase> OpenAsync(DatabaseSettings settings, CancellationToken cancellation)
    {
        var database = new WeirDatabase(settings, Describe(settings, isDurable: false));
        try
        {
            await DatabaseSchema.MigrateAsync(database._pool, settings.Schema, [settings.Tables], cancellation);
            if (await database.CommitsToDiskAsync())
                return database;
        }
        catch
        {
            await database.DisposeAsync();
            throw;
        }

        await database.DisposeAsync();
        return new WeirDatabase(settings, Describe(settings, isDurable: true));
    }

    /// <summary>A connection for who cannot wait without a thread.</summary>
    public BlockingConnections.Lease Connect() => _blocking.Take();

    /// <summary>Gives up the connections of the pools, which are broken.</summary>
    public void Clear()
    {
        _pool.Clear();
        _blocking.Clear();
    }

    /// <summary>A failure as callers are told.</summary>
    public Exception Translate(Exception failure) => _translate(failure, Where);

    /// <summary>A connection that is closed when it is disposed of, for whoever keeps it.</summary>
    public async Task<NpgsqlConnection> ConnectAsync(CancellationToken cancellation = default) =>
        await _single.OpenConnectionAsync(cancellation);

    /// <summary>Runs something that may be repeated: once more if the connection turns out to be broken, as all of the
    /// pool are after the server was restarted. Who gives up leaves the connection in order.</summary>
    public Task<T> RunAsync<T>(
        Func<NpgsqlConnection, Task<T>> action, CancellationToken cancellation = default) =>
        cancellation.IsCancellationRequested
            ? Task.FromCanceled<T>(cancellation)
            : RunAsync(action).WaitAsync(cancellation);

    /// <summary>Runs something in a transaction, which is committed at its end. Not repeated: whether a commit without
    /// answer was made is for the caller to find out.</summary>
    public Task<T> TransactAsync<T>(LogTransactionSettings settings, Func<LogTransaction, Task<T>> action) =>
        OnceAsync(async connection =>
        {
            await using var transaction = new LogTransaction(connection, settings);
            T result = await action(transaction);
            await transaction.CommitAsync();
            return result;
        });

    /// <summary>Runs something that must not be repeated.</summary>
    public async Task<T> OnceAsync<T>(Func<NpgsqlConnection, Task<T>> action)
    {
        try
        {
            await using NpgsqlConnection connection = await _pool.OpenConnectionAsync();
            return await action(connection);
        }
        catch (Exception failure) when (DatabaseFailure.Is(failure))
        {
            if (DatabaseFailure.IsBroken(failure))
                _pool.Clear();
            throw _translate(failure, Where);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _pool.DisposeAsync();
        await _single.DisposeAsync();
        await _blocking.DisposeAsync();
    }

    private async Task<T> RunAsync<T>(Func<NpgsqlConnection, Task<T>> action)
    {
        for (bool isFirst = true; ; isFirst = false)
        {
            try
            {
                await using NpgsqlConnection connection = await _pool.OpenConnectionAsync();
                return await action(connection);
            }
            catch (NpgsqlException failure) when (isFirst && DatabaseFailure.IsBroken(failure))
            {
                _pool.Clear();
            }
            catch (Exception failure) when (DatabaseFailure.Is(failure))
            {
                throw _translate(failure, Where);
            }
        }
    }

    private static string Describe(DatabaseSettings settings, bool isDurable)
    {
        var text = new NpgsqlConnectionStringBuilder(settings.ConnectionString)
        {
            SearchPath = settings.Schema,
            MaxPoolSize = settings.PooledConnections,
            Timeout = Math.Max(1, (int)settings.Timeout.TotalSeconds),
            CommandTimeout = 2 * (int)settings.Timeout.TotalSeconds,
            CancellationTimeout = -1,
            MaxAutoPrepare = PreparedStatements,
            AutoPrepareMinUsages = 2,
            NoResetOnClose = true,
            WriteBufferSize = BufferBytes,
            ReadBufferSize = BufferBytes,
            TcpKeepAlive = true,
            Multiplexing = false,
            Enlist = false,
        };
        text.MinPoolSize = Math.Min(text.MinPoolSize, text.MaxPoolSize);
        long limit = (long)settings.Timeout.TotalMilliseconds;
        text.Options = string.Create(CultureInfo.InvariantCulture, $"{text.Options} -c lock_timeout={limit} ")
            + string.Create(CultureInfo.InvariantCulture, $"-c statement_timeout={4 * limit} ")
            + string.Create(CultureInfo.InvariantCulture, $"-c idle_in_transaction_session_timeout={limit} ")
            + "-c enable_seqscan=off -c jit=off"
            + (isDurable ? " -c synchronous_commit=on" : "");
        return text.ConnectionString;
    }

    private Task<bool> CommitsToDiskAsync() => RunAsync(async connection =>
    {
        await using var command = new NpgsqlCommand("SHOW synchronous_commit", connection);
        return (string?)await command.ExecuteScalarAsync() != "off";
    });
}
