namespace Weir.Benchmarks.Nexmark.Queries;

using System.Text.RegularExpressions;
using Weir.Benchmarks.Nexmark.Model;
using Weir.Engine.Streams;
using Weir.Engine.Time;

/// <summary>A bid with the id of its channel.</summary>
public readonly record struct ChannelBid(
    long Auction, long Bidder, long Price, string Channel, string ChannelId, EventTime DateTime);

/// <summary>Query 21: bids with the id of their channel, a known one or what their url says; others are left out.
/// </summary>
public sealed partial class Q21ChannelId : StreamJob
{
    /// <summary>The bids.</summary>
    public static readonly Topic<ChannelBid> Results = Topic.Of<ChannelBid>("q21-results");

    internal static NexmarkQuery Query => new TopicQuery<ChannelBid>("q21", "channel id", typeof(Q21ChannelId))
    {
        Results = Results,
        Sql = """
            SELECT auction, bidder, price, channel, channel_id
            FROM (
                SELECT *, CASE lower(channel) WHEN 'apple' THEN '0' WHEN 'google' THEN '1' WHEN 'facebook' THEN '2'
                    WHEN 'baidu' THEN '3'
                    ELSE nullif(regexp_extract(url, '(&|^)channel_id=([^&]*)', 2), '') END AS channel_id
                FROM bid)
            WHERE channel_id IS NOT NULL
            """,
        Row = (bid, row) => row
            .Add(bid.Auction).Add(bid.Bidder).Add(bid.Price).Add(bid.Channel).Add(bid.ChannelId),
        DueOf = bid => Due.With(bid.DateTime),
    };

    /// <inheritdoc/>
    public override void Define(JobBuilder job)
    {
        job.Nexmark().Bids()
            .Select(bid => new ChannelBid(
                bid.Auction, bid.Bidder, bid.Price, bid.Channel, IdOf(bid.Channel, bid.Url), bid.DateTime))
            .Where(bid => bid.ChannelId.Length > 0)
            .To(Results);
    }

    private static string IdOf(string channel, string url) => channel switch
    {
        _ when Is(channel, "apple") => "0",
        _ when Is(channel, "google") => "1",
        _ when Is(channel, "facebook") => "2",
        _ when Is(channel, "baidu") => "3",
        _ => InUrl().Match(url).Groups[2].Value,
    };

    private static bool Is(string channel, string known) => channel.Equals(known, StringComparison.OrdinalIgnoreCase);

    [GeneratedRegex("(&|^)channel_id=([^&]*)", RegexOptions.CultureInvariant)]
    private static partial Regex InUrl();
}
