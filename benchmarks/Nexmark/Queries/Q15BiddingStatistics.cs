namespace Weir.Benchmarks.Nexmark.Queries;

using Weir.Benchmarks.Nexmark.Model;
using Weir.Engine.Operators;
using Weir.Engine.State;
using Weir.Engine.Streams;
using Weir.Engine.Time;

/// <summary>What the bids of a day come to; a later one of the same day replaces it.</summary>
public sealed record DayStatistics(
    long Day, ClassCounts Bids, ClassCounts Bidders, ClassCounts Auctions, EventTime At);

/// <summary>Query 15: per day the bids, the different bidders and the different auctions, in all and by class of price.
/// </summary>
public sealed class Q15BiddingStatistics : StreamJob
{
    /// <summary>The days.</summary>
    public static readonly Topic<DayStatistics> Results = Topic.Of<DayStatistics>("q15-results");

    internal static NexmarkQuery Query => new TopicQuery<DayStatistics>(
        "q15", "bidding statistics", typeof(Q15BiddingStatistics))
    {
        Results = Results,
        Sql = $"""
            SELECT strftime(epoch_ms(date_time), '%Y-%m-%d') AS day, {ClassCounts.Sql("*")},
                {ClassCounts.Sql("DISTINCT bidder")}, {ClassCounts.Sql("DISTINCT auction")}
            FROM bid GROUP BY day
            """,
        Keys = ["day"],
        Row = (day, row) =>
        {
            row.Add(Days.Text(day.Day));
            day.Bids.Write(row);
            day.Bidders.Write(row);
            day.Auctions.Write(row);
        },
        DueOf = day => Due.AtWatermark(day.At.Plus(1)),
    };

    /// <inheritdoc/>
    public override void Define(JobBuilder job)
    {
        job.Nexmark().Bids()
            .KeyBy(bid => Days.Of(bid.DateTime))
            .Process("statistics", new Statistics())
            .To(Results);
    }

    private sealed class Statistics : BidStatistics<long, DayStatistics>
    {
        protected override DayStatistics Result(in StatisticsSoFar all, IKeyContext<long, DayStatistics> key) =>
            new(key.Key, all.Bids, all.Bidders, all.Auctions, key.Time);
    }
}
