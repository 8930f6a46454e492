namespace Weir.Engine.Operators;

using System.Diagnostics.CodeAnalysis;
using Weir.Engine.Streams;
using Weir.Engine.Time;

/// <summary>
/// A call to the outside for one event. Whoever runs the program makes the attempts, waits between them and watches
/// the time; the program is told the outcome in one of its turns.
/// </summary>
public abstract class PendingCall
{
    private protected PendingCall(EventTime time) => Time = time;

    /// <summary>The timestamp of the event.</summary>
    public EventTime Time { get; }

    /// <summary>Its place in the queue.</summary>
    internal LinkedListNode<QueueEntry>? Place { get; set; }

    /// <summary>How many steps of time came before it.</summary>
    internal long Segment { get; set; }

    /// <summary>Its place among those that have finished, from 1; 0 while it has not.</summary>
    internal long Finish { get; set; }

    /// <summary>
    /// Makes one attempt: calls the user's function. May be called again, on any thread, and touches nothing of the
    /// program.
    /// </summary>
    public abstract Task<object?> AttemptAsync(CancellationToken cancellation);

    /// <summary>Whether another attempt should follow one that gave this result.</summary>
    public abstract bool IsRetried(object? result);
}

/// <summary>The calls to the outside that one instance of an operator makes.</summary>
public interface IGroupCalls
{
    /// <summary>How calls are made; the host answers for time limit and attempts.</summary>
    EnrichOptions Options { get; }

    /// <summary>
    /// Whether the program may be given more input. Without room everything that may begin has begun, and to wait for
    /// an outcome is all that is left.
    /// </summary>
    bool HasRoom { get; }

    /// <summary>Begins the next call, in the order of the events, if another one may be in flight.</summary>
    bool TryBegin([NotNullWhen(true)] out PendingCall? call);

    /// <summary>A call has its result. What may now go on is held until the program is flushed.</summary>
    /// <exception cref="OperatorFailedException">What follows the operator failed on the result.</exception>
    void Complete(PendingCall call, object? result);

    /// <summary>
    /// A call has failed for good; its event goes on with a fallback or as a dead letter, if there is either.
    /// </summary>
    /// <exception cref="OperatorFailedException">
    /// There is neither, or the fallback failed too; the program must be discarded.
    /// </exception>
    void Fail(PendingCall call, Exception fault);
}
