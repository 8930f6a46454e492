namespace Weir.Connectors.Sqlite;

using System.Collections.Concurrent;
using Weir.Protocol.Logs;

/// <summary>
/// A few connections that read, opened when first needed. Invariant: a connection serves one caller at a time, and one
/// that failed is not used again.
/// </summary>
internal sealed class ReadConnections(LogFile file, int count) : IAsyncDisposable
{
    private readonly SemaphoreSlim _free = new(count);
    private readonly ConcurrentStack<ReadConnection> _idle = new();
    private volatile bool _isClosed;

    /// <summary>Runs a read on a thread of the pool with a connection of its own.</summary>
    public async Task<T> UseAsync<T>(Func<ReadConnection, T> read, CancellationToken cancellation)
    {
        ObjectDisposedException.ThrowIf(_isClosed, typeof(SqliteEventLog));
        await _free.WaitAsync(cancellation);
        try
        {
            ObjectDisposedException.ThrowIf(_isClosed, typeof(SqliteEventLog));
            return await Task.Run(() => Use(read), cancellation);
        }
        finally
        {
            _free.Release();
        }
    }

    /// <summary>Waits for the reads under way and closes all connections.</summary>
    public async ValueTask DisposeAsync()
    {
        _isClosed = true;
        for (int i = 0; i < count; i++)
            await _free.WaitAsync();
        while (_idle.TryPop(out ReadConnection? connection))
            connection.Dispose();
        _free.Release(count);
    }

    private T Use<T>(Func<ReadConnection, T> read)
    {
        ReadConnection? connection = null;
        try
        {
            if (!_idle.TryPop(out connection))
                connection = new ReadConnection(file.OpenReader());
            T result = read(connection);
            _idle.Push(connection);
            return result;
        }
        catch (EventLogException) when (connection is not null)
        {
            _idle.Push(connection);
            throw;
        }
        catch (Exception failure)
        {
            connection?.Dispose();
            throw StorageFailure.ToEventLogException(failure, file.Path);
        }
    }
}
