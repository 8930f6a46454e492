namespace Weir.Benchmarks.Nexmark.Oracle;

using DuckDB.NET.Data;

/// <summary>
/// Takes the results of a job, numbered in the order in which they come. Dispose of it before they are looked at.
/// </summary>
internal sealed class ResultTable(OracleDatabase database, string table, string files) : IDisposable
{
    private readonly ResultRow _row = new();
    private DuckDBAppender? _appender;
    private long _count;

    public ResultRow Begin()
    {
        _appender ??= database.Append(table);
        _row.Begin(_appender.CreateRow());
        return _row.Add(_count++);
    }

    /// <summary>Takes the rows of a query over files, whose names it has as <c>$files</c>; the first column is their
    /// number.</summary>
    public void Load(string sql) => database.Execute(
        $"INSERT INTO {table} {sql.Replace("$files", $"'{Path.Combine(files, "*.csv")}'", StringComparison.Ordinal)}");

    public void Dispose() => _appender?.Dispose();
}
