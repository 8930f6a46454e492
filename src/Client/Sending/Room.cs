namespace Weir.Client.Sending;

/// <summary>
/// Bounds the bytes that are not stored yet. Invariant: nobody waits while there are fewer than the limit or when the
/// room is closed.
/// </summary>
internal sealed class Room(long limit)
{
    private readonly Lock _gate = new();
    private TaskCompletionSource? _change;
    private long _taken;
    private volatile bool _isClosed;

    /// <summary>Whether a send need not wait.</summary>
    public bool IsFree => _isClosed || Volatile.Read(ref _taken) < limit;

    public void Take(long bytes) => Interlocked.Add(ref _taken, bytes);

    public void Release(long bytes)
    {
        if (Interlocked.Add(ref _taken, -bytes) < limit && Volatile.Read(ref _change) is not null)
            LetGo();
    }

    /// <summary>Nobody need wait any more: what was waited for will not come.</summary>
    public void Close()
    {
        _isClosed = true;
        LetGo();
    }

    /// <summary>Waits until it may be free; the caller looks again.</summary>
    public Task WaitAsync(CancellationToken cancellation)
    {
        Task change;
        lock (_gate)
        {
            _change ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            change = _change.Task;
        }

        // A release between the caller's look and the lock would not have found the waiter.
        if (IsFree)
            LetGo();
        return change.WaitAsync(cancellation);
    }

    private void LetGo()
    {
        TaskCompletionSource? change;
        lock (_gate)
        {
            change = _change;
            _change = null;
        }

        change?.SetResult();
    }
}
