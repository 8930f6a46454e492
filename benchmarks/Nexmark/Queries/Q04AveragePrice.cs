namespace Weir.Benchmarks.Nexmark.Queries;

using Weir.Benchmarks.Nexmark.Model;
using Weir.Engine.Operators;
using Weir.Engine.State;
using Weir.Engine.Streams;
using Weir.Engine.Time;

/// <summary>What bids and the average must know of an auction.</summary>
public readonly record struct AuctionTerms(EventTime Begin, EventTime Expires, long Category);

/// <summary>A bid that waits for its auction.</summary>
public readonly record struct EarlyBid(long Price, EventTime DateTime);

/// <summary>The highest bid of an auction has changed: the value before is taken back, unless there was none.</summary>
public readonly record struct HighestChanged(long Category, long? Before, long After);

/// <summary>The sum of the highest bids of a category's auctions, and of how many.</summary>
public readonly record struct PriceSum(long Sum, long Count);

/// <summary>What auctions of a category sell for; a later one replaces it.</summary>
public readonly record struct CategoryPrice(long Category, long Average, EventTime At);

/// <summary>
/// Query 4: the average over a category's auctions of the highest bid while the auction is open. Both levels change with
/// every better bid.
/// </summary>
/// <remarks>Auctions of 100 and 300: 200. A bid of 500 for the second takes 300 back: (100 + 500) / 2.</remarks>
public sealed class Q04AveragePrice : StreamJob
{
    /// <summary>The averages.</summary>
    public static readonly Topic<CategoryPrice> Results = Topic.Of<CategoryPrice>("q4-results");

    internal static NexmarkQuery Query => new TopicQuery<CategoryPrice>("q4", "average price", typeof(Q04AveragePrice))
    {
        Results = Results,
        Sql = """
            SELECT category, (sum(final) // count(*))::BIGINT AS average
            FROM (
                SELECT max(b.price) AS final, a.category
                FROM auction a JOIN bid b ON a.id = b.auction
                WHERE b.date_time BETWEEN a.date_time AND a.expires
                GROUP BY a.id, a.category)
            GROUP BY category
            """,
        Keys = ["category"],
        Row = (price, row) => row.Add(price.Category).Add(price.Average),
        DueOf = price => Due.With(price.At),
    };

    /// <inheritdoc/>
    public override void Define(JobBuilder job)
    {
        DataStream<NexmarkEvent> events = job.Nexmark();
        events.Auctions().KeyBy(auction => auction.Id)
            .Connect(events.Bids().KeyBy(bid => bid.Auction))
            .Process("highest-bids", new HighestBids())
            .KeyBy(change => change.Category)
            .Process("averages", new Averages())
            .To(Results);
    }

    // An auction comes once, so a bid that has met its auction need not be kept.
    private sealed class HighestBids : KeyedProcess<long, Either<Auction, Bid>, HighestChanged>
    {
        private static readonly ValueSlot<AuctionTerms> Terms = State.Value<AuctionTerms>("terms");
        private static readonly ValueSlot<long> Highest = State.Value<long>("highest");
        private static readonly ListSlot<EarlyBid> Early = State.List<EarlyBid>("early");

        public override void OnEvent(Either<Auction, Bid> value, IKeyContext<long, HighestChanged> key)
        {
            IValueState<AuctionTerms> terms = key.State(Terms);
            if (value.IsLeft(out Auction? auction, out Bid? bid))
            {
                terms.Value = new AuctionTerms(auction.DateTime, auction.Expires, auction.Category);
                foreach (EarlyBid early in key.State(Early).Items)
                    Take(early, terms.Value, key);
                key.State(Early).Clear();
            }
            else if (terms.HasValue)
            {
                Take(new EarlyBid(bid.Price, bid.DateTime), terms.Value, key);
            }
            else
            {
                key.State(Early).Add(new EarlyBid(bid.Price, bid.DateTime));
            }
        }

        private static void Take(EarlyBid bid, AuctionTerms terms, IKeyContext<long, HighestChanged> key)
        {
            IValueState<long> highest = key.State(Highest);
            long? before = highest.HasValue ? highest.Value : null;
            if (bid.DateTime < terms.Begin || bid.DateTime > terms.Expires || bid.Price <= before)
                return;
            highest.Value = bid.Price;
            key.Emit(new HighestChanged(terms.Category, before, bid.Price));
        }
    }

    private sealed class Averages : KeyedProcess<long, HighestChanged, CategoryPrice>
    {
        private static readonly ValueSlot<PriceSum> Prices = State.Value<PriceSum>("prices");

        public override void OnEvent(HighestChanged value, IKeyContext<long, CategoryPrice> key)
        {
            IValueState<PriceSum> prices = key.State(Prices);
            PriceSum sum = prices.Value;
            sum = value.Before is { } before
                ? sum with { Sum = sum.Sum - before + value.After }
                : new PriceSum(sum.Sum + value.After, sum.Count + 1);
            prices.Value = sum;
            key.Emit(new CategoryPrice(key.Key, sum.Sum / sum.Count, key.Time));
        }
    }
}
