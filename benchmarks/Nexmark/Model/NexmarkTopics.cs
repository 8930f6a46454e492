namespace Weir.Benchmarks.Nexmark.Model;

using Weir.Engine.Streams;
using Weir.Engine.Time;

/// <summary>The input of the queries, and the three streams in it.</summary>
public static class NexmarkTopics
{
    /// <summary>
    /// Everything, in the order of its making, without a key: batches go to the partitions in turn, as if nobody had
    /// thought of the queries, so every keyed operator has a shuffle before it.
    /// </summary>
    public static readonly Topic<NexmarkEvent> Events = Topic.Of<NexmarkEvent>("nexmark");

    /// <summary>
    /// The same, partitioned by who acts. A key group then reads one partition, and processing time is the stamp of
    /// each event's own batch, which anybody can read again.
    /// </summary>
    public static readonly KeyedTopic<long, NexmarkEvent> ByActor =
        Topic.Of<NexmarkEvent>("nexmark-by-actor").KeyedBy(each => each.Actor);

    /// <summary>How far behind the latest event the watermark is.</summary>
    public static readonly TimeSpan OutOfOrder = TimeSpan.FromSeconds(4);

    /// <summary>Reads the events, with their time.</summary>
    public static DataStream<NexmarkEvent> Nexmark(this JobBuilder job)
    {
        ArgumentNullException.ThrowIfNull(job);
        return job.From(Events).WithEventTime(each => each.At, Watermarks.Bounded(OutOfOrder));
    }

    /// <summary>The persons among the events.</summary>
    public static DataStream<Person> Persons(this DataStream<NexmarkEvent> events)
    {
        ArgumentNullException.ThrowIfNull(events);
        return events.Where(each => each.Person is not null).Select(each => each.Person!);
    }

    /// <summary>The auctions among the events.</summary>
    public static DataStream<Auction> Auctions(this DataStream<NexmarkEvent> events)
    {
        ArgumentNullException.ThrowIfNull(events);
        return events.Where(each => each.Auction is not null).Select(each => each.Auction!);
    }

    /// <summary>The bids among the events.</summary>
    public static DataStream<Bid> Bids(this DataStream<NexmarkEvent> events)
    {
        ArgumentNullException.ThrowIfNull(events);
        return events.Where(each => each.Bid is not null).Select(each => each.Bid!);
    }
}
