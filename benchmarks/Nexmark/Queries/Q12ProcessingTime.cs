namespace Weir.Benchmarks.Nexmark.Queries;

using Weir.Benchmarks.Nexmark.Model;
using Weir.Engine.Aggregates;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Engine.Windows;

/// <summary>
/// Query 12: the bids of each bidder by 10 s of processing time, which is the clock of the log. It reads the topic that
/// is partitioned by who acts, so the clock of a bid is the stamp of its own batch. A window that the clock has not
/// reached the end of when the input ends gives nothing.
/// </summary>
public sealed class Q12ProcessingTime : StreamJob
{
    /// <summary>The windows.</summary>
    public static readonly Topic<BidsOfBidder> Results = Topic.Of<BidsOfBidder>("q12-results");

    internal static NexmarkQuery Query => new TopicQuery<BidsOfBidder>(
        "q12", "processing time", typeof(Q12ProcessingTime))
    {
        Input = NexmarkTopics.ByActor,
        Results = Results,
        Sql = """
            SELECT bidder, count(*), start, start + 10000
            FROM (SELECT bidder, stamp // 10000 * 10000 AS start FROM acted)
            WHERE start + 10000 <= (SELECT final FROM input_clock)
            GROUP BY bidder, start
            """,
        Row = (window, row) => row.Add(window.Bidder).Add(window.Bids).Add(window.Start).Add(window.End),
        DueOf = window => new Due(DueBy.Clock, window.End),
    };

    /// <inheritdoc/>
    public override void Define(JobBuilder job)
    {
        ArgumentNullException.ThrowIfNull(job);
        job.From(NexmarkTopics.ByActor)
            .Where(each => each.Bid is not null)
            .KeyBy(NexmarkTopics.ByActor.Key)
            .Window(Windows.TumblingProcessingTime(TimeSpan.FromSeconds(10)))
            .Aggregate("count-bids", new Count<NexmarkEvent>())
            .Select(count => new BidsOfBidder(count.Key, count.Value, count.Window.Start, count.Window.End))
            .To(Results);
    }
}
