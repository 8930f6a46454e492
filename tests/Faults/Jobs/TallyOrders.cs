namespace Weir.Faults.Jobs;

using Weir.Engine.Aggregates;

/// <summary>Counts orders and adds up their amounts.</summary>
internal sealed class TallyOrders : IAggregator<Order, Tally, Tally>
{
    public Tally Create() => default;

    public void Add(ref Tally accumulator, in Order value) =>
        accumulator = new Tally(accumulator.Count + 1, accumulator.Sum + value.Amount);

    public void Merge(ref Tally into, in Tally from) => into = new Tally(into.Count + from.Count, into.Sum + from.Sum);

    public Tally Result(in Tally accumulator) => accumulator;
}
