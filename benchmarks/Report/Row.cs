namespace Weir.Benchmarks.Report;

using System.Globalization;
using System.Text.Json;

/// <summary>One line of what an instrument has measured.</summary>
/// <param name="Case">What was measured.</param>
/// <param name="Figures">Numbers or texts by what they are, in the order of the columns.</param>
internal sealed record Row(string Case, IReadOnlyList<(string Heading, JsonElement Value)> Figures)
{
    /// <summary>The number under a heading, or null.</summary>
    public double? Find(string heading)
    {
        foreach ((string name, JsonElement value) in Figures)
        {
            if (name == heading && value.ValueKind == JsonValueKind.Number)
                return value.GetDouble();
        }

        return null;
    }

    /// <summary>A figure for people: three digits that count, and words instead of true and false.</summary>
    public static string Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number => Text(value.GetDouble()),
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.True => "yes",
        JsonValueKind.False => "**no**",
        _ => "",
    };

    /// <summary>A number: 0.123, 12.3, 1,234.</summary>
    public static string Text(double number) => number.ToString(
        Math.Abs(number) switch { >= 100 => "N0", >= 10 => "0.#", >= 1 => "0.##", _ => "0.###" },
        CultureInfo.InvariantCulture);
}
