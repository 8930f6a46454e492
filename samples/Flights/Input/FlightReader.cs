namespace Weir.Samples.Flights.Input;

using System.Diagnostics.CodeAnalysis;

/// <summary>
/// Reads the flights of all files in the order of reporting, as one batch per reported minute. Only the batch at hand
/// is in memory; the list is used again for the next one.
/// </summary>
/// <param name="directory">The files.</param>
/// <param name="reject">Told of every line that is no flight.</param>
internal sealed class FlightReader(FlightDirectory directory, Action<RejectedRow> reject) : IDisposable
{
    private readonly FlightParser _parser = new();
    private readonly List<Flight> _batch = [];
    private Flight? _next;
    private StreamReader? _text;
    private FileStream? _stored;
    private int _file = -1;
    private long _line;
    private long _bytesOfFinishedFiles;

    /// <summary>How much of the stored files has been read.</summary>
    public long BytesRead => _bytesOfFinishedFiles + (_stored?.Position ?? 0);

    /// <summary>Flights read so far.</summary>
    public long Flights { get; private set; }

    /// <summary>The next batch, valid until the next call; false at the end.</summary>
    public bool TryReadBatch([NotNullWhen(true)] out IReadOnlyList<Flight>? batch)
    {
        _batch.Clear();
        if (_next is { } first || TryReadFlight(out first))
        {
            _batch.Add(first);
            _next = null;
            while (TryReadFlight(out Flight flight))
            {
                if (flight.Reported != first.Reported)
                {
                    _next = flight;
                    break;
                }

                _batch.Add(flight);
            }
        }

        Flights += _batch.Count;
        batch = _batch.Count > 0 ? _batch : null;
        return batch is not null;
    }

    /// <inheritdoc/>
    public void Dispose() => CloseFile();

    private bool TryReadFlight(out Flight flight)
    {
        while (TryReadLine(out string? line))
        {
            if (line.Length == 0)
                continue;
            string? fault = _parser.TryParse(line, out flight);
            if (fault is null)
                return true;
            Reject(fault, line);
        }

        flight = default;
        return false;
    }

    private bool TryReadLine([NotNullWhen(true)] out string? line)
    {
        while (true)
        {
            if (_text is null && !TryOpenNextFile())
            {
                line = null;
                return false;
            }

            line = ReadLineOfFile();
            if (line is not null)
                return true;
            _bytesOfFinishedFiles += _stored!.Length;
            CloseFile();
        }
    }

    // A file that breaks off, as a download does, has still given the lines before: they count, and the break is told.
    private string? ReadLineOfFile()
    {
        try
        {
            string? line = _text!.ReadLine();
            _line++;
            return line;
        }
        catch (Exception fault) when (fault is IOException or InvalidDataException)
        {
            _line++;
            Reject($"the file can not be read from here on: {fault.Message}", "");
            return null;
        }
    }

    private bool TryOpenNextFile()
    {
        if (++_file >= directory.Files.Count)
            return false;
        try
        {
            (_text, _stored) = FlightDirectory.OpenText(directory.Files[_file]);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{directory.Files[_file]}: the file can not be read: {fault.Message}", fault);
        }

        _line = 0;

        // The header has been checked when the directory was looked at.
        ReadLineOfFile();
        return true;
    }

    private void Reject(string reason, string text) =>
        reject(new RejectedRow(Path.GetFileName(directory.Files[_file]), _line, reason, text));

    private void CloseFile()
    {
        _text?.Dispose();
        _text = null;
        _stored = null;
    }
}
