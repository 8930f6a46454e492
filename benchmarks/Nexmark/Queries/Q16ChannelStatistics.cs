namespace Weir.Benchmarks.Nexmark.Queries;

using System.Globalization;
using Weir.Benchmarks.Nexmark.Model;
using Weir.Engine.Operators;
using Weir.Engine.Streams;
using Weir.Engine.Time;

/// <summary>A channel on a day.</summary>
public readonly record struct ChannelDay(string Channel, long Day);

/// <summary>What the bids of a channel come to on a day; a later one of the same two replaces it.</summary>
public sealed record ChannelStatistics(
    ChannelDay Of, EventTime Latest, ClassCounts Bids, ClassCounts Bidders, ClassCounts Auctions)
{
    /// <summary>The time that it was due at.</summary>
    public EventTime At { get; init; }
}

/// <summary>Query 16: as query 15 per channel and day, with the last minute that had a bid.</summary>
public sealed class Q16ChannelStatistics : StreamJob
{
    /// <summary>The channels.</summary>
    public static readonly Topic<ChannelStatistics> Results = Topic.Of<ChannelStatistics>("q16-results");

    internal static NexmarkQuery Query => new TopicQuery<ChannelStatistics>(
        "q16", "channel statistics", typeof(Q16ChannelStatistics))
    {
        Results = Results,
        Sql = $"""
            SELECT channel, strftime(epoch_ms(date_time), '%Y-%m-%d') AS day,
                max(strftime(epoch_ms(date_time), '%H:%M')), {ClassCounts.Sql("*")},
                {ClassCounts.Sql("DISTINCT bidder")}, {ClassCounts.Sql("DISTINCT auction")}
            FROM bid GROUP BY channel, day
            """,
        Keys = ["channel", "day"],
        Row = (each, row) =>
        {
            row.Add(each.Of.Channel).Add(Days.Text(each.Of.Day)).Add(
                each.Latest.ToDateTimeOffset().ToString("HH:mm", CultureInfo.InvariantCulture));
            each.Bids.Write(row);
            each.Bidders.Write(row);
            each.Auctions.Write(row);
        },
        DueOf = each => Due.AtWatermark(each.At.Plus(1)),
    };

    /// <inheritdoc/>
    public override void Define(JobBuilder job)
    {
        job.Nexmark().Bids()
            .KeyBy(bid => new ChannelDay(bid.Channel, Days.Of(bid.DateTime)))
            .Process("statistics", new Statistics())
            .To(Results);
    }

    private sealed class Statistics : BidStatistics<ChannelDay, ChannelStatistics>
    {
        protected override ChannelStatistics Result(
            in StatisticsSoFar all, IKeyContext<ChannelDay, ChannelStatistics> key) =>
            new(key.Key, all.Latest, all.Bids, all.Bidders, all.Auctions) { At = key.Time };
    }
}
