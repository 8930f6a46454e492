namespace Weir.Benchmarks.Nexmark.Queries;

using Weir.Benchmarks.Nexmark.Model;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Engine.Windows;

/// <summary>Who registered.</summary>
public readonly record struct Registration(long Id, string Name);

/// <summary>A person who registered and offered something in one window.</summary>
public readonly record struct NewSeller(long Id, string Name, EventTime WindowStart, EventTime WindowEnd);

/// <summary>Query 8: who registered and opened an auction within the same 10 s.</summary>
public sealed class Q08NewUsers : StreamJob
{
    /// <summary>The persons.</summary>
    public static readonly Topic<NewSeller> Results = Topic.Of<NewSeller>("q8-results");

    internal static NexmarkQuery Query => new TopicQuery<NewSeller>("q8", "new users", typeof(Q08NewUsers))
    {
        Results = Results,
        Sql = """
            SELECT p.id, p.name, p.start
            FROM (SELECT DISTINCT id, name, date_time // 10000 * 10000 AS start FROM person) p
            JOIN (SELECT DISTINCT seller, date_time // 10000 * 10000 AS start FROM auction) a
            ON p.id = a.seller AND p.start = a.start
            """,
        Row = (seller, row) => row.Add(seller.Id).Add(seller.Name).Add(seller.WindowStart),
        DueOf = seller => Due.AtWatermark(seller.WindowEnd),
    };

    /// <inheritdoc/>
    public override void Define(JobBuilder job)
    {
        DataStream<NexmarkEvent> events = job.Nexmark();
        events.Persons().Select(person => new Registration(person.Id, person.Name)).KeyBy(person => person.Id)
            .CoGroup(events.Auctions().Select(auction => auction.Seller).KeyBy(seller => seller))
            .Window(Windows.Tumbling(TimeSpan.FromSeconds(10)))
            .Apply<NewSeller>("new-sellers", (sides, window) =>
            {
                if (sides.Right.Count == 0)
                    return;
                foreach (Registration person in sides.Left.Distinct())
                    window.Emit(new NewSeller(person.Id, person.Name, window.Window.Start, window.Window.End));
            })
            .To(Results);
    }
}
