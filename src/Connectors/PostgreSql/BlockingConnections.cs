namespace Weir.Connectors.PostgreSql;

using Npgsql;

/// <summary>
/// Connections for whoever waits for rows on its thread. Invariant: nobody waits here for a thread of the pool. The
/// connections that asynchronous work uses come back only when it is continued on such a thread, and if all of them
/// waited for a connection, none would come before the time is up.
/// </summary>
internal sealed class BlockingConnections(NpgsqlConnectionStringBuilder text) : IAsyncDisposable
{
    /// <summary>How many there are at most.</summary>
    public const int Count = 4;

    // A pool that always has one left: to wait in it would take a thread.
    private readonly NpgsqlDataSource _pool = NpgsqlDataSource.Create(
        new NpgsqlConnectionStringBuilder(text.ConnectionString) { MinPoolSize = 0, MaxPoolSize = Count });

    private readonly SemaphoreSlim _free = new(Count);

    /// <summary>Waits for a connection, which is to be disposed of on the same thread soon.</summary>
    public Lease Take()
    {
        _free.Wait();
        try
        {
            return new Lease(_pool.OpenConnection(), _free);
        }
        catch
        {
            _free.Release();
            throw;
        }
    }

    /// <summary>Gives up the connections, which are broken.</summary>
    public void Clear() => _pool.Clear();

    public async ValueTask DisposeAsync()
    {
        await _pool.DisposeAsync();
        _free.Dispose();
    }

    /// <summary>A connection and the right to it.</summary>
    public readonly struct Lease(NpgsqlConnection connection, SemaphoreSlim free) : IDisposable
    {
        public NpgsqlConnection Connection => connection;

        public void Dispose()
        {
            connection.Dispose();
            free.Release();
        }
    }
}
