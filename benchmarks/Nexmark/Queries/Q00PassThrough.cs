namespace Weir.Benchmarks.Nexmark.Queries;

using Weir.Benchmarks.Nexmark.Model;
using Weir.Engine.Streams;
using Weir.Engine.Time;

/// <summary>What is passed on of a bid.</summary>
public readonly record struct PassedBid(long Auction, long Bidder, long Price, EventTime DateTime, string Extra);

/// <summary>Query 0: every bid as it is.</summary>
public sealed class Q00PassThrough : StreamJob
{
    /// <summary>The bids.</summary>
    public static readonly Topic<PassedBid> Results = Topic.Of<PassedBid>("q0-results");

    internal static NexmarkQuery Query => new TopicQuery<PassedBid>("q0", "pass through", typeof(Q00PassThrough))
    {
        Results = Results,
        Sql = "SELECT auction, bidder, price, date_time, extra FROM bid",
        Row = (bid, row) => row.Add(bid.Auction).Add(bid.Bidder).Add(bid.Price).Add(bid.DateTime).Add(bid.Extra),
        DueOf = bid => Due.With(bid.DateTime),
    };

    /// <inheritdoc/>
    public override void Define(JobBuilder job)
    {
        job.Nexmark().Bids()
            .Select(bid => new PassedBid(bid.Auction, bid.Bidder, bid.Price, bid.DateTime, bid.Extra))
            .To(Results);
    }
}
