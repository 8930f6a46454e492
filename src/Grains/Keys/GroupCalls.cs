namespace Weir.Grains.Keys;

using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Weir.Engine.Operators;

/// <summary>
/// The calls to the outside of one epoch of a group: they run on any thread, and their outcomes wait until the group
/// takes them in one of its turns. Invariant: after <see cref="Close"/> all calls are cancelled and nothing wakes the
/// group.
/// </summary>
[SuppressMessage(
    "Design",
    "CA1001:Types that own disposable fields should be disposable",
    Justification = "Calls may still look at the token of the source, and without a timer it holds nothing.")]
internal sealed class GroupCalls(IGroupCalls calls, TimeProvider time, Action wake)
{
    private readonly CallRunner _runner = new(calls.Options, time);
    private readonly ConcurrentQueue<Outcome> _finished = new();

    private readonly CancellationTokenSource _closed = new();

    /// <summary>Whether the program may be given more input.</summary>
    public bool HasRoom => calls.HasRoom;

    /// <summary>Whether outcomes wait.</summary>
    public bool HasFinished => !_finished.IsEmpty;

    /// <summary>Begins what may begin.</summary>
    public void Begin()
    {
        while (calls.TryBegin(out PendingCall? call))
        {
            PendingCall begun = call;

            // Off the group's turns: what a function does before its first await must not hold up events and queries.
            Task.Run(() => RunAsync(begun)).Ignore();
        }
    }

    /// <summary>Gives the program the outcomes that wait.</summary>
    /// <exception cref="OperatorFailedException">A call failed for good.</exception>
    public void TakeFinished()
    {
        while (_finished.TryDequeue(out Outcome outcome))
        {
            if (outcome.Fault is null)
                calls.Complete(outcome.Call, outcome.Result);
            else
                calls.Fail(outcome.Call, outcome.Fault);
        }
    }

    /// <summary>Cancels all calls.</summary>
    public void Close() => _closed.CancelAsync().Ignore();

    private async Task RunAsync(PendingCall call)
    {
        Outcome outcome;
        try
        {
            outcome = new Outcome(call, await _runner.RunAsync(call, _closed.Token), null);
        }
        catch (Exception fault)
        {
            outcome = new Outcome(call, null, fault);
        }

        if (_closed.IsCancellationRequested)
            return;
        _finished.Enqueue(outcome);
        wake();
    }

    private readonly record struct Outcome(PendingCall Call, object? Result, Exception? Fault);
}
