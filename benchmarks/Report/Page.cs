namespace Weir.Benchmarks.Report;

using System.Runtime.InteropServices;
using System.Text;

/// <summary>Writes the page: the machine, the targets, then a table for each instrument.</summary>
internal sealed class Page(Results results, string commit)
{
    private readonly StringBuilder _text = new();

    public string Write()
    {
        Line("# Results");
        Line();
        Line(Machine());
        Line();
        Line("Written by `benchmarks/run.sh`. [README](README.md) says what each instrument measures, and how to read it.");
        Line(
            "Other work on the machine makes all times longer, and with a load average much above 2 there was some: then CPU "
            + "per event and ratios within a table say most.");
        WriteTargets();
        foreach (Instrument instrument in Instruments.All)
            WriteInstrument(instrument);
        return _text.ToString();
    }

    private void WriteTargets()
    {
        Line();
        Line("## Targets");
        Line();
        Head(["figure", "measured", "at least", "aim", ""]);
        foreach (Target target in Targets.All)
        {
            double? measured = target.Measured(results);
            Cells(
            [
                target.What,
                measured is { } figure ? Row.Text(figure) : "-",
                Row.Text(target.AtLeast),
                target.Aim is { } aim ? Row.Text(aim) : "-",
                target.Verdict(measured),
            ]);
        }
    }

    private void WriteInstrument(Instrument instrument)
    {
        Line();
        Line($"## {instrument.Title}");
        Line();
        if (instrument.Status(results.Directory) is not { } status)
        {
            Line("Not run.");
            return;
        }

        if (status.ExitCode != 0)
        {
            string how = status.ExitCode == 124 ? "was not done in time" : $"failed with exit code {status.ExitCode}";
            Line($"**It {how}**, after {status.Seconds} s: `{instrument.LastWords(results.Directory)}`");
            return;
        }

        if (instrument is MarkdownInstrument markdown)
        {
            foreach (string line in markdown.Lines(results.Directory))
                Line(line);
        }
        else
            WriteRows(results.Rows(instrument));

        Line();
        Line($"Took {status.Seconds} s; the load average was {status.Load} when it began.");
    }

    private void WriteRows(IReadOnlyList<Row> rows)
    {
        string[] headings = [.. rows.SelectMany(row => row.Figures.Select(figure => figure.Heading)).Distinct()];
        Head(["", .. headings]);
        foreach (Row row in rows)
        {
            Cells(
            [
                row.Case,
                .. headings.Select(heading => row.Figures.FirstOrDefault(figure => figure.Heading == heading).Value)
                    .Select(Row.Text),
            ]);
        }
    }

    private string Machine() => string.Join(", ",
    [
        $"{CpuName()}, {Environment.ProcessorCount} cores",
        $"{GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 1e9:F0} GB",
        RuntimeInformation.OSDescription,
        RuntimeInformation.FrameworkDescription,
        $"{DateTime.UtcNow:yyyy-MM-dd}",
        $"commit {commit}.",
    ]);

    private static string CpuName()
    {
        const string path = "/proc/cpuinfo";
        string? line = File.Exists(path)
            ? File.ReadLines(path).FirstOrDefault(each => each.StartsWith("model name", StringComparison.Ordinal))
            : null;
        return line?.Split(':', 2)[1].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
    }

    private void Head(string[] headings)
    {
        Cells(headings);
        Line($"|---|{string.Concat(Enumerable.Repeat("---:|", headings.Length - 1))}");
    }

    private void Cells(string[] cells) => Line($"| {string.Join(" | ", cells)} |");

    private void Line(string text = "") => _text.Append(text).Append('\n');
}
