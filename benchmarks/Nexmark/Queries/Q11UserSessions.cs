namespace Weir.Benchmarks.Nexmark.Queries;

using Weir.Benchmarks.Nexmark.Model;
using Weir.Engine.Aggregates;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Engine.Windows;

/// <summary>How many bids somebody made in a window.</summary>
public readonly record struct BidsOfBidder(long Bidder, long Bids, EventTime Start, EventTime End);

/// <summary>Query 11: the bids of each bidder, in sessions that end after 10 s without one.</summary>
public sealed class Q11UserSessions : StreamJob
{
    /// <summary>The sessions.</summary>
    public static readonly Topic<BidsOfBidder> Results = Topic.Of<BidsOfBidder>("q11-results");

    internal static NexmarkQuery Query => new TopicQuery<BidsOfBidder>("q11", "user sessions", typeof(Q11UserSessions))
    {
        Results = Results,
        Sql = """
            SELECT bidder, count(*), min(date_time), max(date_time) + 10000
            FROM (
                SELECT *, sum(opens::BIGINT) OVER (PARTITION BY bidder ORDER BY date_time, number) AS session
                FROM (
                    SELECT *, coalesce(date_time - lag(date_time) OVER (
                        PARTITION BY bidder ORDER BY date_time, number) > 10000, true) AS opens
                    FROM bid))
            GROUP BY bidder, session
            """,
        Row = (session, row) => row.Add(session.Bidder).Add(session.Bids).Add(session.Start).Add(session.End),
        DueOf = session => Due.AtWatermark(session.End),
    };

    /// <inheritdoc/>
    public override void Define(JobBuilder job)
    {
        job.Nexmark().Bids()
            .KeyBy(bid => bid.Bidder)
            .Window(Windows.Session(TimeSpan.FromSeconds(10)))
            .Aggregate("count-bids", new Count<Bid>())
            .Select(count => new BidsOfBidder(count.Key, count.Value, count.Window.Start, count.Window.End))
            .To(Results);
    }
}
