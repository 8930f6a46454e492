namespace Weir.Connectors.PostgreSql;

using Weir.Connectors.Chunks;
using Weir.Protocol.Logs;

/// <summary>
/// An append that waits. Invariant: it is answered exactly once, and never before its transaction has ended; it can be
/// cancelled only until a transaction takes it, since from then on its outcome is open and its payload is in use.
/// </summary>
internal sealed class PendingAppend(AppendRequest request, AppendSize size)
{
    // Continuations of callers must not hold up the lane.
    private readonly TaskCompletionSource<AppendResult> _answer =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    private AppendResult? _result;
    private EventLogException? _refusal;
    private int _isTaken;

    public AppendRequest Request => request;

    public long Bytes => size.Bytes;

    public Task<AppendResult> Answered => _answer.Task;

    /// <summary>Claims it, for a transaction or for cancelling; the first one wins.</summary>
    public bool TryTake() => Interlocked.Exchange(ref _isTaken, 1) == 0;

    public void Cancel(CancellationToken cancellation)
    {
        if (TryTake())
            _answer.SetCanceled(cancellation);
    }

    /// <summary>Decides inside a transaction, also again in another one. A refusal is remembered and fails this request
    /// alone.</summary>
    public void Decide(PartitionRow partition)
    {
        _result = null;
        _refusal = null;
        try
        {
            _result = new AppendRules(request, size).Apply(partition);
        }
        catch (EventLogException refusal)
        {
            _refusal = refusal;
        }
    }

    public void Refuse(EventLogException refusal) => _refusal = refusal;

    /// <summary>Answers what was decided.</summary>
    public void Answer()
    {
        if (_refusal is not null)
            _answer.SetException(_refusal);
        else
            _answer.SetResult(_result!);
    }

    /// <summary>Answers when the transaction failed.</summary>
    public void Fail(EventLogException failure) => _answer.TrySetException(failure);
}
