namespace Weir.Benchmarks.Service;

using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Spectre.Console;

/// <summary>Tells people, or scripts, what came of a run.</summary>
internal static class Output
{
    private const int Width = 200;

    private static readonly JsonSerializerOptions Naming = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>A table for each part, a column for each figure.</summary>
    public static void Show(IReadOnlyList<Row> rows)
    {
        // A table on a terminal is as wide as that; in a file it must not be cut.
        if (Console.IsOutputRedirected)
            AnsiConsole.Profile.Width = Width;
        foreach (IGrouping<string, Row> part in rows.GroupBy(row => row.Part))
        {
            string[] headings = [.. part.SelectMany(row => row.Figures.Keys).Distinct()];
            Table table = new Table().Border(TableBorder.Simple).AddColumn(part.Key);
            foreach (string heading in headings)
                table.AddColumn(new TableColumn(heading).RightAligned());
            foreach (Row row in part)
            {
                table.AddRow(
                [
                    row.Case,
                    .. headings.Select(heading => row.Figures.TryGetValue(heading, out double figure) ? Text(figure) : ""),
                ]);
            }

            AnsiConsole.Write(table);
        }
    }

    public static void WriteJson(IReadOnlyList<Row> rows)
    {
        string machine = string.Join(
            ", ",
            string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessorCount} cores"),
            RuntimeInformation.OSDescription,
            RuntimeInformation.FrameworkDescription);
        Console.Out.WriteLine(JsonSerializer.Serialize(new { Machine = machine, Rows = rows }, Naming));
    }

    // Three digits that count: 0.123, 12.3, 1,234.
    private static string Text(double figure) => figure.ToString(
        Math.Abs(figure) switch { >= 100 => "N0", >= 10 => "0.#", >= 1 => "0.##", _ => "0.###" },
        CultureInfo.InvariantCulture);
}
