namespace Weir.Engine.Operators;

using Weir.Engine.Graph;
using Weir.Engine.Time;
using Weir.Engine.Timers;

/// <summary>A function that may wait, for one key. Invariant: one call of it runs at a time.</summary>
internal sealed class AsyncProcessOperator<TKey, TIn, TOut>(ProcessNode<TKey, TIn, TOut> node, Stage stage)
    : ProcessOperator<TKey, TIn, TOut>(node, stage)
    where TKey : notnull
{
    private readonly AsyncKeyedProcess<TKey, TIn, TOut> _function =
        (AsyncKeyedProcess<TKey, TIn, TOut>)node.Function;

    protected override async ValueTask OnEventAsync(int row, TIn value, EventTime time)
    {
        Begin(row, time);
        await _function.OnEventAsync(value, this, Cancellation);
        RemoveRowIfEmpty(row);
    }

    protected override async ValueTask OnDueTimerAsync(DueTimer timer, TimeDomain domain)
    {
        FiredTimer fired = BeginTimer(timer, domain);
        await _function.OnTimerAsync(fired, this, Cancellation);
        RemoveRowIfEmpty(timer.Owner);
    }
}
