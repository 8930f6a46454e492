namespace Weir.Benchmarks.Nexmark.Queries;

using Weir.Benchmarks.Nexmark.Model;
using Weir.Engine.Operators;
using Weir.Engine.State;
using Weir.Engine.Streams;
using Weir.Engine.Time;

/// <summary>A bid with its auction.</summary>
public sealed record ExpandedBid(Bid Bid, Auction Auction, EventTime At);

/// <summary>Query 20: the bids for auctions of category 10, each with its auction.</summary>
public sealed class Q20ExpandBid : StreamJob
{
    /// <summary>The bids.</summary>
    public static readonly Topic<ExpandedBid> Results = Topic.Of<ExpandedBid>("q20-results");

    internal static NexmarkQuery Query => new TopicQuery<ExpandedBid>("q20", "expand bid", typeof(Q20ExpandBid))
    {
        Results = Results,
        Sql = """
            SELECT b.auction, b.bidder, b.price, b.channel, b.url, b.date_time, b.extra, a.item_name, a.description,
                a.initial_bid, a.reserve, a.date_time AS begin, a.expires, a.seller, a.category, a.extra AS auction_extra
            FROM bid b JOIN auction a ON b.auction = a.id
            WHERE a.category = 10
            """,
        Row = (each, row) => row
            .Add(each.Bid.Auction).Add(each.Bid.Bidder).Add(each.Bid.Price).Add(each.Bid.Channel).Add(each.Bid.Url)
            .Add(each.Bid.DateTime).Add(each.Bid.Extra).Add(each.Auction.ItemName).Add(each.Auction.Description)
            .Add(each.Auction.InitialBid).Add(each.Auction.Reserve).Add(each.Auction.DateTime)
            .Add(each.Auction.Expires).Add(each.Auction.Seller).Add(each.Auction.Category).Add(each.Auction.Extra),
        DueOf = each => Due.With(each.At),
    };

    /// <inheritdoc/>
    public override void Define(JobBuilder job)
    {
        DataStream<NexmarkEvent> events = job.Nexmark();
        events.Auctions().KeyBy(auction => auction.Id)
            .Connect(events.Bids().KeyBy(bid => bid.Auction))
            .Process("expand-bids", new Expand())
            .To(Results);
    }

    // An auction comes once, so a bid that has met it need not be kept. Auctions of other categories come here too, for
    // their bids would else wait for ever.
    private sealed class Expand : KeyedProcess<long, Either<Auction, Bid>, ExpandedBid>
    {
        private static readonly ValueSlot<Auction> Wanted = State.Value<Auction>("wanted");
        private static readonly ValueSlot<bool> IsOther = State.Value<bool>("is-other");
        private static readonly ListSlot<Bid> Early = State.List<Bid>("early");

        public override void OnEvent(Either<Auction, Bid> value, IKeyContext<long, ExpandedBid> key)
        {
            if (!value.IsLeft(out Auction? auction, out Bid? bid))
            {
                if (key.State(Wanted).Value is { } wanted)
                    key.Emit(new ExpandedBid(bid, wanted, key.Time));
                else if (!key.State(IsOther).HasValue)
                    key.State(Early).Add(bid);
                return;
            }

            if (auction.Category == 10)
            {
                key.State(Wanted).Value = auction;
                foreach (Bid early in key.State(Early).Items)
                    key.Emit(new ExpandedBid(early, auction, key.Time));
            }
            else
            {
                key.State(IsOther).Value = true;
            }

            key.State(Early).Clear();
        }
    }
}
