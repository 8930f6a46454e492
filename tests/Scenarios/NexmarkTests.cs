namespace Weir.Scenarios;

using Weir.Benchmarks.Nexmark.Generation;
using Weir.Benchmarks.Nexmark.Model;
using Weir.Benchmarks.Nexmark.Oracle;
using Weir.Benchmarks.Nexmark.Queries;
using Weir.Benchmarks.Nexmark.Runs;
using Weir.Engine.Time;

/// <summary>The queries of Nexmark through a real silo, and DuckDB over the same events.</summary>
public sealed class NexmarkTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("weir-nexmark-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task EveryQueryGivesWhatDuckDbComputes()
    {
        // 200 s of event time: 20 windows of 10 s, and a midnight.
        var options = new RunOptions { Queries = QueryList.All, Events = 20_000, EventsPerSecond = 100 };
        IReadOnlyList<(NexmarkQuery Query, Comparison Comparison)> found = await new CheckRun(options, _root).RunAsync();
        Assert.Equal(22, found.Count);
        Assert.All(found, each => Assert.True(
            each.Comparison is { IsEqual: true, Rows: > 0 },
            $"{each.Query.Name}: {each.Comparison.Rows} rows, {each.Comparison.Missing} missing, "
            + $"{each.Comparison.Surplus} surplus\n{string.Join('\n', each.Comparison.Examples)}"));
    }

    [Fact]
    public async Task AChangedAMissingAndARepeatedRowAreFound()
    {
        const int events = 1000;
        var generator = new NexmarkGenerator(new NexmarkSettings());
        using OracleDatabase oracle = OracleDatabase.Open(Path.Combine(_root, "oracle.duckdb"));
        oracle.Load(generator, events);
        PassedBid[] bids =
        [
            .. from number in Enumerable.Range(0, events)
               let bid = generator.Make(number).Bid
               where bid is not null
               select new PassedBid(bid.Auction, bid.Bidder, bid.Price, bid.DateTime, bid.Extra),
        ];
        var query = (TopicQuery<PassedBid>)Q00PassThrough.Query;
        Task<Comparison> Compare(IEnumerable<PassedBid> given) => oracle.CompareAsync(query, _root, table =>
        {
            foreach (PassedBid bid in given)
            {
                ResultRow row = table.Begin();
                query.Row(bid, row);
                row.End();
            }

            return Task.CompletedTask;
        });

        Assert.True((await Compare(bids)).IsEqual);
        Comparison changed = await Compare([bids[0] with { Price = 1 }, .. bids[1..]]);
        Assert.Equal((920, 1, 1), (changed.Rows, changed.Missing, changed.Surplus));
        Assert.Equal(2, changed.Examples.Count);
        Comparison missing = await Compare(bids[1..]);
        Assert.Equal((1, 0), (missing.Missing, missing.Surplus));
        Comparison repeated = await Compare([bids[0], .. bids]);
        Assert.Equal((0, 1), (repeated.Missing, repeated.Surplus));
    }

    [Fact]
    public async Task OfResultsThatReplaceEachOtherTheLastOneCounts()
    {
        using OracleDatabase oracle = OracleDatabase.Open(Path.Combine(_root, "oracle.duckdb"));
        var query = (TopicQuery<CategoryPrice>)Q04AveragePrice.Query;
        var other = new TopicQuery<CategoryPrice>("q4", "", query.Job)
        {
            Results = query.Results,
            Sql = "SELECT 10::BIGINT AS category, 7::BIGINT AS average",
            Keys = query.Keys,
            Row = query.Row,
            DueOf = query.DueOf,
        };
        Comparison comparison = await oracle.CompareAsync(other, _root, table =>
        {
            foreach (long average in (long[])[9, 8, 7])
            {
                ResultRow row = table.Begin();
                other.Row(new CategoryPrice(10, average, EventTime.None), row);
                row.End();
            }

            return Task.CompletedTask;
        });
        Assert.Equal((3, 1), (comparison.Results, comparison.Rows));
        Assert.True(comparison.IsEqual);
    }

    [Fact]
    public void EventsFollowFromTheSeed()
    {
        var first = new NexmarkGenerator(new NexmarkSettings { Seed = 5 });
        var again = new NexmarkGenerator(new NexmarkSettings { Seed = 5 });
        var other = new NexmarkGenerator(new NexmarkSettings { Seed = 6 });
        Assert.Equal(Enumerable.Range(0, 500).Select(i => first.Make(i)), Enumerable.Range(0, 500).Select(i => again.Make(i)));
        Assert.NotEqual(first.Make(77), other.Make(77));
        Assert.Equal(first.Make(77), again.Batches(0, 1000, 100).SelectMany(batch => batch).ElementAt(77));
    }

    [Fact]
    public void EventsHaveThePublishedDistributions()
    {
        const int events = 100_000;
        var generator = new NexmarkGenerator(new NexmarkSettings());
        NexmarkEvent[] made = [.. Enumerable.Range(0, events).Select(i => generator.Make(i))];
        Person[] persons = [.. made.Select(each => each.Person).OfType<Person>()];
        Auction[] auctions = [.. made.Select(each => each.Auction).OfType<Auction>()];
        Bid[] bids = [.. made.Select(each => each.Bid).OfType<Bid>()];

        Assert.Equal(Enumerable.Range(1000, events / 50).Select(id => (long)id), persons.Select(each => each.Id));
        Assert.Equal(Enumerable.Range(1000, events / 50 * 3).Select(id => (long)id), auctions.Select(each => each.Id));
        Assert.Equal(events / 50 * 46, bids.Length);
        Assert.InRange(Part(bids, bid => bid.Auction % 100 == 0), 0.49, 0.52);
        Assert.InRange(Part(bids, bid => bid.Bidder % 100 == 1), 0.74, 0.77);
        Assert.InRange(Part(auctions, auction => auction.Seller % 100 == 0), 0.74, 0.77);
        Assert.InRange(Part(bids, bid => bid.Price < 10_000), 0.32, 0.35);
        Assert.InRange(Part(bids, bid => bid.Channel.StartsWith("channel-", StringComparison.Ordinal)), 0.49, 0.51);
        Assert.InRange(Part(auctions, auction => auction.Category == 10), 0.18, 0.22);
        Assert.All(bids, bid => Assert.InRange(bid.Price, 100, 100_000_000));
        Assert.InRange(bids.Average(bid => 32 + bid.Extra.Length), 99, 101);
        Assert.InRange(auctions.Average(auction => (auction.Expires - auction.DateTime).TotalMilliseconds), 160, 175);
    }

    [Fact]
    public void ABatchNeverEndsWithinAMillisecond()
    {
        var generator = new NexmarkGenerator(new NexmarkSettings { EventsPerSecond = 7000 });
        NexmarkEvent[][] batches = [.. generator.Batches(0, 5000, 100)];
        Assert.Equal(5000, batches.Sum(batch => batch.Length));
        Assert.All(batches.Zip(batches.Skip(1)), pair => Assert.True(pair.First[^1].At < pair.Second[0].At));
        EventTime time = batches[3][0].At;
        Assert.Equal(batches.Take(3).Sum(batch => batch.Length), generator.FirstAt(time));
    }

    [Theory]
    [InlineData(6, "nightTime")]
    [InlineData(7, "otherTime")]
    [InlineData(8, "dayTime")]
    [InlineData(18, "dayTime")]
    [InlineData(19, "otherTime")]
    [InlineData(20, "nightTime")]
    public void ATimeOfDayHasItsName(int hour, string name) => Assert.Equal(
        name, Q14Calculation.TimeType(EventTime.From(new DateTime(2026, 7, 14, hour, 59, 59, DateTimeKind.Utc))));

    [Theory]
    [InlineData("--query q99", "--query has 'q99': use names from q0 to q5 and q7 to q22, such as q5,q8.")]
    [InlineData("--query q6", "--query has 'q6', which the Nexmark suite leaves out too")]
    [InlineData("--events 0", "--events must be a whole number from 1 to 1000000000, not '0'.")]
    [InlineData("--seed x", "--seed must be a whole number from 0 to 9223372036854775807, not 'x'.")]
    [InlineData("--speed", "Unrecognized command or argument '--speed'.")]
    public async Task AWrongCommandLineIsOneSentence(string arguments, string message)
    {
        TextWriter before = Console.Error;
        using var errors = new StringWriter();
        Console.SetError(errors);
        try
        {
            Assert.Equal(2, await NexmarkCommand.InvokeAsync(arguments.Split(' ')));
        }
        finally
        {
            Console.SetError(before);
        }

        Assert.StartsWith($"error: {message}", errors.ToString(), StringComparison.Ordinal);
        Assert.Equal('\n', Assert.Single(errors.ToString(), letter => letter == '\n'));
    }

    private static double Part<T>(IReadOnlyCollection<T> all, Func<T, bool> isOne) => all.Count(isOne) / (double)all.Count;
}
