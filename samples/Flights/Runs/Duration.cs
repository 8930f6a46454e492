namespace Weir.Samples.Flights.Runs;

using System.Globalization;

/// <summary>Durations on the command line: a number and a unit, as in <c>2d</c>, <c>48h</c>, <c>30m</c>.</summary>
internal static class Duration
{
    private const double LongestDays = 3650;

    /// <summary>The duration, or null if the text is none or more than ten years.</summary>
    public static TimeSpan? Parse(string text)
    {
        TimeSpan? unit = text.Length == 0 ? null : text[^1] switch
        {
            'd' => TimeSpan.FromDays(1),
            'h' => TimeSpan.FromHours(1),
            'm' => TimeSpan.FromMinutes(1),
            's' => TimeSpan.FromSeconds(1),
            _ => null,
        };
        bool isNumber = double.TryParse(
            text.AsSpan()[..^Math.Min(1, text.Length)],
            NumberStyles.AllowDecimalPoint,
            CultureInfo.InvariantCulture,
            out double number);
        return unit is { } each && isNumber && number * each.TotalDays <= LongestDays ? number * each : null;
    }

    /// <summary>The shortest text that gives the duration.</summary>
    public static string Format(TimeSpan span)
    {
        (long ticks, char letter) = span.Ticks switch
        {
            0 => (TimeSpan.TicksPerHour, 'h'),
            var all when all % TimeSpan.TicksPerDay == 0 => (TimeSpan.TicksPerDay, 'd'),
            var all when all % TimeSpan.TicksPerHour == 0 => (TimeSpan.TicksPerHour, 'h'),
            var all when all % TimeSpan.TicksPerMinute == 0 => (TimeSpan.TicksPerMinute, 'm'),
            _ => (TimeSpan.TicksPerSecond, 's'),
        };
        return string.Create(CultureInfo.InvariantCulture, $"{span.Ticks / (double)ticks}{letter}");
    }
}
