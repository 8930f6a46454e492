namespace Weir.Benchmarks.Nexmark.Queries;

using Weir.Benchmarks.Nexmark.Model;
using Weir.Engine.Streams;
using Weir.Engine.Time;

/// <summary>A bid with what was calculated of it.</summary>
public readonly record struct CalculatedBid(
    long Auction, long Bidder, decimal Price, string TimeType, EventTime DateTime, string Extra, long Letters);

/// <summary>Query 14: converted prices between a million and fifty million, with the time of day and a count of letters.
/// </summary>
public sealed class Q14Calculation : StreamJob
{
    /// <summary>The bids.</summary>
    public static readonly Topic<CalculatedBid> Results = Topic.Of<CalculatedBid>("q14-results");

    internal static NexmarkQuery Query => new TopicQuery<CalculatedBid>("q14", "calculation", typeof(Q14Calculation))
    {
        Results = Results,
        Sql = """
            SELECT auction, bidder, (0.908 * price)::DECIMAL(23, 3),
                CASE WHEN hour(epoch_ms(date_time)) BETWEEN 8 AND 18 THEN 'dayTime'
                    WHEN hour(epoch_ms(date_time)) <= 6 OR hour(epoch_ms(date_time)) >= 20 THEN 'nightTime'
                    ELSE 'otherTime' END,
                date_time, extra, length(extra) - length(replace(extra, 'c', ''))
            FROM bid
            WHERE 0.908 * price > 1000000 AND 0.908 * price < 50000000
            """,
        Row = (bid, row) => row
            .Add(bid.Auction).Add(bid.Bidder).Add(bid.Price).Add(bid.TimeType).Add(bid.DateTime).Add(bid.Extra)
            .Add(bid.Letters),
        DueOf = bid => Due.With(bid.DateTime),
    };

    /// <inheritdoc/>
    public override void Define(JobBuilder job)
    {
        job.Nexmark().Bids()
            .Where(bid => Q01Currency.Rate * bid.Price is > 1_000_000 and < 50_000_000)
            .Select(bid => new CalculatedBid(
                bid.Auction,
                bid.Bidder,
                Q01Currency.Rate * bid.Price,
                TimeType(bid.DateTime),
                bid.DateTime,
                bid.Extra,
                bid.Extra.AsSpan().Count('c')))
            .To(Results);
    }

    /// <summary>What part of the day a time is in, UTC.</summary>
    public static string TimeType(EventTime time) => time.ToDateTimeOffset().Hour switch
    {
        >= 8 and <= 18 => "dayTime",
        <= 6 or >= 20 => "nightTime",
        _ => "otherTime",
    };
}
