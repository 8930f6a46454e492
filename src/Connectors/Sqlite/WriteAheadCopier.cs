namespace Weir.Connectors.Sqlite;

using Microsoft.Data.Sqlite;

/// <summary>
/// Copies committed pages from the write-ahead log into the database while the writer goes on, so that appends do not
/// wait for it. Invariant: the write-ahead log holds no more than <see cref="RestartFactor"/> steps and what is written
/// during two copies, unless a reader holds its beginning; a writer that is faster than the copies waits for them.
/// </summary>
/// <remarks>
/// SQLite begins the write-ahead log anew only where a transaction begins and everything before it has been copied, which
/// never comes to pass while the writer goes on: the last pages the writer has to copy itself. With steps of 1024 pages a
/// copy is made beside it at 1024, 2048 … 6144; behind the last of these it copies what was written meanwhile, some
/// hundred pages, and begins anew. SQLite flushes the database to the disk only with a copy that is complete; here each
/// one is flushed, so that little is left to the writer. A copy that fails has lost nothing and is made again some pages
/// later, as SQLite does with its own.
/// </remarks>
internal sealed class WriteAheadCopier : IDisposable
{
    public const string ThreadName = "Weir event log copier";
    private const int RestartFactor = 6;
    private readonly LogFile _file;
    private readonly int _step;
    private readonly Lock _copying = new();
    private readonly AutoResetEvent _due = new(false);
    private readonly Thread _thread;
    private SqliteConnection? _connection;
    private int _fresh;
    private volatile bool _mustRestart;
    private volatile bool _isClosed;

    /// <summary>Starts its thread.</summary>
    /// <param name="file">The log.</param>
    /// <param name="step">The pages after which a copy is made.</param>
    public WriteAheadCopier(LogFile file, int step)
    {
        _file = file;
        _step = step;
        _thread = new Thread(Run) { IsBackground = true, Name = ThreadName };
        _thread.Start();
    }

    /// <summary>The writer has committed pages; true if it is to call <see cref="Restart"/> before it goes on.</summary>
    public bool Add(int pages)
    {
        int fresh = Interlocked.Add(ref _fresh, pages);
        if (fresh >= _step)
            _due.Set();
        return _mustRestart || fresh >= RestartFactor * _step;
    }

    /// <summary>Copies the rest over the writer's connection, so that its next transaction begins the log anew.</summary>
    /// <exception cref="SqliteException">It can not be copied now.</exception>
    public void Restart(SqliteConnection writer)
    {
        _mustRestart = false;
        Copy(writer);
    }

    /// <summary>Ends the thread; a copy that is under way is finished.</summary>
    public void Dispose()
    {
        if (_isClosed)
            return;
        _isClosed = true;
        _due.Set();
        _thread.Join();
        _due.Dispose();
    }

    private void Run()
    {
        while (_due.WaitOne() && !_isClosed)
        {
            try
            {
                _connection ??= _file.OpenCopier();
                int held = Copy(_connection);
                _file.Flush();
                _mustRestart = held >= RestartFactor * _step;
            }
            catch (Exception)
            {
                // Whatever it was, the thread must live on: the next copy is made over a fresh connection.
                CloseConnection();
            }
        }

        CloseConnection();
    }

    /// <summary>Copies what was committed before, and gives the pages that the log holds.</summary>
    private int Copy(SqliteConnection connection)
    {
        lock (_copying)
        {
            Volatile.Write(ref _fresh, 0);
            using SqliteCommand command = connection.CreateCommand();
            command.CommandText = "PRAGMA wal_checkpoint(PASSIVE);";
            using SqliteDataReader row = command.ExecuteReader();
            return row.Read() ? row.GetInt32(1) : 0;
        }
    }

    private void CloseConnection()
    {
        _connection?.Dispose();
        _connection = null;
    }
}
