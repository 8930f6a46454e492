namespace Weir.Benchmarks.Peers.Contestants;

using DuckDB.NET.Data;

/// <summary>DuckDB, in batch: one query over a table that was loaded before. It keeps nothing up to date.</summary>
internal sealed class DuckDbQuery : IContestant
{
    private readonly DuckDBConnection _database = new("Data Source=:memory:");
    private Sums _sums;

    public async Task PrepareAsync(Workload workload, Reading[] readings)
    {
        await _database.OpenAsync();
        using DuckDBCommand create = _database.CreateCommand();
        create.CommandText = "CREATE TABLE readings (key BIGINT, amount BIGINT, moment BIGINT)";
        await create.ExecuteNonQueryAsync();
        using DuckDBAppender appender = _database.CreateAppender("readings");
        foreach (Reading reading in readings)
        {
            appender.CreateRow()
                .AppendValue(reading.Key).AppendValue(reading.Amount).AppendValue(reading.At.Milliseconds).EndRow();
        }
    }

    public async Task RunAsync(Reading[] readings)
    {
        using DuckDBCommand query = _database.CreateCommand();
        query.CommandText =
            $"SELECT key, moment // {Workload.WindowMilliseconds} * {Workload.WindowMilliseconds}, CAST(sum(amount) AS BIGINT) "
            + "FROM readings GROUP BY 1, 2";
        using DuckDBDataReader rows = await query.ExecuteReaderAsync() as DuckDBDataReader
            ?? throw new InvalidOperationException("DuckDB gave no reader.");
        while (await rows.ReadAsync())
            _sums.Add(rows.GetInt64(0), rows.GetInt64(1), rows.GetInt64(2));
    }

    public Task<Sums> SumsAsync() => Task.FromResult(_sums);

    public ValueTask DisposeAsync() => _database.DisposeAsync();
}
