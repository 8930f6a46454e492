namespace Weir.Benchmarks.Nexmark.Queries;

using Weir.Benchmarks.Nexmark.Model;
using Weir.Engine.Aggregates;
using Weir.Engine.Joins;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Engine.Windows;

/// <summary>A bid with the highest price of a window.</summary>
public readonly record struct HighestBid(
    long Auction, long Price, long Bidder, EventTime DateTime, string Extra, EventTime WindowEnd);

/// <summary>
/// Query 7: the bids with the highest price of each 10 s. As in the published query a bid at the very end of a window
/// counts as within it, though it does not count for the window's highest price.
/// </summary>
public sealed class Q07HighestBid : StreamJob
{
    /// <summary>The bids.</summary>
    public static readonly Topic<HighestBid> Results = Topic.Of<HighestBid>("q7-results");

    private const int Parts = 64;
    private static readonly TimeSpan Size = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Instant = TimeSpan.FromMilliseconds(1);

    internal static NexmarkQuery Query => new TopicQuery<HighestBid>("q7", "highest bid", typeof(Q07HighestBid))
    {
        Results = Results,
        Sql = """
            SELECT b.auction, b.price, b.bidder, b.date_time, b.extra, w.window_end
            FROM bid b
            JOIN (
                SELECT max(price) AS price, date_time // 10000 * 10000 + 10000 AS window_end
                FROM bid GROUP BY window_end) w
            ON b.price = w.price AND b.date_time BETWEEN w.window_end - 10000 AND w.window_end
            """,
        Row = (bid, row) => row
            .Add(bid.Auction).Add(bid.Price).Add(bid.Bidder).Add(bid.DateTime).Add(bid.Extra).Add(bid.WindowEnd),
        DueOf = bid => Due.AtWatermark(bid.WindowEnd),
    };

    /// <inheritdoc/>
    public override void Define(JobBuilder job)
    {
        // A window over all bids has one key; parts of it are reduced before, so that it gets one price of each.
        DataStream<Bid> bids = job.Nexmark().Bids();
        DataStream<Windowed<int, long>> highest = bids
            .KeyBy(bid => bid.Auction % Parts)
            .Window(Windows.Tumbling(Size))
            .Aggregate("highest-of-part", new Maximum<Bid, long>(bid => bid.Price))
            .KeyBy(_ => 0)
            .Window(Windows.Tumbling(Size))
            .Aggregate("highest", new Maximum<Windowed<long, long>, long>(part => part.Value));

        // The time of a window's result is its last instant, end - 1 ms. A bid at b is within [end - 10 s, end] if that
        // lies within [b - 1 ms, b + 10 s - 1 ms].
        bids.KeyBy(bid => bid.Price)
            .Join(highest.KeyBy(window => window.Value))
            .Within(JoinInterval.Between(-Instant, Size - Instant))
            .Select("bids-of-highest", (bid, window) => new HighestBid(
                bid.Auction, bid.Price, bid.Bidder, bid.DateTime, bid.Extra, window.Window.End))
            .To(Results);
    }
}
