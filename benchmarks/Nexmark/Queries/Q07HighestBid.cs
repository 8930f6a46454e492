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

/// <summary>The highest price, which is above 0 if there is any, and all bids that have it, as they came.</summary>
public readonly record struct HighestBids(long Price, List<Bid> Bids)
{
    internal HighestBids With(in HighestBids other)
    {
        if (Price == 0 || other.Price > Price)
            return other.Copy();
        if (Price == other.Price)
            Bids.AddRange(other.Bids);
        return this;
    }

    // What is given must not grow with what is kept.
    internal HighestBids Copy() => this with { Bids = [.. Bids] };
}

/// <summary>
/// Query 7: the bids with the highest price of each 10 s. As in the published query a bid at the very end of a window
/// counts as within it, though it does not count for the window's highest price: such bids are joined with it, and no
/// others have to be kept.
/// </summary>
public sealed class Q07HighestBid : StreamJob
{
    /// <summary>The bids.</summary>
    public static readonly Topic<HighestBid> Results = Topic.Of<HighestBid>("q7-results");

    private const int Parts = 64;
    private const long SizeMilliseconds = 10_000;
    private static readonly TimeSpan Size = TimeSpan.FromMilliseconds(SizeMilliseconds);
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
        // A window over all bids has one key; parts of it are reduced before, so that it gets a few bids of each.
        DataStream<Bid> bids = job.Nexmark().Bids();
        DataStream<Windowed<int, HighestBids>> highest = bids
            .KeyBy(bid => bid.Auction % Parts)
            .Window(Windows.Tumbling(Size))
            .Aggregate("highest-of-part", new HighestOfBids())
            .KeyBy(_ => 0)
            .Window(Windows.Tumbling(Size))
            .Aggregate("highest", new HighestOfParts());

        // The time of a window's result is its last instant, 1 ms before the bids at its very end.
        DataStream<HighestBid> atEnd = bids
            .Where(bid => bid.DateTime.Milliseconds % SizeMilliseconds == 0)
            .KeyBy(bid => bid.Price)
            .Join(highest.KeyBy(window => window.Value.Price))
            .Within(JoinInterval.Between(-Instant, -Instant))
            .Select("bids-at-end", (bid, window) => Result(bid, window.Window));
        highest
            .SelectMany(window => window.Value.Bids.Select(bid => Result(bid, window.Window)))
            .Union(atEnd)
            .To(Results);
    }

    private static HighestBid Result(Bid bid, TimeRange window) =>
        new(bid.Auction, bid.Price, bid.Bidder, bid.DateTime, bid.Extra, window.End);

    private sealed class HighestOfBids : IAggregator<Bid, HighestBids, HighestBids>
    {
        public bool MergesExactly => true;

        public HighestBids Create() => default;

        public void Add(ref HighestBids accumulator, in Bid value)
        {
            if (value.Price > accumulator.Price)
                accumulator = new HighestBids(value.Price, [value]);
            else if (value.Price == accumulator.Price)
                accumulator.Bids.Add(value);
        }

        public void Merge(ref HighestBids into, in HighestBids from) => into = into.With(in from);

        public HighestBids Result(in HighestBids accumulator) => accumulator.Copy();
    }

    private sealed class HighestOfParts : IAggregator<Windowed<long, HighestBids>, HighestBids, HighestBids>
    {
        public HighestBids Create() => default;

        public void Add(ref HighestBids accumulator, in Windowed<long, HighestBids> value) =>
            accumulator = accumulator.With(value.Value);

        public void Merge(ref HighestBids into, in HighestBids from) => into = into.With(in from);

        public HighestBids Result(in HighestBids accumulator) => accumulator.Copy();
    }
}
