namespace Weir.Engine.Testing;

using Weir.Engine.Operators;

/// <summary>
/// The calls to the outside of a job in a harness: made at once and, if they fail, again at once. Invariant: of the
/// calls whose tasks have completed the one that began first finishes first, so a test alone decides the order.
/// </summary>
internal sealed class HarnessCalls
{
    private readonly List<Attempt> _inFlight = [];
    private readonly CancellationToken _closed;

    public HarnessCalls()
    {
        // Without a timer the source holds nothing that would have to be disposed of.
        var closed = new CancellationTokenSource();
        _closed = closed.Token;
        Cancel = closed.Cancel;
    }

    /// <summary>Cancels all calls, as the end of an epoch does.</summary>
    public Action Cancel { get; }

    public int Count => _inFlight.Count;

    /// <summary>Completes when the tasks of all calls that are in flight now have.</summary>
    public Task WhenAll => Task.WhenAll(_inFlight.Select(attempt => attempt.Task));

    /// <summary>Begins what a program may begin.</summary>
    public void Begin(GroupProgram group)
    {
        while (group.Calls?.TryBegin(out PendingCall? call) == true)
            _inFlight.Add(new Attempt(group, call, 1, call.AttemptAsync(_closed)));
    }

    /// <summary>Finishes the first call whose task has completed; gives its program, or null if none has.</summary>
    public GroupProgram? FinishNext()
    {
        for (int i = 0; i < _inFlight.Count; i++)
        {
            if (!HasOutcome(i))
                continue;
            Attempt attempt = _inFlight[i];
            _inFlight.RemoveAt(i);
            if (attempt.Fault is { } fault)
                attempt.Group.Calls!.Fail(attempt.Call, fault);
            else
                attempt.Group.Calls!.Complete(attempt.Call, attempt.Task.Result);
            return attempt.Group;
        }

        return null;
    }

    // A task may complete on another thread at any moment, so whether it has is asked before what it gave.
    private bool HasOutcome(int index)
    {
        while (_inFlight[index].Task.IsCompleted)
        {
            if (!_inFlight[index].IsRetried)
                return true;
            _inFlight[index] = _inFlight[index].Next(_closed);
        }

        return false;
    }

    private sealed record Attempt(GroupProgram Group, PendingCall Call, int Number, Task<object?> Task)
    {
        public Exception? Fault => Task switch
        {
            { IsFaulted: true } => Task.Exception!.InnerException,
            { IsCanceled: true } => new TaskCanceledException(Task),
            _ => null,
        };

        /// <summary>Whether another attempt is to follow; only of a task that has completed.</summary>
        public bool IsRetried => Group.Calls!.Options.Retry is { } retry
            && Number < retry.Attempts
            && (Fault is { } fault ? retry.When?.Invoke(fault) != false : Call.IsRetried(Task.Result));

        public Attempt Next(CancellationToken cancellation) =>
            this with { Number = Number + 1, Task = Call.AttemptAsync(cancellation) };
    }
}
