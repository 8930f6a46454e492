namespace Weir.Engine.Operators;

using Weir.Engine.Graph;
using Weir.Engine.Timers;

/// <summary>A function that may wait, for one key. Invariant: one call of it runs at a time.</summary>
internal sealed class AsyncProcessOperator<TKey, TIn, TOut>(ProcessNode<TKey, TIn, TOut> node, Stage stage)
    : ProcessOperator<TKey, TIn, TOut>(node, stage)
    where TKey : notnull
{
    private readonly AsyncKeyedProcess<TKey, TIn, TOut> _function =
        (AsyncKeyedProcess<TKey, TIn, TOut>)node.Function;

    public override async ValueTask ApplyAsync(Slice slice, int from, int to)
    {
        var events = (Slice<TIn>)slice;
        for (int i = from; i < to; i++)
        {
            TIn value = events.Values[i];
            TKey key = BeginEvent(in value, events.Times[i]);
            try
            {
                await _function.OnEventAsync(value, this, Cancellation);
            }
            catch (Exception fault) when (fault is not OperatorFailedException)
            {
                throw Failed(key, Time, fault);
            }

            EndCall();
        }
    }

    protected override async ValueTask OnTimerAsync(DueTimer timer, TimeDomain domain)
    {
        FiredTimer fired = BeginTimer(timer, domain);
        try
        {
            await _function.OnTimerAsync(fired, this, Cancellation);
        }
        catch (Exception fault) when (fault is not OperatorFailedException)
        {
            throw Failed(Key, timer.Time, fault);
        }

        EndCall();
    }
}
