namespace Weir.Grains.Keys;

using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Weir.Engine.Operators;

/// <summary>
/// The calls to the outside of one epoch of a group: they run off its turns, since what a function does before its first
/// await must not hold up events and queries, and their outcomes wait until the group takes them in one of its turns.
/// Invariant: after <see cref="Close"/> all calls are cancelled and nothing wakes the group.
/// </summary>
/// <remarks>
/// A worker starts what waits, one call after the other, and ends. While more waits it asks for another one first: of
/// functions that block many run side by side, and of those that answer at once the first worker has started all before
/// a second one comes to it.
/// </remarks>
[SuppressMessage(
    "Design",
    "CA1001:Types that own disposable fields should be disposable",
    Justification = "Calls may still look at the token of the source, and without a timer it holds nothing.")]
internal sealed class GroupCalls
{
    private const int MostWorkers = 32;
    private readonly IGroupCalls _calls;
    private readonly Action _wake;
    private readonly CallRunner _runner;
    private readonly ConcurrentQueue<PendingCall> _begun = new();
    private readonly ConcurrentQueue<Outcome> _finished = new();
    private readonly CancellationTokenSource _closed = new();
    private int _workers;

    public GroupCalls(IGroupCalls calls, TimeProvider time, Action wake)
    {
        _calls = calls;
        _wake = wake;
        _runner = new CallRunner(calls.Options, time, _closed.Token);
    }

    /// <summary>Whether the program may be given more input.</summary>
    public bool HasRoom => _calls.HasRoom;

    /// <summary>Whether outcomes wait.</summary>
    public bool HasFinished => !_finished.IsEmpty;

    /// <summary>Begins what may begin.</summary>
    public void Begin()
    {
        bool any = false;
        while (_calls.TryBegin(out PendingCall? call))
        {
            _begun.Enqueue(call);
            any = true;
        }

        if (any)
            AddWorker();
    }

    /// <summary>Gives the program the outcomes that wait.</summary>
    /// <exception cref="OperatorFailedException">A call failed for good.</exception>
    public void TakeFinished()
    {
        while (_finished.TryDequeue(out Outcome outcome))
        {
            if (outcome.Fault is null)
                _calls.Complete(outcome.Call, outcome.Result);
            else
                _calls.Fail(outcome.Call, outcome.Fault);
        }
    }

    /// <summary>Cancels all calls.</summary>
    public void Close() => _closed.CancelAsync().Ignore();

    private void AddWorker()
    {
        if (Interlocked.Increment(ref _workers) <= MostWorkers)
            Task.Run(Work).Ignore();
        else
            Interlocked.Decrement(ref _workers);
    }

    private void Work()
    {
        if (_begun.Count > 1)
            AddWorker();
        while (_begun.TryDequeue(out PendingCall? call) && !_closed.IsCancellationRequested)
        {
            ValueTask<object?> result = _runner.RunAsync(call);
            if (result.IsCompletedSuccessfully)
                Finish(new Outcome(call, result.Result, null));
            else
                FinishAsync(call, result).Ignore();
        }

        // A call that came when all workers had looked for the last time would have none.
        Interlocked.Decrement(ref _workers);
        if (!_begun.IsEmpty && !_closed.IsCancellationRequested)
            AddWorker();
    }

    private async Task FinishAsync(PendingCall call, ValueTask<object?> result)
    {
        Outcome outcome;
        try
        {
            outcome = new Outcome(call, await result, null);
        }
        catch (Exception fault)
        {
            outcome = new Outcome(call, null, fault);
        }

        Finish(outcome);
    }

    private void Finish(Outcome outcome)
    {
        if (_closed.IsCancellationRequested)
            return;
        _finished.Enqueue(outcome);
        _wake();
    }

    private readonly record struct Outcome(PendingCall Call, object? Result, Exception? Fault);
}
