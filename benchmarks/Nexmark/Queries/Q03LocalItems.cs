namespace Weir.Benchmarks.Nexmark.Queries;

using Weir.Benchmarks.Nexmark.Model;
using Weir.Engine.Operators;
using Weir.Engine.State;
using Weir.Engine.Streams;
using Weir.Engine.Time;

/// <summary>An auction and where its seller is.</summary>
/// <param name="Name">The seller's name.</param>
/// <param name="City">The seller's city.</param>
/// <param name="State">The seller's state.</param>
/// <param name="Auction">The auction.</param>
/// <param name="At">The time of the later of the two.</param>
public readonly record struct LocalItem(string Name, string City, string State, long Auction, EventTime At);

/// <summary>Query 3: auctions of category 10 whose sellers are in OR, ID or CA.</summary>
public sealed class Q03LocalItems : StreamJob
{
    /// <summary>The auctions.</summary>
    public static readonly Topic<LocalItem> Results = Topic.Of<LocalItem>("q3-results");

    internal static NexmarkQuery Query => new TopicQuery<LocalItem>("q3", "local items", typeof(Q03LocalItems))
    {
        Results = Results,
        Sql = """
            SELECT p.name, p.city, p.state, a.id
            FROM auction a JOIN person p ON a.seller = p.id
            WHERE a.category = 10 AND p.state IN ('OR', 'ID', 'CA')
            """,
        Row = (item, row) => row.Add(item.Name).Add(item.City).Add(item.State).Add(item.Auction),
        DueOf = item => Due.With(item.At),
    };

    /// <inheritdoc/>
    public override void Define(JobBuilder job)
    {
        DataStream<NexmarkEvent> events = job.Nexmark();
        events.Auctions().Where(auction => auction.Category == 10).KeyBy(auction => auction.Seller)
            .Connect(events.Persons().Where(person => person.State is "OR" or "ID" or "CA").KeyBy(person => person.Id))
            .Process("join-sellers", new JoinSellers())
            .To(Results);
    }

    /// <summary>
    /// The join without a bound in time: each side is kept for ever, for whatever of the other side may come.
    /// </summary>
    private sealed class JoinSellers : KeyedProcess<long, Either<Auction, Person>, LocalItem>
    {
        private static readonly ValueSlot<Person> Seller = State.Value<Person>("seller");
        private static readonly ListSlot<long> Auctions = State.List<long>("auctions");

        public override void OnEvent(Either<Auction, Person> value, IKeyContext<long, LocalItem> key)
        {
            if (value.IsLeft(out Auction? auction, out Person? person))
            {
                key.State(Auctions).Add(auction.Id);
                if (key.State(Seller).Value is { } seller)
                    key.Emit(ItemOf(seller, auction.Id, key.Time));
                return;
            }

            key.State(Seller).Value = person;
            foreach (long waiting in key.State(Auctions).Items)
                key.Emit(ItemOf(person, waiting, key.Time));
        }

        private static LocalItem ItemOf(Person seller, long auction, EventTime at) =>
            new(seller.Name, seller.City, seller.State, auction, at);
    }
}
