namespace Weir.Benchmarks.Nexmark.Queries;

using Weir.Benchmarks.Nexmark.Model;
using Weir.Engine.Operators;
using Weir.Engine.State;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Engine.Timers;

/// <summary>The bid that has a rank in its auction; a later one of the same rank replaces it.</summary>
public sealed record RankedBid(Bid Bid, long Rank, EventTime At);

/// <summary>The highest bids of an auction.</summary>
/// <param name="Bids">The highest before the others.</param>
/// <param name="Given">How many, from the first, are as the results have them; all, while nothing is waiting.</param>
public readonly record struct TopBids(List<Bid> Bids, int Given);

/// <summary>
/// Query 19: the ten highest bids of each auction with their ranks; of equal ones, the earlier is before. Changes are
/// given every 2 s of event time, as the published runs gather them for 2 s.
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
        DueOf = each => Due.AtWatermark(each.At.Plus(1)),
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
        private static readonly ValueSlot<TopBids> Top = State.Value<TopBids>("top");

        public override void OnEvent(Bid value, IKeyContext<long, RankedBid> key)
        {
            IValueState<TopBids> state = key.State(Top);
            TopBids top = state.HasValue ? state.Value : new TopBids([], Ranks);
            List<Bid> bids = top.Bids;
            int place = bids.Count;
            while (place > 0 && IsBefore(value, bids[place - 1]))
                place--;
            if (place == Ranks)
                return;
            if (bids.Count == Ranks)
                bids.RemoveAt(Ranks - 1);
            bids.Insert(place, value);
            if (top.Given == Ranks)
                key.Timers.Register(Changes.Due(key.Time));
            state.Value = top with { Given = Math.Min(top.Given, place) };
        }

        // Whoever stands behind a new bid has another rank.
        public override void OnTimer(FiredTimer timer, IKeyContext<long, RankedBid> key)
        {
            IValueState<TopBids> state = key.State(Top);
            TopBids top = state.Value;
            for (int rank = top.Given; rank < top.Bids.Count; rank++)
                key.Emit(new RankedBid(top.Bids[rank], rank + 1, key.Time));
            state.Value = top with { Given = Ranks };
        }

        private static bool IsBefore(Bid bid, Bid other) =>
            bid.Price > other.Price || (bid.Price == other.Price && bid.DateTime < other.DateTime);
    }
}
