namespace Weir.Benchmarks.Nexmark.Queries;

using Weir.Benchmarks.Nexmark.Model;
using Weir.Engine.Operators;
using Weir.Engine.State;
using Weir.Engine.Streams;
using Weir.Engine.Time;

/// <summary>A bidder and an auction.</summary>
public readonly record struct BidderOfAuction(long Bidder, long Auction);

/// <summary>Query 18: the last bid of each bidder for each auction; of one time, the one that comes last. A later result
/// of the same two replaces an earlier one.</summary>
public sealed class Q18LastBid : StreamJob
{
    /// <summary>The bids.</summary>
    public static readonly Topic<Bid> Results = Topic.Of<Bid>("q18-results");

    internal static NexmarkQuery Query => new TopicQuery<Bid>("q18", "last bid", typeof(Q18LastBid))
    {
        Results = Results,
        Sql = """
            SELECT auction, bidder, price, channel, url, date_time, extra
            FROM bid
            QUALIFY row_number() OVER (PARTITION BY bidder, auction ORDER BY date_time DESC, number DESC) = 1
            """,
        Keys = ["bidder", "auction"],
        Row = (bid, row) => row
            .Add(bid.Auction).Add(bid.Bidder).Add(bid.Price).Add(bid.Channel).Add(bid.Url).Add(bid.DateTime)
            .Add(bid.Extra),
        DueOf = bid => Due.With(bid.DateTime),
    };

    /// <inheritdoc/>
    public override void Define(JobBuilder job)
    {
        job.Nexmark().Bids()
            .KeyBy(bid => new BidderOfAuction(bid.Bidder, bid.Auction))
            .Process("last-bids", new LastBids())
            .To(Results);
    }

    // The results are what replaces; all that must be remembered is how late the last one was.
    private sealed class LastBids : KeyedProcess<BidderOfAuction, Bid, Bid>
    {
        private static readonly ValueSlot<EventTime> Last = State.Value<EventTime>("last");

        public override void OnEvent(Bid value, IKeyContext<BidderOfAuction, Bid> key)
        {
            IValueState<EventTime> last = key.State(Last);
            if (last.HasValue && value.DateTime < last.Value)
                return;
            last.Value = value.DateTime;
            key.Emit(value);
        }
    }
}
