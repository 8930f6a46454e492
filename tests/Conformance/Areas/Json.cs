namespace Weir.Conformance.Areas;

using System.Text.Json;
using Weir.Engine.Time;

/// <summary>Short ways to read case files.</summary>
internal static class Json
{
    public static JsonElement? At(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement value) ? value : null;

    /// <summary>The first of some names that is there and is not null.</summary>
    public static JsonElement? AtAny(this JsonElement element, params string[] names) => names
        .Select(name => element.At(name))
        .FirstOrDefault(value => value is not (null or { ValueKind: JsonValueKind.Null }));

    public static long Long(this JsonElement element, string name, long otherwise = 0) =>
        element.At(name) is { ValueKind: JsonValueKind.Number } value ? value.GetInt64() : otherwise;

    public static bool True(this JsonElement element, string name) =>
        element.At(name) is { ValueKind: JsonValueKind.True };

    public static string Text(this JsonElement element, string name) => element.At(name)?.ToString() ?? "";

    public static IEnumerable<JsonElement> List(this JsonElement element, string name) =>
        element.At(name) is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray() : [];

    /// <summary>A pair of numbers as a window.</summary>
    public static TimeRange Range(this JsonElement pair) =>
        new(new EventTime(pair[0].GetInt64()), new EventTime(pair[1].GetInt64()));

    public static string Show(this TimeRange range) => $"[{range.Start.Milliseconds}, {range.End.Milliseconds})";

    /// <summary>A span that the engine takes; one that is longer than a TimeSpan is the longest.</summary>
    public static TimeSpan Span(long milliseconds)
    {
        const long limit = long.MaxValue / TimeSpan.TicksPerMillisecond;
        return milliseconds >= limit ? TimeSpan.MaxValue
            : milliseconds <= -limit ? TimeSpan.MinValue
            : TimeSpan.FromMilliseconds(milliseconds);
    }
}
