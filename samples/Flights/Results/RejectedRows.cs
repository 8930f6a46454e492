namespace Weir.Samples.Flights.Results;

using Weir.Samples.Flights.Input;

/// <summary>Keeps the lines that are no flights, with the reason, and tells the first few.</summary>
internal sealed class RejectedRows : IDisposable
{
    private const int Told = 5;
    private readonly CsvFile _file;
    private readonly string _path;
    private readonly Action<string> _warn;

    public RejectedRows(string path, Action<string> warn)
    {
        _path = path;
        _warn = warn;
        _file = new CsvFile(path, "file,line,reason,text");
    }

    /// <summary>How many there are.</summary>
    public long Count { get; private set; }

    /// <summary>Takes a line.</summary>
    public void Add(RejectedRow row)
    {
        _file.Write($"{CsvFile.Quote(row.File)},{row.Line},{CsvFile.Quote(row.Reason)},{CsvFile.Quote(row.Text)}");
        if (++Count <= Told)
            _warn($"{row.File}, line {row.Line}: {row.Reason}.");
        else if (Count == Told + 1)
            _warn($"More rows are malformed; all of them are in {_path}.");
    }

    /// <summary>Gives the file its name.</summary>
    public void Finish() => _file.Finish();

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
