namespace Weir.Faults.Oracle;

using Weir.Client;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Faults.Jobs;

/// <summary>
/// What the job <c>partitioned</c> has to write: which events are late follows from the order of each partition, where
/// every event is a batch of its own and the watermark moves behind it.
/// </summary>
internal sealed class PartitionedOracle(IReadOnlyList<TopicEvent<Order>> orders)
{
    public async Task<List<string>> CheckAsync(IWeirClient client)
    {
        (List<Order> inTime, List<Order> late) = Divide();
        IEnumerable<Windowed<int, Tally>> counts = inTime
            .GroupBy(order => (order.Key, Window: MixOracle.WindowOf(order.At, PartitionedJob.WindowSize)))
            .Select(each => new Windowed<int, Tally>(each.Key.Key, each.Key.Window, MixOracle.TallyOf(each)));
        List<string> problems = [];
        problems.AddRange(Comparison.Of("counts", counts, await MixOracle.ReadAsync(client, PartitionedJob.Counts)));
        problems.AddRange(
            Comparison.Of("late orders", late, await MixOracle.ReadAsync(client, PartitionedJob.TooLate)));
        problems.AddRange(Rings(await MixOracle.ReadAsync(client, PartitionedJob.Rings)));
        return problems;
    }

    private (List<Order> InTime, List<Order> Late) Divide()
    {
        List<Order> inTime = [];
        List<Order> late = [];
        foreach (IGrouping<int, TopicEvent<Order>> partition in orders.GroupBy(each => each.Partition))
        {
            long watermark = long.MinValue;
            foreach (TopicEvent<Order> each in partition)
            {
                Order order = each.Value;
                long lastOfWindow = MixOracle.WindowOf(order.At, PartitionedJob.WindowSize).End.Milliseconds - 1;
                (lastOfWindow <= watermark ? late : inTime).Add(order);
                watermark = Math.Max(
                    watermark, order.At.Milliseconds - (long)PartitionedJob.OutOfOrder.TotalMilliseconds - 1);
            }
        }

        return (inTime, late);
    }

    /// <summary>
    /// Every timer rings at most once, and at the instant that the stamps of the log give. Those that the clock of
    /// their partition had passed with its last event have rung; of the others the ticks decide.
    /// </summary>
    private IEnumerable<string> Rings(List<Rang> rings)
    {
        List<Rang> due = [];
        List<Rang> open = [];
        foreach (IGrouping<int, TopicEvent<Order>> partition in orders.GroupBy(each => each.Partition))
        {
            EventTime clock = partition.Max(each => each.Stamp);
            foreach (TopicEvent<Order> each in partition)
            {
                var ring = new Rang(each.Value.Key, each.Stamp + PartitionedJob.RingAfter);
                (ring.At <= clock ? due : open).Add(ring);
            }
        }

        HashSet<Rang> rung = [.. rings];
        return Comparison.Of("rings", due.Distinct().Concat(open.Distinct().Where(rung.Contains)), rings);
    }
}
