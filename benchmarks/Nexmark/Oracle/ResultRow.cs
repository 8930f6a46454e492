namespace Weir.Benchmarks.Nexmark.Oracle;

using DuckDB.NET.Data;
using Weir.Engine.Time;

/// <summary>A row on its way into a table; values are added in the order of the columns.</summary>
internal sealed class ResultRow
{
    private IDuckDBAppenderRow? _row;

    public ResultRow Add(long value)
    {
        _row!.AppendValue((long?)value);
        return this;
    }

    public ResultRow Add(decimal value)
    {
        _row!.AppendValue((decimal?)value);
        return this;
    }

    public ResultRow Add(string value)
    {
        _row!.AppendValue(value);
        return this;
    }

    /// <summary>A time as milliseconds.</summary>
    public ResultRow Add(EventTime value) => Add(value.Milliseconds);

    public void End() => _row!.EndRow();

    public void Begin(IDuckDBAppenderRow row) => _row = row;
}
