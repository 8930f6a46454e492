namespace Weir.Benchmarks.Report;

using System.Globalization;
using System.Text.Json;

/// <summary>How a run of an instrument ended; the file NAME.status has these, one behind the other.</summary>
/// <param name="ExitCode">Not 0 if it failed.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="Load">The load average of the machine when it began.</param>
internal readonly record struct RunStatus(int ExitCode, int Seconds, string Load);

/// <summary>
/// An instrument whose run has left its rows in a directory, as NAME.json. Invariant: a run that failed has no rows that
/// count.
/// </summary>
/// <param name="Name">The name of the run.</param>
/// <param name="Title">What its table is called.</param>
internal abstract record Instrument(string Name, string Title)
{
    /// <summary>How it ended, or null if it was not run.</summary>
    public RunStatus? Status(string directory)
    {
        string path = Path.Combine(directory, $"{Name}.status");
        if (!File.Exists(path))
            return null;
        string[] parts = File.ReadAllText(path).Split(' ', StringSplitOptions.TrimEntries);
        return new RunStatus(
            int.Parse(parts[0], CultureInfo.InvariantCulture),
            int.Parse(parts[1], CultureInfo.InvariantCulture),
            parts.Length > 2 ? parts[2] : "unknown");
    }

    /// <summary>What it has measured; nothing if it failed or was not run.</summary>
    public IReadOnlyList<Row> Rows(string directory) => Status(directory)?.ExitCode == 0 ? Read(directory) : [];

    /// <summary>The last thing that it said.</summary>
    public string LastWords(string directory)
    {
        string path = Path.Combine(directory, $"{Name}.log");
        return File.Exists(path) ? File.ReadLines(path).LastOrDefault(line => line.Trim().Length > 0) ?? "" : "";
    }

    protected abstract IReadOnlyList<Row> Read(string directory);

    protected string Json(string directory) => File.ReadAllText(Path.Combine(directory, $"{Name}.json"));
}

/// <summary>One whose rows have the form <c>{"rows":[{"part", "case", "figures":{...}}]}</c>.</summary>
internal sealed record PlainInstrument(string Name, string Title) : Instrument(Name, Title)
{
    protected override IReadOnlyList<Row> Read(string directory)
    {
        using JsonDocument document = JsonDocument.Parse(Json(directory));
        return
        [
            .. document.RootElement.GetProperty("rows").EnumerateArray().Select(row => new Row(
                row.GetProperty("case").GetString()!,
                [.. row.GetProperty("figures").EnumerateObject().Select(each => (each.Name, each.Value.Clone()))])),
        ];
    }
}

/// <summary>One whose rows are flat objects: of each some members are shown, under headings.</summary>
/// <param name="Name">The name of the run.</param>
/// <param name="Title">What its table is called.</param>
/// <param name="Case">The member that says what was measured.</param>
/// <param name="Columns">The other members that are shown.</param>
internal sealed record FlatInstrument(
    string Name, string Title, string Case, IReadOnlyList<(string Member, string Heading)> Columns)
    : Instrument(Name, Title)
{
    /// <summary>Rows that are lines of their own, of which the first is about the run.</summary>
    public bool AreLines { get; init; }

    protected override IReadOnlyList<Row> Read(string directory)
    {
        string text = Json(directory);
        IEnumerable<JsonElement> rows = AreLines
            ? text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(line => JsonElement.Parse(line))
            : JsonElement.Parse(text).GetProperty("rows").EnumerateArray();
        return [.. rows.Select(Of)];
    }

    private Row Of(JsonElement row) => new(
        row.GetProperty(Case).GetString()!,
        [.. Columns.Select(column => (column.Heading, row.GetProperty(column.Member)))]);
}

/// <summary>One that leaves tables as Markdown, in a directory NAME; they are taken as they are.</summary>
internal sealed record MarkdownInstrument(string Name, string Title) : Instrument(Name, Title)
{
    /// <summary>The lines of its tables.</summary>
    public IEnumerable<string> Lines(string directory)
    {
        if (Status(directory)?.ExitCode != 0)
            yield break;
        string[] files = Directory.GetFiles(
            Path.Combine(directory, Name), "*-report-github.md", SearchOption.AllDirectories);
        foreach (string file in files.Order(StringComparer.Ordinal))
        {
            // Such as Weir.Benchmarks.Micro.SliceBenchmarks-report-github.md.
            yield return $"### {Path.GetFileName(file).Split('-')[0].Split('.')[^1]}";
            yield return "";
            foreach (string line in File.ReadLines(file).Where(line => line.StartsWith('|')))
                yield return line.Replace("**", "", StringComparison.Ordinal);
            yield return "";
        }
    }

    protected override IReadOnlyList<Row> Read(string directory) => [];
}
