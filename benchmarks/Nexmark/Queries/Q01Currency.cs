namespace Weir.Benchmarks.Nexmark.Queries;

using Weir.Benchmarks.Nexmark.Model;
using Weir.Engine.Streams;
using Weir.Engine.Time;

/// <summary>A bid in another currency, with three decimals.</summary>
public readonly record struct ConvertedBid(long Auction, long Bidder, decimal Price, EventTime DateTime, string Extra);

/// <summary>Query 1: the price of every bid in another currency.</summary>
public sealed class Q01Currency : StreamJob
{
    /// <summary>The bids.</summary>
    public static readonly Topic<ConvertedBid> Results = Topic.Of<ConvertedBid>("q1-results");

    /// <summary>Of one currency in the other.</summary>
    public const decimal Rate = 0.908m;

    internal static NexmarkQuery Query => new TopicQuery<ConvertedBid>("q1", "currency", typeof(Q01Currency))
    {
        Results = Results,
        Sql = "SELECT auction, bidder, (0.908 * price)::DECIMAL(23, 3), date_time, extra FROM bid",
        Row = (bid, row) => row.Add(bid.Auction).Add(bid.Bidder).Add(bid.Price).Add(bid.DateTime).Add(bid.Extra),
        DueOf = bid => Due.With(bid.DateTime),
    };

    /// <inheritdoc/>
    public override void Define(JobBuilder job)
    {
        job.Nexmark().Bids()
            .Select(bid => new ConvertedBid(bid.Auction, bid.Bidder, Rate * bid.Price, bid.DateTime, bid.Extra))
            .To(Results);
    }
}
