namespace Weir.Connectors.PostgreSql;

using System.Threading.Channels;
using Weir.Protocol.Logs;

/// <summary>
/// What waits for one lane, in order of arrival. Invariant: bounded in requests and bytes; what does not fit is refused,
/// because a caller that waited outside would hold the same memory.
/// </summary>
internal sealed class AppendQueue(PostgreSqlEventLogOptions options)
{
    private readonly Channel<PendingAppend> _waiting =
        Channel.CreateUnbounded<PendingAppend>(new UnboundedChannelOptions { SingleReader = true });

    private long _requests;
    private long _bytes;

    public void Add(PendingAppend append)
    {
        long requests = Interlocked.Increment(ref _requests);
        long bytes = Interlocked.Add(ref _bytes, append.Bytes);
        bool isFull = requests > options.MaxQueuedRequests || bytes > options.MaxQueuedBytes;
        if (!isFull && _waiting.Writer.TryWrite(append))
            return;
        Leave(append);
        ObjectDisposedException.ThrowIf(!isFull, typeof(PostgreSqlEventLog));
        throw new EventLogException(
            EventLogError.Unavailable,
            $"The event log '{options.Schema}' has {requests - 1} requests of {bytes - append.Bytes} bytes waiting, which "
            + "is its limit; this one was not stored, repeat it later.");
    }

    /// <summary>Waits for requests and takes a group of them; false when the queue is closed and empty.</summary>
    public async Task<bool> TakeAsync(List<PendingAppend> group)
    {
        if (!await _waiting.Reader.WaitToReadAsync())
            return false;
        long bytes = 0;
        while (group.Count < options.MaxGroupRequests && _waiting.Reader.TryPeek(out PendingAppend? next))
        {
            if (group.Count > 0 && bytes + next.Bytes > options.MaxGroupBytes)
                break;
            _waiting.Reader.TryRead(out _);
            Leave(next);
            if (!next.TryTake())
                continue;
            bytes += next.Bytes;
            group.Add(next);
        }

        return true;
    }

    /// <summary>Accepts nothing more; what waits is still served.</summary>
    public void Close() => _waiting.Writer.TryComplete();

    private void Leave(PendingAppend append)
    {
        Interlocked.Decrement(ref _requests);
        Interlocked.Add(ref _bytes, -append.Bytes);
    }
}
