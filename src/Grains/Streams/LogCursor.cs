namespace Weir.Grains.Streams;

using Orleans.Streams;
using Weir.Grains.Logs;
using Weir.Protocol.Logs;

/// <summary>
/// One subscription's place in a partition. It reads the log itself, ahead by one read, so that the agent never waits
/// for a disk: what is not there yet is "no data", and the stream is announced again when it is.
/// </summary>
/// <remarks>
/// Invariant: containers follow each other without a gap, except over data that retention has removed, where the next
/// one says so. It never reports a cache miss, because the agent would then go on somewhere else: a log that fails is
/// an error for the subscriber, once per attempt, and the place stays.
/// </remarks>
internal sealed class LogCursor : IQueueCacheCursor
{
    /// <summary>The place before everything that is retained.</summary>
    public const long Earliest = -1;

    private readonly LogCursors _cursors;
    private readonly StreamId _stream;
    private readonly TopicPartition _partition;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();

    private long _position;
    private long _endWhenRead;
    private bool _isReading;
    private bool _isWaited;
    private bool _isRepeated;
    private bool _wasUsed;
    private LogFetch? _ready;
    private Exception? _failure;
    private LogBatchContainer? _current;

    public LogCursor(LogCursors cursors, StreamId stream, TopicPartition partition, long position)
    {
        _cursors = cursors;
        _stream = stream;
        _partition = partition;
        _position = Math.Max(position, Earliest);
    }

    public IBatchContainer? GetCurrent(out Exception? exception)
    {
        exception = null;
        return _current;
    }

    public bool MoveNext()
    {
        lock (_gate)
        {
            _wasUsed = true;
            if (_isRepeated)
            {
                _isRepeated = false;
                return true;
            }

            if (_failure is { } failure)
            {
                _failure = null;
                throw failure;
            }

            if (_ready is null && !_isReading)
                Read();
            if (_ready is { } fetch)
                Take(fetch);
            else
                _isWaited = true;
            return !_isWaited;
        }
    }

    public void Refresh(StreamSequenceToken token)
    {
        // The next move looks at the log in any case.
    }

    /// <summary>The agent has given up on the current container and would go on with the next: it gets it again.
    /// </summary>
    public void RecordDeliveryFailure()
    {
        lock (_gate)
            _isRepeated = _current is not null;
    }

    public void Dispose()
    {
        lock (_gate)
        {
            if (_stop.IsCancellationRequested)
                return;
            _stop.Cancel();
            _ready = null;
            _current = null;
        }

        // With its last subscriber the agent forgets a stream. Announced again it is known to the next subscriber, who
        // otherwise waits for something to be appended.
        if (_wasUsed)
            _cursors.Announcer.Announce(_partition);
    }

    private void Take(LogFetch fetch)
    {
        _isWaited = false;
        _ready = null;
        _current = _cursors.Contain(_stream, _partition, _position, fetch);
        _position = fetch.Next;
        if (_cursors.Announcer.EndOf(_partition) > _position)
            Read();
    }

    /// <summary>Begins to read at the place; the end of the log is usually in memory and there at once.</summary>
    private void Read()
    {
        _isReading = true;
        _endWhenRead = _cursors.Announcer.EndOf(_partition);
        Task<LogFetch> read = _cursors.ReadAsync(_partition, _position, _stop.Token);
        if (read.IsCompleted)
            OnRead(read);
        else
            _ = read.ContinueWith(
                OnReadLater, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    private void OnReadLater(Task<LogFetch> read)
    {
        bool isNews;
        lock (_gate)
        {
            OnRead(read);
            isNews = _isWaited && _ready is not null;
        }

        if (isNews)
            _cursors.Announcer.Announce(_partition);
    }

    private void OnRead(Task<LogFetch> read)
    {
        if (_stop.IsCancellationRequested)
        {
            _ = read.Exception;
            return;
        }

        if (!read.IsCompletedSuccessfully)
        {
            _ = FailLaterAsync(read.Exception?.GetBaseException() ?? new OperationCanceledException());
            return;
        }

        _isReading = false;
        LogFetch fetch = read.Result;
        if (_position == Earliest)
            _position = fetch.From;
        if (fetch.Batches.Count > 0)
            _ready = fetch;
        else if (_isWaited && _cursors.Announcer.EndOf(_partition) != _endWhenRead)
            Read();
    }

    /// <summary>Tells the subscriber after a while, and until then counts as reading: the place of a cursor that failed
    /// is taken by a new one, which would try again at once.</summary>
    private async Task FailLaterAsync(Exception failure)
    {
        await Task.Delay(_cursors.FailureDelay, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_gate)
        {
            _isReading = false;
            _failure = LogFailures.Translate(failure) ?? failure;
        }

        _cursors.Announcer.Announce(_partition);
    }
}
