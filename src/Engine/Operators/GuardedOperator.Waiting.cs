namespace Weir.Engine.Operators;

using Weir.Engine.Time;
using Weir.Engine.Timers;

/// <content>
/// The same for an operator of one key whose function may wait. Keys are held in quarantine by their group only, so
/// here a failure ends the job or is written as a dead letter.
/// </content>
internal abstract partial class GuardedOperator<TKey, TIn, TOut>
{
    public sealed override async ValueTask ApplyAsync(Slice slice, int from, int to)
    {
        var events = (Slice<TIn>)slice;
        for (int i = from; i < to; i++)
        {
            TIn value = events.Values[i];
            EventTime time = events.Times[i];
            TKey key = KeyOf(in value);
            int row = RowOf(key);
            if (_errors is not null)
                Begin(row);
            try
            {
                await OnEventAsync(row, value, time);
            }
            catch (Exception fault) when (IsPoison(fault))
            {
                FailedCall call = Call(key, time, OriginOf(slice.Target.Channel, events.OffsetAt(i)));
                GiveUp(row, call, value, fault);
                RemoveRowIfEmpty(row);
            }
        }
    }

    protected virtual ValueTask OnEventAsync(int row, TIn value, EventTime time)
    {
        OnEvent(row, in value, time);
        return ValueTask.CompletedTask;
    }

    protected virtual ValueTask OnDueTimerAsync(DueTimer timer, TimeDomain domain)
    {
        OnDueTimer(timer, domain);
        return ValueTask.CompletedTask;
    }

    protected sealed override async ValueTask OnTimerAsync(DueTimer timer, TimeDomain domain)
    {
        int row = RowOfTimer(timer.Owner, timer.Tag);
        if (row < 0)
            return;
        Keys.Touch(row);
        if (_errors is not null)
            Begin(row);
        try
        {
            await OnDueTimerAsync(timer, domain);
        }
        catch (Exception fault) when (IsPoison(fault))
        {
            GiveUp(row, TimerCall(row, timer), default, fault);
            KeepTimer(timer, domain);
            DropTimer(timer, domain);
            RemoveRowIfEmpty(row);
        }
    }

    private void GiveUp(int row, FailedCall call, TIn? value, Exception fault)
    {
        if (_errors is null || Cancellation.IsCancellationRequested)
            throw new OperatorFailedException(call, fault);
        UndoAttempt(row);
        DeadLetters++;
        SendLetter(call, value, OperatorFailedException.Reason(fault));
    }
}
