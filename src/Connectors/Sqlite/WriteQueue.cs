namespace Weir.Connectors.Sqlite;

using Weir.Protocol.Logs;

/// <summary>
/// What waits for the writer, in order of arrival. Invariant: bounded in requests and bytes; what does not fit is
/// refused, because a caller that waited outside would hold the same memory.
/// </summary>
internal sealed class WriteQueue(SqliteEventLogOptions options)
{
    private readonly object _gate = new();
    private readonly Queue<WriteCommand> _waiting = new();
    private long _bytes;
    private bool _isClosed;

    public void Add(WriteCommand command)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isClosed, typeof(SqliteEventLog));
            if (_waiting.Count >= options.MaxQueuedRequests || _bytes + command.Bytes > options.MaxQueuedBytes)
                throw new EventLogException(
                    EventLogError.Unavailable,
                    $"The event log '{options.Path}' has {_waiting.Count} requests of {_bytes} bytes waiting, which is "
                    + "its limit; this one was not stored, repeat it later.");
            _waiting.Enqueue(command);
            _bytes += command.Bytes;
            if (_waiting.Count == 1)
                Monitor.Pulse(_gate);
        }
    }

    /// <summary>Waits for commands and takes a group of them; false when the queue is closed and empty.</summary>
    public bool Take(List<WriteCommand> group)
    {
        lock (_gate)
        {
            while (_waiting.Count == 0)
            {
                if (_isClosed)
                    return false;
                Monitor.Wait(_gate);
            }
            long bytes = 0;
            while (_waiting.TryPeek(out WriteCommand? next) && group.Count < options.MaxGroupRequests)
            {
                if (group.Count > 0 && (next.IsAlone || bytes + next.Bytes > options.MaxGroupBytes))
                    break;
                _waiting.Dequeue();
                _bytes -= next.Bytes;
                if (!next.TryTake())
                    continue;
                bytes += next.Bytes;
                group.Add(next);
                if (next.IsAlone)
                    break;
            }
            return true;
        }
    }

    /// <summary>Accepts nothing more; what waits is still served.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
            Monitor.PulseAll(_gate);
        }
    }
}
