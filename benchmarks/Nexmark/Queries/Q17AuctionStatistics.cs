namespace Weir.Benchmarks.Nexmark.Queries;

using Weir.Benchmarks.Nexmark.Model;
using Weir.Engine.Operators;
using Weir.Engine.State;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Engine.Timers;

/// <summary>An auction on a day.</summary>
public readonly record struct AuctionDay(long Auction, long Day);

/// <summary>What the bids for an auction have come to.</summary>
/// <param name="Bids">The bids.</param>
/// <param name="Lowest">The lowest price.</param>
/// <param name="Highest">The highest price.</param>
/// <param name="Sum">All prices.</param>
/// <param name="IsDue">Whether a result is waiting to be given: 0 or 1.</param>
public readonly record struct AuctionPrices(ClassCounts Bids, long Lowest, long Highest, long Sum, long IsDue);

/// <summary>What the bids for an auction come to on a day; a later one of the same two replaces it.</summary>
public readonly record struct AuctionStatistics(AuctionDay Of, AuctionPrices Prices, EventTime At);

/// <summary>Query 17: per auction and day the bids by class of price, and the lowest, highest and average price and their
/// sum.</summary>
public sealed class Q17AuctionStatistics : StreamJob
{
    /// <summary>The auctions.</summary>
    public static readonly Topic<AuctionStatistics> Results = Topic.Of<AuctionStatistics>("q17-results");

    internal static NexmarkQuery Query => new TopicQuery<AuctionStatistics>(
        "q17", "auction statistics", typeof(Q17AuctionStatistics))
    {
        Results = Results,
        Sql = $"""
            SELECT auction, strftime(epoch_ms(date_time), '%Y-%m-%d') AS day, {ClassCounts.Sql("*")},
                min(price), max(price), (sum(price) // count(*))::BIGINT, sum(price)::BIGINT
            FROM bid GROUP BY auction, day
            """,
        Keys = ["auction", "day"],
        Row = (each, row) =>
        {
            row.Add(each.Of.Auction).Add(Days.Text(each.Of.Day));
            each.Prices.Bids.Write(row);
            row.Add(each.Prices.Lowest).Add(each.Prices.Highest)
                .Add(each.Prices.Sum / each.Prices.Bids.All).Add(each.Prices.Sum);
        },
        DueOf = each => Due.AtWatermark(each.At.Plus(1)),
    };

    /// <inheritdoc/>
    public override void Define(JobBuilder job)
    {
        job.Nexmark().Bids()
            .KeyBy(bid => new AuctionDay(bid.Auction, Days.Of(bid.DateTime)))
            .Process("statistics", new Statistics())
            .To(Results);
    }

    // Changes are given every 2 s of event time, as the published runs gather them for 2 s.
    private sealed class Statistics : KeyedProcess<AuctionDay, Bid, AuctionStatistics>
    {
        private static readonly ValueSlot<AuctionPrices> Prices = State.Value<AuctionPrices>("prices");

        public override void OnEvent(Bid value, IKeyContext<AuctionDay, AuctionStatistics> key)
        {
            IValueState<AuctionPrices> state = key.State(Prices);
            AuctionPrices all = state.Value;
            if (all.IsDue == 0)
                key.Timers.Register(Changes.Due(key.Time));
            state.Value = new AuctionPrices(
                all.Bids.With(PriceClass.Of(value.Price)),
                all.Bids.All == 0 ? value.Price : Math.Min(all.Lowest, value.Price),
                Math.Max(all.Highest, value.Price),
                all.Sum + value.Price,
                1);
        }

        public override void OnTimer(FiredTimer timer, IKeyContext<AuctionDay, AuctionStatistics> key)
        {
            IValueState<AuctionPrices> state = key.State(Prices);
            state.Value = state.Value with { IsDue = 0 };
            key.Emit(new AuctionStatistics(key.Key, state.Value, key.Time));
        }
    }
}
