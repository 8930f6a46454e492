namespace Weir.Benchmarks.Nexmark.Oracle;

using System.Globalization;
using DuckDB.NET.Data;
using Weir.Benchmarks.Nexmark.Generation;
using Weir.Benchmarks.Nexmark.Model;
using Weir.Benchmarks.Nexmark.Queries;
using Weir.Engine.Time;

/// <summary>
/// DuckDB over the events of a generator, as the tables person, auction and bid. Every row has the number of its event;
/// times are milliseconds. The table acted holds what only the log knows: when each bid was appended.
/// </summary>
internal sealed class OracleDatabase : IDisposable
{
    private const string Schema = """
        CREATE TABLE person (
            number BIGINT, id BIGINT, name VARCHAR, email_address VARCHAR, credit_card VARCHAR, city VARCHAR,
            state VARCHAR, date_time BIGINT, extra VARCHAR);
        CREATE TABLE auction (
            number BIGINT, id BIGINT, item_name VARCHAR, description VARCHAR, initial_bid BIGINT, reserve BIGINT,
            date_time BIGINT, expires BIGINT, seller BIGINT, category BIGINT, extra VARCHAR);
        CREATE TABLE bid (
            number BIGINT, auction BIGINT, bidder BIGINT, price BIGINT, channel VARCHAR, url VARCHAR, date_time BIGINT,
            extra VARCHAR);
        CREATE TABLE acted (bidder BIGINT, stamp BIGINT);
        CREATE TABLE input_clock (final BIGINT);
        """;

    private const int ExamplesEach = 3;
    private readonly DuckDBConnection _database;

    private OracleDatabase(DuckDBConnection database) => _database = database;

    /// <summary>Opens the database in a file, which is made if it is not there.</summary>
    public static OracleDatabase Open(string path)
    {
        bool isNew = !File.Exists(path);
        var database = new OracleDatabase(new DuckDBConnection($"DataSource={path}"));
        database._database.Open();
        database.Execute("SET threads = 2; SET memory_limit = '4GB'");
        if (isNew)
            database.Execute(Schema);
        return database;
    }

    /// <summary>Takes all events of a generator up to a number.</summary>
    public void Load(NexmarkGenerator generator, long events)
    {
        using DuckDBAppender persons = Append("person");
        using DuckDBAppender auctions = Append("auction");
        using DuckDBAppender bids = Append("bid");
        var row = new ResultRow();
        for (long number = 0; number < events; number++)
        {
            NexmarkEvent made = generator.Make(number);
            row.Begin((made.Bid is not null ? bids : made.Auction is not null ? auctions : persons).CreateRow());
            row.Add(number);
            Add(made, row);
            row.End();
        }
    }

    /// <summary>Takes when each bid was appended, and where the clock of the log stood in the end.</summary>
    public async Task LoadStampsAsync(IAsyncEnumerable<(long Bidder, EventTime Stamp)> bids, EventTime final)
    {
        using (DuckDBAppender appender = Append("acted"))
        {
            var row = new ResultRow();
            await foreach ((long bidder, EventTime stamp) in bids)
            {
                row.Begin(appender.CreateRow());
                row.Add(bidder).Add(stamp).End();
            }
        }

        Execute(string.Create(CultureInfo.InvariantCulture, $"INSERT INTO input_clock VALUES ({final.Milliseconds})"));
    }

    /// <summary>Compares the results of a query with the rows of its SQL.</summary>
    /// <param name="query">The query.</param>
    /// <param name="files">Where its job wrote files.</param>
    /// <param name="copy">Copies the results of the job.</param>
    public async Task<Comparison> CompareAsync(NexmarkQuery query, string files, Func<ResultTable, Task> copy)
    {
        Execute($"CREATE OR REPLACE TABLE expected AS SELECT * FROM ({query.Sql})");
        Execute("CREATE OR REPLACE TABLE given AS SELECT 0::BIGINT AS given_as, * FROM expected LIMIT 0");
        using (var table = new ResultTable(this, "given", files))
            await copy(table);
        string last = query.Keys.Count == 0
            ? ""
            : $"QUALIFY row_number() OVER (PARTITION BY {string.Join(", ", query.Keys)} ORDER BY given_as DESC) = 1";
        Execute($"CREATE OR REPLACE TABLE actual AS SELECT * EXCLUDE given_as FROM given {last}");
        Execute("CREATE OR REPLACE TABLE missing AS FROM expected EXCEPT ALL FROM actual");
        Execute("CREATE OR REPLACE TABLE surplus AS FROM actual EXCEPT ALL FROM expected");
        var comparison = new Comparison(
            Count("given"),
            Count("expected"),
            Count("missing"),
            Count("surplus"),
            [.. Examples("missing"), .. Examples("surplus")]);
        Execute("DROP TABLE expected; DROP TABLE given; DROP TABLE actual; DROP TABLE missing; DROP TABLE surplus");
        return comparison;
    }

    public DuckDBAppender Append(string table) => _database.CreateAppender(table);

    public void Execute(string sql)
    {
        using DuckDBCommand command = _database.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    public void Dispose() => _database.Dispose();

    private static void Add(NexmarkEvent made, ResultRow row)
    {
        if (made.Bid is { } bid)
            row.Add(bid.Auction).Add(bid.Bidder).Add(bid.Price).Add(bid.Channel).Add(bid.Url).Add(bid.DateTime)
                .Add(bid.Extra);
        else if (made.Auction is { } auction)
            row.Add(auction.Id).Add(auction.ItemName).Add(auction.Description).Add(auction.InitialBid)
                .Add(auction.Reserve).Add(auction.DateTime).Add(auction.Expires).Add(auction.Seller)
                .Add(auction.Category).Add(auction.Extra);
        else if (made.Person is { } person)
            row.Add(person.Id).Add(person.Name).Add(person.EmailAddress).Add(person.CreditCard).Add(person.City)
                .Add(person.State).Add(person.DateTime).Add(person.Extra);
    }

    private long Count(string table)
    {
        using DuckDBCommand command = _database.CreateCommand();
        command.CommandText = $"SELECT count(*) FROM {table}";
        return Convert.ToInt64(command.ExecuteScalar(), CultureInfo.InvariantCulture);
    }

    private List<string> Examples(string table)
    {
        using DuckDBCommand command = _database.CreateCommand();
        command.CommandText = $"FROM {table} ORDER BY ALL LIMIT {ExamplesEach}";
        using DuckDBDataReader reader = command.ExecuteReader();
        List<string> examples = [];
        while (reader.Read())
        {
            IEnumerable<string?> values = Enumerable.Range(0, reader.FieldCount)
                .Select(column => Convert.ToString(reader.GetValue(column), CultureInfo.InvariantCulture));
            examples.Add($"{table}: {string.Join(" | ", values)}");
        }

        return examples;
    }
}
