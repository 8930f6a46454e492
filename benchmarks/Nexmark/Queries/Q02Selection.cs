namespace Weir.Benchmarks.Nexmark.Queries;

using Weir.Benchmarks.Nexmark.Model;
using Weir.Engine.Streams;
using Weir.Engine.Time;

/// <summary>The price of a bid for one of the chosen auctions.</summary>
public readonly record struct SelectedBid(long Auction, long Price, EventTime DateTime);

/// <summary>Query 2: the bids for every 123rd auction.</summary>
public sealed class Q02Selection : StreamJob
{
    /// <summary>The bids.</summary>
    public static readonly Topic<SelectedBid> Results = Topic.Of<SelectedBid>("q2-results");

    internal static NexmarkQuery Query => new TopicQuery<SelectedBid>("q2", "selection", typeof(Q02Selection))
    {
        Results = Results,
        Sql = "SELECT auction, price FROM bid WHERE auction % 123 = 0",
        Row = (bid, row) => row.Add(bid.Auction).Add(bid.Price),
        DueOf = bid => Due.With(bid.DateTime),
    };

    /// <inheritdoc/>
    public override void Define(JobBuilder job)
    {
        job.Nexmark().Bids()
            .Where(bid => bid.Auction % 123 == 0)
            .Select(bid => new SelectedBid(bid.Auction, bid.Price, bid.DateTime))
            .To(Results);
    }
}
