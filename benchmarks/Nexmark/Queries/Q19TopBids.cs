namespace Weir.Benchmarks.Nexmark.Queries;

using Weir.Benchmarks.Nexmark.Model;
using Weir.Engine.Operators;
using Weir.Engine.State;
using Weir.Engine.Streams;
using Weir.Engine.Time;

/// <summary>The bid that has a rank in its auction; a later one of the same rank replaces it.</summary>
public sealed record RankedBid(Bid Bid, long Rank, EventTime At);

/// <summary>Query 19: the ten highest bids of each auction with their ranks; of equal ones, the earlier is before.
/// </summary>
public sealed class Q19TopBids : StreamJob
{
    /// <summary>The bids.</summary>
    public static readonly Topic<RankedBid> Results = Topic.Of<RankedBid>("q19-results");

    internal static NexmarkQuery Query => new TopicQuery<RankedBid>("q19", "ten highest bids", typeof(Q19TopBids))
    {
        Results = Results,
        Sql = """
            SELECT auction, bidder, price, channel, url, date_time, extra,
                row_number() OVER (PARTITION BY auction ORDER BY price DESC, number) AS rank
            FROM bid
            QUALIFY rank <= 10
            """,
        Keys = ["auction", "rank"],
        Row = (each, row) => row
            .Add(each.Bid.Auction).Add(each.Bid.Bidder).Add(each.Bid.Price).Add(each.Bid.Channel).Add(each.Bid.Url)
            .Add(each.Bid.DateTime).Add(each.Bid.Extra).Add(each.Rank),
        DueOf = each => Due.With(each.At),
    };

    /// <inheritdoc/>
    public override void Define(JobBuilder job)
    {
        job.Nexmark().Bids()
            .KeyBy(bid => bid.Auction)
            .Process("highest-bids", new Highest())
            .To(Results);
    }

    private sealed class Highest : KeyedProcess<long, Bid, RankedBid>
    {
        private const int Ranks = 10;
        private static readonly ValueSlot<List<Bid>> Top = State.Value<List<Bid>>("top");

        public override void OnEvent(Bid value, IKeyContext<long, RankedBid> key)
        {
            List<Bid> top = key.State(Top).Value ?? [];
            int place = top.Count;
            while (place > 0 && IsBefore(value, top[place - 1]))
                place--;
            if (place == Ranks)
                return;
            if (top.Count == Ranks)
                top.RemoveAt(Ranks - 1);
            top.Insert(place, value);
            key.State(Top).Value = top;

            // Whoever stands behind has another rank now.
            for (int rank = place; rank < top.Count; rank++)
                key.Emit(new RankedBid(top[rank], rank + 1, key.Time));
        }

        private static bool IsBefore(Bid bid, Bid other) =>
            bid.Price > other.Price || (bid.Price == other.Price && bid.DateTime < other.DateTime);
    }
}
