namespace Weir.Connectors.Sqlite;

using Weir.Protocol.Logs;

/// <summary>
/// Something for the writer to do. Invariant: it is answered exactly once, and never before its transaction has ended;
/// it can be cancelled only until the writer begins with it, since from then on its outcome is open and its payload is
/// in use.
/// </summary>
internal abstract class WriteCommand
{
    private int _isTaken;

    /// <summary>What it counts for in the queue.</summary>
    public virtual long Bytes => 0;

    /// <summary>Whether it has a transaction to itself. What frees room must, or the appends that fail for want of room
    /// would take it down with them.</summary>
    public virtual bool IsAlone => false;

    /// <summary>Claims the command, for executing or for cancelling; the first one wins.</summary>
    public bool TryTake() => Interlocked.Exchange(ref _isTaken, 1) == 0;

    /// <summary>
    /// Does the work inside the group's transaction. A refusal is remembered and fails this command alone; any other
    /// exception fails the group.
    /// </summary>
    public abstract void Execute(LogStore store);

    /// <summary>Answers after the commit.</summary>
    public abstract void Answer();

    /// <summary>Answers when the group failed.</summary>
    public abstract void Fail(EventLogException failure);
}

/// <summary>A command with a result.</summary>
internal abstract class WriteCommand<T> : WriteCommand
{
    // Continuations of callers must not run on the writer's thread.
    private readonly TaskCompletionSource<T> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private EventLogException? _refusal;
    private T? _result;

    public Task<T> Answered => _answer.Task;

    public sealed override void Execute(LogStore store)
    {
        try
        {
            _result = Decide(store);
        }
        catch (EventLogException refusal)
        {
            _refusal = refusal;
        }
    }

    public sealed override void Answer()
    {
        if (_refusal is not null)
            _answer.SetException(_refusal);
        else
            _answer.SetResult(_result!);
    }

    public sealed override void Fail(EventLogException failure) => _answer.SetException(failure);

    public void Cancel(CancellationToken cancellation)
    {
        if (TryTake())
            _answer.SetCanceled(cancellation);
    }

    /// <summary>Decides and changes; it refuses, with an <see cref="EventLogException"/>, before it changes anything
    /// that the refusal would leave half done.</summary>
    protected abstract T Decide(LogStore store);
}

/// <summary>A command without a result.</summary>
internal abstract class WriteAction : WriteCommand<bool>
{
    protected sealed override bool Decide(LogStore store)
    {
        Do(store);
        return true;
    }

    protected abstract void Do(LogStore store);
}
