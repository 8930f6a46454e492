namespace Weir.Samples.Flights.Results;

using System.Globalization;
using System.Text;
using Weir.Engine.Time;

/// <summary>
/// A result file: UTF-8, lines end in LF. It is written under another name and gets its own when it is complete, so
/// that nobody reads half a file.
/// </summary>
internal sealed class CsvFile : IDisposable
{
    private readonly string _path;
    private readonly string _partial;
    private readonly StreamWriter _text;
    private long _rows;

    public CsvFile(string path, string header)
    {
        _path = path;
        _partial = path + ".partial";
        _text = new StreamWriter(_partial, append: false, new UTF8Encoding(false), 1 << 16) { NewLine = "\n" };
        _text.WriteLine(header);
    }

    /// <summary>A time as <c>2001-01-31T23:59</c>.</summary>
    public static string Minute(EventTime time) =>
        time.ToDateTimeOffset().ToString("yyyy-MM-dd'T'HH:mm", CultureInfo.InvariantCulture);

    /// <summary>A text that may hold commas and quotes.</summary>
    public static string Quote(string text) => $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>Writes a row.</summary>
    public void Write(string row)
    {
        _text.WriteLine(row);
        _rows++;
    }

    /// <summary>Gives the file its name, once it is durable, and returns the number of rows.</summary>
    public long Finish()
    {
        _text.Flush();
        ((FileStream)_text.BaseStream).Flush(flushToDisk: true);
        _text.Dispose();
        File.Move(_partial, _path, overwrite: true);
        return _rows;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _text.Dispose();
        File.Delete(_partial);
    }
}
