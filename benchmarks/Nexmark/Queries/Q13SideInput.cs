namespace Weir.Benchmarks.Nexmark.Queries;

using System.Globalization;
using Weir.Benchmarks.Nexmark.Model;
using Weir.Engine.Streams;
using Weir.Engine.Time;

/// <summary>A bid with what a table says of its auction.</summary>
public sealed record LookedUpBid(long Auction, long Bidder, long Price, EventTime DateTime, string Value);

/// <summary>Query 13: each bid with the value that a bounded table has for its auction modulo 10 000.</summary>
public sealed class Q13SideInput : StreamJob
{
    /// <summary>Rows of the table: of the keys 0 to below this.</summary>
    public const int TableRows = 2000;

    /// <summary>The bids.</summary>
    public static readonly Topic<LookedUpBid> Results = Topic.Of<LookedUpBid>("q13-results");

    private static readonly Dictionary<long, string> Table = Enumerable.Range(0, TableRows)
        .ToDictionary(row => (long)row, row => row.ToString(CultureInfo.InvariantCulture));

    internal static NexmarkQuery Query => new TopicQuery<LookedUpBid>("q13", "side input", typeof(Q13SideInput))
    {
        Results = Results,
        Sql = $"""
            SELECT auction, bidder, price, date_time, value
            FROM bid JOIN (SELECT row AS key, row::VARCHAR AS value FROM range({TableRows}) AS side(row))
            ON auction % 10000 = key
            """,
        Row = (bid, row) => row.Add(bid.Auction).Add(bid.Bidder).Add(bid.Price).Add(bid.DateTime).Add(bid.Value),
        DueOf = bid => Due.With(bid.DateTime),
    };

    /// <inheritdoc/>
    public override void Define(JobBuilder job)
    {
        job.Nexmark().Bids()
            .EnrichAsync("look-up", (bid, _) => Task.FromResult(Find(bid)))
            .Where(found => found is not null)
            .Select(found => found!)
            .To(Results);
    }

    private static LookedUpBid? Find(Bid bid) => Table.TryGetValue(bid.Auction % 10_000, out string? value)
        ? new LookedUpBid(bid.Auction, bid.Bidder, bid.Price, bid.DateTime, value)
        : null;
}
