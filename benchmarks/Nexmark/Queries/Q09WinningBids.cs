namespace Weir.Benchmarks.Nexmark.Queries;

using Weir.Benchmarks.Nexmark.Model;
using Weir.Engine.Operators;
using Weir.Engine.State;
using Weir.Engine.Streams;
using Weir.Engine.Time;

/// <summary>An auction and its best bid; a later one of the same auction replaces it.</summary>
public sealed record WinningBid(Auction Auction, Bid Bid, EventTime At);

/// <summary>
/// Query 9: of each auction the highest bid while it is open; of equal ones the earliest, and of those the first to come.
/// </summary>
public sealed class Q09WinningBids : StreamJob
{
    /// <summary>The auctions with their bids.</summary>
    public static readonly Topic<WinningBid> Results = Topic.Of<WinningBid>("q9-results");

    internal static NexmarkQuery Query => new TopicQuery<WinningBid>("q9", "winning bids", typeof(Q09WinningBids))
    {
        Results = Results,
        Sql = """
            SELECT a.id AS id, a.item_name, a.description, a.initial_bid, a.reserve, a.date_time, a.expires, a.seller,
                a.category, a.extra, b.auction, b.bidder, b.price, b.date_time AS bid_date_time, b.extra AS bid_extra
            FROM auction a JOIN bid b ON a.id = b.auction
            WHERE b.date_time BETWEEN a.date_time AND a.expires
            QUALIFY row_number() OVER (PARTITION BY a.id ORDER BY b.price DESC, b.date_time, b.number) = 1
            """,
        Keys = ["id"],
        Row = (each, row) => row
            .Add(each.Auction.Id).Add(each.Auction.ItemName).Add(each.Auction.Description)
            .Add(each.Auction.InitialBid).Add(each.Auction.Reserve).Add(each.Auction.DateTime)
            .Add(each.Auction.Expires).Add(each.Auction.Seller).Add(each.Auction.Category).Add(each.Auction.Extra)
            .Add(each.Bid.Auction).Add(each.Bid.Bidder).Add(each.Bid.Price).Add(each.Bid.DateTime).Add(each.Bid.Extra),
        DueOf = each => Due.With(each.At),
    };

    /// <inheritdoc/>
    public override void Define(JobBuilder job)
    {
        DataStream<NexmarkEvent> events = job.Nexmark();
        events.Auctions().KeyBy(auction => auction.Id)
            .Connect(events.Bids().KeyBy(bid => bid.Auction))
            .Process("winning-bids", new BestBids())
            .To(Results);
    }

    // An auction comes once, so of the bids that have met it only the best need be kept.
    private sealed class BestBids : KeyedProcess<long, Either<Auction, Bid>, WinningBid>
    {
        private static readonly ValueSlot<Auction> Offered = State.Value<Auction>("offered");
        private static readonly ValueSlot<Bid> Best = State.Value<Bid>("best");
        private static readonly ListSlot<Bid> Early = State.List<Bid>("early");

        public override void OnEvent(Either<Auction, Bid> value, IKeyContext<long, WinningBid> key)
        {
            if (value.IsLeft(out Auction? auction, out Bid? bid))
            {
                key.State(Offered).Value = auction;
                Bid? best = null;
                foreach (Bid early in key.State(Early).Items)
                    best = IsBetter(early, best, auction) ? early : best;
                key.State(Early).Clear();
                Take(best, auction, key);
            }
            else if (key.State(Offered).Value is { } known)
            {
                Take(IsBetter(bid, key.State(Best).Value, known) ? bid : null, known, key);
            }
            else
            {
                key.State(Early).Add(bid);
            }
        }

        private static void Take(Bid? bid, Auction auction, IKeyContext<long, WinningBid> key)
        {
            if (bid is null)
                return;
            key.State(Best).Value = bid;
            key.Emit(new WinningBid(auction, bid, key.Time));
        }

        private static bool IsBetter(Bid bid, Bid? best, Auction auction) =>
            bid.DateTime >= auction.DateTime && bid.DateTime <= auction.Expires
            && (best is null
                || bid.Price > best.Price
                || (bid.Price == best.Price && bid.DateTime < best.DateTime));
    }
}
