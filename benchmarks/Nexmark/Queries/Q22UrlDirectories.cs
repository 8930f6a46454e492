namespace Weir.Benchmarks.Nexmark.Queries;

using Weir.Benchmarks.Nexmark.Model;
using Weir.Engine.Streams;
using Weir.Engine.Time;

/// <summary>A bid with the three directories of its url.</summary>
public readonly record struct DirectoriesOfBid(
    long Auction, long Bidder, long Price, string Channel, UrlDirectories Url, EventTime DateTime);

/// <summary>The directories behind the host of a url.</summary>
public readonly record struct UrlDirectories(string First, string Second, string Third)
{
    // https: and an empty part and the host come before.
    private const int Before = 3;

    /// <summary>Takes a url apart; a directory that is not there is empty.</summary>
    public static UrlDirectories Of(string url)
    {
        ArgumentNullException.ThrowIfNull(url);
        ReadOnlySpan<char> text = url;
        Span<Range> parts = stackalloc Range[Before + 4];
        int count = text.Split(parts, '/');
        return new UrlDirectories(
            count > Before ? url[parts[Before]] : "",
            count > Before + 1 ? url[parts[Before + 1]] : "",
            count > Before + 2 ? url[parts[Before + 2]] : "");
    }
}

/// <summary>Query 22: bids with the directories of their url.</summary>
public sealed class Q22UrlDirectories : StreamJob
{
    /// <summary>The bids.</summary>
    public static readonly Topic<DirectoriesOfBid> Results = Topic.Of<DirectoriesOfBid>("q22-results");

    internal static NexmarkQuery Query => new TopicQuery<DirectoriesOfBid>(
        "q22", "url directories", typeof(Q22UrlDirectories))
    {
        Results = Results,
        Sql = """
            SELECT auction, bidder, price, channel,
                split_part(url, '/', 4), split_part(url, '/', 5) AS second, split_part(url, '/', 6) AS third
            FROM bid
            """,
        Row = (bid, row) => row
            .Add(bid.Auction).Add(bid.Bidder).Add(bid.Price).Add(bid.Channel)
            .Add(bid.Url.First).Add(bid.Url.Second).Add(bid.Url.Third),
        DueOf = bid => Due.With(bid.DateTime),
    };

    /// <inheritdoc/>
    public override void Define(JobBuilder job)
    {
        job.Nexmark().Bids()
            .Select(bid => new DirectoriesOfBid(
                bid.Auction, bid.Bidder, bid.Price, bid.Channel, UrlDirectories.Of(bid.Url), bid.DateTime))
            .To(Results);
    }
}
