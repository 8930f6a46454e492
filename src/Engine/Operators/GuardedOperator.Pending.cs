namespace Weir.Engine.Operators;

using Weir.Engine.Errors;
using Weir.Engine.Time;

/// <content>
/// Events that a row keeps until the watermark reaches them, so that a function may fail on them only then. Invariant:
/// such an event at or below the watermark is still there only if its key is held because of it.
/// </content>
internal abstract partial class GuardedOperator<TKey, TIn, TOut>
{
    /// <summary>The first event that waits in a row, if it is due at a watermark.</summary>
    protected virtual bool TryPeekPending(int row, EventTime watermark, out TIn? value, out EventTime time)
    {
        (value, time) = (default, EventTime.None);
        return false;
    }

    /// <summary>Gives the result of that event and then removes it, after all that can fail.</summary>
    protected virtual void GivePending(int row)
    {
    }

    /// <summary>Removes that event without a result.</summary>
    protected virtual void DropPending(int row)
    {
    }

    /// <summary>
    /// Does for a single row, which was held, what the operator does for all when the watermark rises; false once the
    /// key is held again. Without a rise since it was held it does nothing but what failed then.
    /// </summary>
    protected virtual bool CatchUp(int row) => true;

    /// <summary>Gives the result of the first event that waits in a row; false if its key is held because of it.</summary>
    protected bool GiveGuarded(int row)
    {
        if (_errors is not null)
            Begin(row);
        try
        {
            GivePending(row);
            return true;
        }
        catch (Exception fault) when (IsPoison(fault))
        {
            TryPeekPending(row, Watermark, out TIn? value, out EventTime time);
            FailedCall call = Call(Keys.Key(row), time, null);
            if (_errors is null)
                throw new OperatorFailedException(call, fault);
            UndoAttempt(row);
            if (_held is not null)
            {
                Hold(row, call, fault);
                return false;
            }

            DropPending(row);
            DeadLetters++;
            SendLetter(call, value, OperatorFailedException.Reason(fault));
            return true;
        }
    }

    private bool CatchUp(TKey key) => Find(key) is not (>= 0 and var row) || CatchUp(row);

    private bool DiscardPending(TKey key, int row, HeldKey<TIn> held)
    {
        if (!TryPeekPending(row, held.Watermark, out TIn? value, out EventTime time))
            return false;
        DropPending(row);
        DeadLetters++;
        SendLetter(Call(key, time, null), value, held.Error);
        return true;
    }

    /// <summary>Events held for a key, with one that failed while it waited in the row.</summary>
    private int CountOf(int row, HeldKey<TIn> held) =>
        held.Events.Count + (TryPeekPending(row, held.Watermark, out _, out _) ? 1 : 0);

    private QuarantinedKey Describe(int row, HeldKey<TIn> held) => held.Describe(Keys.Key(row), CountOf(row, held));
}
