namespace Weir.Samples.Flights.Results;

using Microsoft.Data.Sqlite;
using Weir.Engine.Streams;
using Weir.Engine.Time;

/// <summary>An airport and what all its hours come to.</summary>
internal sealed record AirportTotal(string Airport, long Departures, long SumDelayMinutes, long Delayed15);

/// <summary>
/// Sorts the results on disk, so that their number does not matter for memory: a database of two tables that is
/// removed in the end. A later value of a window replaces the one before.
/// </summary>
internal sealed class ResultTables : IDisposable
{
    private const string Schema = """
        PRAGMA journal_mode = OFF;
        PRAGMA synchronous = OFF;
        PRAGMA locking_mode = EXCLUSIVE;
        PRAGMA cache_size = -8192;
        CREATE TABLE features (
            start INTEGER, origin TEXT, departures INTEGER, sum_delay INTEGER, max_delay INTEGER, delayed INTEGER,
            destinations INTEGER, PRIMARY KEY (start, origin)) WITHOUT ROWID;
        CREATE TABLE quiet (
            quiet_at INTEGER, origin TEXT, destination TEXT, last_seen INTEGER, days INTEGER,
            PRIMARY KEY (quiet_at, origin, destination, last_seen, days)) WITHOUT ROWID;
        BEGIN;
        """;

    private readonly string _path;
    private readonly SqliteConnection _database;
    private readonly SqliteCommand _addFeatures;
    private readonly SqliteCommand _addQuiet;

    public ResultTables(string path)
    {
        _path = path;
        File.Delete(path);
        var file = new SqliteConnectionStringBuilder { DataSource = path, Pooling = false };
        _database = new SqliteConnection(file.ToString());
        _database.Open();
        using (SqliteCommand create = Command(Schema))
            create.ExecuteNonQuery();
        _addFeatures = Statement("INSERT OR REPLACE INTO features VALUES ($0, $1, $2, $3, $4, $5, $6)", 7);
        _addQuiet = Statement("INSERT OR REPLACE INTO quiet VALUES ($0, $1, $2, $3, $4)", 5);
    }

    /// <summary>Takes a value of a window, in the order in which the job gave them.</summary>
    public void Add(Windowed<string, AirportHour> result)
    {
        AirportHour hour = result.Value;
        Execute(
            _addFeatures,
            result.Window.Start.Milliseconds,
            result.Key,
            hour.Departures,
            hour.SumDelayMinutes,
            hour.MaxDelayMinutes,
            hour.Delayed15,
            hour.Destinations);
    }

    /// <summary>Takes a route that went quiet.</summary>
    public void Add(QuietRoute quiet) => Execute(
        _addQuiet,
        quiet.QuietAt.Milliseconds,
        quiet.Origin,
        quiet.Destination,
        quiet.LastSeen.Milliseconds,
        quiet.Days);

    /// <summary>Writes the last value of each window, by start and airport, and returns how many there are.</summary>
    public long WriteFeatures(string path)
    {
        using var file = new CsvFile(
            path, "window_start,origin,departures,sum_delay_minutes,max_delay_minutes,delayed_15,destinations");
        using SqliteCommand select = Command("SELECT * FROM features ORDER BY start, origin");
        using SqliteDataReader row = select.ExecuteReader();
        while (row.Read())
        {
            file.Write(
                $"{Minute(row, 0)},{row.GetString(1)},{row.GetInt64(2)},{row.GetInt64(3)},{row.GetInt64(4)},"
                + $"{row.GetInt64(5)},{row.GetInt64(6)}");
        }

        return file.Finish();
    }

    /// <summary>Writes the routes that went quiet, by all columns in order, and returns how many there are.</summary>
    public long WriteQuietRoutes(string path)
    {
        using var file = new CsvFile(path, "quiet_at,origin,destination,last_seen,days");
        using SqliteCommand select = Command(
            "SELECT * FROM quiet ORDER BY quiet_at, origin, destination, last_seen, CAST(days AS TEXT)");
        using SqliteDataReader row = select.ExecuteReader();
        while (row.Read())
            file.Write($"{Minute(row, 0)},{row.GetString(1)},{row.GetString(2)},{Minute(row, 3)},{row.GetInt64(4)}");
        return file.Finish();
    }

    /// <summary>The airports with the most departures.</summary>
    public IReadOnlyList<AirportTotal> FindBusiest(int count)
    {
        using SqliteCommand select = Command(
            "SELECT origin, SUM(departures) AS total, SUM(sum_delay), SUM(delayed) FROM features "
            + $"GROUP BY origin ORDER BY total DESC, origin LIMIT {count}");
        using SqliteDataReader row = select.ExecuteReader();
        List<AirportTotal> totals = [];
        while (row.Read())
            totals.Add(new AirportTotal(row.GetString(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3)));
        return totals;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _addFeatures.Dispose();
        _addQuiet.Dispose();
        _database.Dispose();
        File.Delete(_path);
    }

    private static string Minute(SqliteDataReader row, int column) =>
        CsvFile.Minute(new EventTime(row.GetInt64(column)));

    private static void Execute(SqliteCommand statement, params ReadOnlySpan<object> values)
    {
        for (int i = 0; i < values.Length; i++)
            statement.Parameters[i].Value = values[i];
        statement.ExecuteNonQuery();
    }

    private SqliteCommand Statement(string sql, int parameters)
    {
        SqliteCommand statement = Command(sql);
        for (int i = 0; i < parameters; i++)
            statement.Parameters.Add(new SqliteParameter($"${i}", value: null));
        statement.Prepare();
        return statement;
    }

    // Every text is a constant of this class; there is nothing to inject.
#pragma warning disable CA2100
    private SqliteCommand Command(string sql) => new(sql, _database);
#pragma warning restore CA2100
}
