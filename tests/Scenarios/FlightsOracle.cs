namespace Weir.Scenarios;

using System.Globalization;
using System.Text;
using DuckDB.NET.Data;
using Weir.Engine.Codecs;
using Weir.Engine.Time;
using Weir.Samples.Flights;

/// <summary>How the job is run, as far as its results depend on it.</summary>
public sealed record FlightsCase(TimeSpan OutOfOrder, TimeSpan Lateness, int Partitions)
{
    public override string ToString() => $"{OutOfOrder.TotalHours} h, {Lateness.TotalHours} h, {Partitions}";
}

/// <summary>
/// The two result files of the flights, computed by DuckDB from the raw files. The only thing taken from Weir is which
/// partition an airport lies in.
/// </summary>
internal sealed class FlightsOracle : IDisposable
{
    private readonly DuckDBConnection _database = new("DataSource=:memory:");

    /// <summary>What the table of placed flights is for; it takes longer to make than what is asked of it.</summary>
    private FlightsCase? _placed;

    public FlightsOracle(string dataDirectory)
    {
        string files = Path.Combine(dataDirectory, "*.csv.gz").Replace("'", "''", StringComparison.Ordinal);
        _database.Open();
        Execute($$"""
            CREATE TABLE flights AS
            SELECT row_number() OVER () AS row, * FROM read_csv('{{files}}',
                header = true, timestampformat = '%Y-%m-%dT%H:%M', columns = {
                    reported: 'TIMESTAMP', scheduled: 'TIMESTAMP', origin: 'VARCHAR', destination: 'VARCHAR',
                    distance_miles: 'INTEGER', delay_minutes: 'INTEGER' })
            """);
    }

    public long Flights => Scalar("SELECT count(*) FROM flights");

    public void Dispose() => _database.Dispose();

    /// <summary>The windows without regard to time: what they are when no flight is late.</summary>
    public byte[] AirportFeatures() => FeaturesOf("flights");

    /// <summary>The windows without the flights that came too late.</summary>
    public byte[] AirportFeatures(FlightsCase run)
    {
        PlaceBatches(run);
        return FeaturesOf("(SELECT * FROM placed WHERE NOT late)");
    }

    public long LateFlights(FlightsCase run)
    {
        PlaceBatches(run);
        return Scalar("SELECT count(*) FROM placed WHERE late");
    }

    /// <summary>
    /// The routes that went quiet when no flight is late. In the end every partition has come as far as the latest
    /// scheduled time of all, so that time alone decides which of the last silences were long enough.
    /// </summary>
    public byte[] QuietRoutes(TimeSpan outOfOrder) => QuietRoutesOf("flights", outOfOrder);

    /// <summary>The routes that went quiet when flights at or below the watermark are ignored.</summary>
    public byte[] QuietRoutes(FlightsCase run)
    {
        PlaceBatches(run);
        return QuietRoutesOf("(SELECT * FROM placed WHERE NOT passed)", run.OutOfOrder);
    }

    /// <summary>
    /// What an hour of an airport was when it had so many flights: the first of them in the order of reporting.
    /// </summary>
    public AirportHour AirportHourAfter(string origin, EventTime start, int departures)
    {
        using DuckDBCommand command = _database.CreateCommand();
        command.CommandText = $"""
            SELECT sum(delay_minutes)::BIGINT, count(*), max(delay_minutes), count(*) FILTER (delay_minutes > 15),
                count(DISTINCT destination)
            FROM (
                SELECT * FROM flights
                WHERE origin = '{origin}' AND date_trunc('hour', scheduled) = epoch_ms({start.Milliseconds})
                ORDER BY row LIMIT {departures})
            """;
        using DuckDBDataReader reader = command.ExecuteReader();
        Assert.True(reader.Read());
        int Integer(int column) => Convert.ToInt32(reader.GetValue(column), CultureInfo.InvariantCulture);
        return new AirportHour(Integer(0), Integer(1), Integer(2), Integer(3), Integer(4));
    }

    /// <summary>Whether a route has a flight at that time.</summary>
    public bool IsScheduled(Route route, EventTime time) => Scalar($"""
        SELECT count(*) FROM flights
        WHERE origin = '{route.Origin}' AND destination = '{route.Destination}'
            AND scheduled = epoch_ms({time.Milliseconds})
        """) > 0;

    private byte[] QuietRoutesOf(string flights, TimeSpan outOfOrder) => Lines(
        "quiet_at,origin,destination,last_seen,days",
        $"""
        SELECT strftime(scheduled + INTERVAL 24 HOUR, '%Y-%m-%dT%H:%M') || ',' || origin || ',' || destination
            || ',' || strftime(scheduled, '%Y-%m-%dT%H:%M') || ',' || days
        FROM ({Silences(flights, outOfOrder)})
        ORDER BY scheduled, origin, destination
        """);

    private static string Silences(string flights, TimeSpan outOfOrder) => $"""
        SELECT * FROM (
            SELECT *,
                lead(scheduled) OVER (PARTITION BY origin, destination ORDER BY scheduled) AS next,
                dense_rank() OVER (PARTITION BY origin, destination ORDER BY scheduled::DATE) AS days
            FROM (SELECT DISTINCT origin, destination, scheduled FROM {flights}))
        WHERE days >= 3
            AND (next IS NULL OR next > scheduled + INTERVAL 24 HOUR)
            AND scheduled + INTERVAL 24 HOUR
                <= (SELECT max(scheduled) FROM flights) - {Interval(outOfOrder)} - INTERVAL 1 MILLISECOND
        """;

    /// <summary>
    /// Marks the late flights. All flights of a partition with the same reported minute are one batch. A batch is read
    /// under the watermark that the batches before it gave: their latest scheduled time less the bound less 1 ms. A
    /// flight is late once that has reached the last instant of its hour plus the lateness, and passed once it has
    /// reached the flight itself.
    /// </summary>
    private void PlaceBatches(FlightsCase run)
    {
        if (run == _placed)
            return;
        PlaceAirports(run.Partitions);
        Execute($"""
            CREATE OR REPLACE TABLE placed AS
            SELECT *, coalesce(
                date_trunc('hour', scheduled) + INTERVAL 1 HOUR - INTERVAL 1 MILLISECOND + {Interval(run.Lateness)}
                    <= reached - {Interval(run.OutOfOrder)} - INTERVAL 1 MILLISECOND, false) AS late,
                coalesce(scheduled <= reached - {Interval(run.OutOfOrder)} - INTERVAL 1 MILLISECOND, false) AS passed
            FROM (
                SELECT flights.*, max(scheduled) OVER (
                    PARTITION BY partition ORDER BY reported
                    RANGE BETWEEN UNBOUNDED PRECEDING AND INTERVAL 1 MINUTE PRECEDING) AS reached
                FROM flights JOIN airports USING (origin))
            """);
        _placed = run;
    }

    private void PlaceAirports(int partitions)
    {
        Execute("CREATE OR REPLACE TABLE airports (origin VARCHAR, partition INTEGER)");
        var codecs = new CodecRegistry();
        foreach (string origin in Texts("SELECT DISTINCT origin FROM flights"))
        {
            var flight = new Flight(EventTime.None, EventTime.None, origin, origin, 0, 0);
            int? partition = FlightsJob.Flights.PartitionOf(flight, partitions, codecs);
            Execute($"INSERT INTO airports VALUES ('{origin}', {partition})");
        }
    }

    private byte[] FeaturesOf(string flights) => Lines(
        "window_start,origin,departures,sum_delay_minutes,max_delay_minutes,delayed_15,destinations",
        $"""
        SELECT strftime(hour, '%Y-%m-%dT%H:%M') || ',' || origin || ',' || count(*) || ',' || sum(delay_minutes)
            || ',' || max(delay_minutes) || ',' || count(*) FILTER (delay_minutes > 15)
            || ',' || count(DISTINCT destination)
        FROM (SELECT *, date_trunc('hour', scheduled) AS hour FROM {flights})
        GROUP BY hour, origin
        ORDER BY hour, origin
        """);

    private static string Interval(TimeSpan span) =>
        string.Create(CultureInfo.InvariantCulture, $"INTERVAL {(long)span.TotalSeconds} SECOND");

    private byte[] Lines(string header, string sql)
    {
        var text = new StringBuilder(header).Append('\n');
        foreach (string line in Texts(sql))
            text.Append(line).Append('\n');
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private List<string> Texts(string sql)
    {
        using DuckDBCommand command = _database.CreateCommand();
        command.CommandText = sql;
        using DuckDBDataReader reader = command.ExecuteReader();
        List<string> texts = [];
        while (reader.Read())
            texts.Add(reader.GetString(0));
        return texts;
    }

    private long Scalar(string sql)
    {
        using DuckDBCommand command = _database.CreateCommand();
        command.CommandText = sql;
        return Convert.ToInt64(command.ExecuteScalar(), CultureInfo.InvariantCulture);
    }

    private void Execute(string sql)
    {
        using DuckDBCommand command = _database.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
