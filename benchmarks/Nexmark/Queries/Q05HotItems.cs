namespace Weir.Benchmarks.Nexmark.Queries;

using Weir.Benchmarks.Nexmark.Model;
using Weir.Engine.Aggregates;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Engine.Windows;

/// <summary>An auction that had the most bids of a window.</summary>
public readonly record struct HotItem(long Auction, long Bids, EventTime WindowEnd);

/// <summary>The highest count so far, and all auctions that have it.</summary>
public struct MostBids
{
    /// <summary>The count.</summary>
    public long Bids { get; set; }

    /// <summary>The auctions, in the order in which their counts came.</summary>
    public List<long> Auctions { get; set; }
}

/// <summary>Query 5: the auctions with the most bids of the last 10 s, every 2 s; all of them if there are several.
/// </summary>
public sealed class Q05HotItems : StreamJob
{
    /// <summary>The auctions.</summary>
    public static readonly Topic<HotItem> Results = Topic.Of<HotItem>("q5-results");

    private static readonly TimeSpan Size = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Slide = TimeSpan.FromSeconds(2);

    internal static NexmarkQuery Query => new TopicQuery<HotItem>("q5", "hot items", typeof(Q05HotItems))
    {
        Results = Results,
        Sql = """
            WITH counts AS (
                SELECT auction, count(*) AS num, start
                FROM (SELECT auction, date_time // 2000 * 2000 - step * 2000 AS start FROM bid, range(5) AS steps(step))
                GROUP BY auction, start)
            SELECT auction, num, start + 10000
            FROM counts JOIN (SELECT start, max(num) AS most FROM counts GROUP BY start) USING (start)
            WHERE num >= most
            """,
        Row = (item, row) => row.Add(item.Auction).Add(item.Bids).Add(item.WindowEnd),
        DueOf = item => Due.AtWatermark(item.WindowEnd),
    };

    /// <inheritdoc/>
    public override void Define(JobBuilder job)
    {
        // The count of a window has the window's last instant as its time: the windows that follow, as long as the
        // slide, hold the counts of one window each.
        job.Nexmark().Bids()
            .KeyBy(bid => bid.Auction)
            .Window(Windows.Sliding(Size, Slide))
            .Aggregate("count-bids", new Count<Bid>())
            .KeyBy(count => count.Window.End)
            .Window(Windows.Tumbling(Slide))
            .Aggregate("most-bids", new MostBidsOfWindow())
            .SelectMany(most => most.Value.Auctions.Select(
                auction => new HotItem(auction, most.Value.Bids, most.Window.End)))
            .To(Results);
    }

    private sealed class MostBidsOfWindow : IAggregator<Windowed<long, long>, MostBids, MostBids>
    {
        public MostBids Create() => new() { Auctions = [] };

        public void Add(ref MostBids accumulator, in Windowed<long, long> value)
        {
            if (value.Value < accumulator.Bids)
                return;
            if (value.Value > accumulator.Bids)
                accumulator.Auctions.Clear();
            accumulator.Bids = value.Value;
            accumulator.Auctions.Add(value.Key);
        }

        public void Merge(ref MostBids into, in MostBids from)
        {
            if (from.Bids < into.Bids)
                return;
            if (from.Bids > into.Bids)
                into.Auctions.Clear();
            into.Bids = from.Bids;
            into.Auctions.AddRange(from.Auctions);
        }

        public MostBids Result(in MostBids accumulator) =>
            new() { Bids = accumulator.Bids, Auctions = [.. accumulator.Auctions] };
    }
}
