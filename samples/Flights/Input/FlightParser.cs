namespace Weir.Samples.Flights.Input;

using System.Globalization;
using Weir.Engine.Time;

/// <summary>
/// Reads a flight from a line of text. Codes of airports come again and again, so each is one string for the whole
/// run. Not for use by several threads.
/// </summary>
internal sealed class FlightParser
{
    /// <summary>The first line of every file.</summary>
    public const string Header = "reported,scheduled,origin,destination,distance_miles,delay_minutes";

    private const int Columns = 6;
    private const string MinuteFormat = "yyyy-MM-dd'T'HH:mm";

    private readonly HashSet<string> _codes = new(StringComparer.Ordinal);
    private readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> _codesByText;

    public FlightParser() => _codesByText = _codes.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>The flight, or why the line is none.</summary>
    public string? TryParse(ReadOnlySpan<char> line, out Flight flight)
    {
        flight = default;
        Span<Range> fields = stackalloc Range[Columns + 1];
        int count = line.Split(fields, ',');
        if (count != Columns)
            return $"it has {(count > Columns ? "more than 6" : count)} columns, expected 6";
        if (!TryParseMinute(line[fields[0]], out EventTime reported))
            return NoMinute("reported", line[fields[0]]);
        if (!TryParseMinute(line[fields[1]], out EventTime scheduled))
            return NoMinute("scheduled", line[fields[1]]);
        if (!AirportCode.IsValid(line[fields[2]]))
            return NoAirport("origin", line[fields[2]]);
        if (!AirportCode.IsValid(line[fields[3]]))
            return NoAirport("destination", line[fields[3]]);
        if (!TryParseInteger(line[fields[4]], out int distance) || distance < 0)
            return NoNumber("distance_miles", line[fields[4]], "a whole number, 0 or more");
        if (!TryParseInteger(line[fields[5]], out int delay))
            return NoNumber("delay_minutes", line[fields[5]], "a whole number");
        flight = new Flight(
            reported, scheduled, CodeOf(line[fields[2]]), CodeOf(line[fields[3]]), distance, delay);
        return null;
    }

    private static bool TryParseMinute(ReadOnlySpan<char> text, out EventTime time)
    {
        bool valid = DateTime.TryParseExact(
            text,
            MinuteFormat,
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
            out DateTime minute);
        time = valid ? EventTime.From(minute) : EventTime.None;
        return valid;
    }

    private static bool TryParseInteger(ReadOnlySpan<char> text, out int value) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);

    private static string NoMinute(string column, ReadOnlySpan<char> text) =>
        $"{column} '{text}' is not a time of the form 2001-01-31T23:59";

    private static string NoAirport(string column, ReadOnlySpan<char> text) =>
        $"{column} '{text}' is not the code of an airport (3 or 4 capital letters or digits)";

    private static string NoNumber(string column, ReadOnlySpan<char> text, string expected) =>
        $"{column} '{text}' is not {expected}";

    private string CodeOf(ReadOnlySpan<char> text)
    {
        if (_codesByText.TryGetValue(text, out string? code))
            return code;
        code = text.ToString();
        _codes.Add(code);
        return code;
    }
}
