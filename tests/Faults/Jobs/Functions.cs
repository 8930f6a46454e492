namespace Weir.Faults.Jobs;

using Weir.Engine.Operators;
using Weir.Engine.State;
using Weir.Engine.Timers;

/// <summary>A timer in event time for every order; several of one instant are one.</summary>
internal sealed class Remind : KeyedProcess<int, Order, Rang>
{
    public override void OnEvent(Order value, IKeyContext<int, Rang> key) =>
        key.Timers.Register(value.At + MixJob.RemindAfter);

    public override void OnTimer(FiredTimer timer, IKeyContext<int, Rang> key) =>
        key.Emit(new Rang(key.Key, timer.Time));
}

/// <summary>A timer on the log's clock for every order; several of one instant are one.</summary>
internal sealed class Ring : KeyedProcess<int, Order, Rang>
{
    public override void OnEvent(Order value, IKeyContext<int, Rang> key) =>
        key.Timers.Register(key.Clock + PartitionedJob.RingAfter, TimeDomain.Processing);

    public override void OnTimer(FiredTimer timer, IKeyContext<int, Rang> key) =>
        key.Emit(new Rang(key.Key, timer.Time));
}

/// <summary>Takes the amount from the account.</summary>
internal sealed class Debit : KeyedProcess<int, Transfer, Debited>
{
    private static readonly ValueSlot<long> Balance = State.Value<long>("balance");

    public override void OnEvent(Transfer value, IKeyContext<int, Debited> key)
    {
        // Before the check: what a failed call has done must be undone.
        key.State(Balance).Value -= Math.Max(value.Amount, 1);
        if (value.Amount == 0)
            throw new InvalidOperationException("a transfer of nothing");
        key.Emit(new Debited(value.Id, value.From, value.To, value.Amount, key.State(Balance).Value));
    }
}

/// <summary>Gives the amount to the account.</summary>
internal sealed class Credit : KeyedProcess<int, Debited, Credited>
{
    private static readonly ValueSlot<long> Balance = State.Value<long>("balance");

    public override void OnEvent(Debited value, IKeyContext<int, Credited> key)
    {
        key.State(Balance).Value += value.Amount;
        key.Emit(new Credited(value.Id, value.To, value.Amount, key.State(Balance).Value));
    }
}
