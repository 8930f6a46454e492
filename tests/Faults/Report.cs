namespace Weir.Faults;

using System.Globalization;
using Spectre.Console;
using Weir.Faults.Rounds;

/// <summary>Tells of rounds as they end, and of all of them in a table.</summary>
internal static class Report
{
    private const int ShownProblems = 6;

    public static void Line(RoundResult result)
    {
        string seconds = result.Time.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture);
        string outcome = result.HasFailed ? "FAILED" : result.HasPassed ? "ok    " : "      ";
        Console.WriteLine($"{outcome} {seconds,5} s  {result.Round.Name}");
        if (result.NotRun is { } reason)
            Console.WriteLine($"         not run: {reason}");
        if (result is { HasPassed: true, Directory: { } kept })
            Console.WriteLine($"         files: {kept}");
        if (!result.HasFailed)
            return;
        foreach (string problem in result.Problems.Take(ShownProblems))
            Console.WriteLine($"         {problem}");
        if (result.Notes.Length > 0)
            Console.WriteLine($"         done: {result.Notes}");
        Console.WriteLine($"         files: {result.Directory}");
        Console.WriteLine($"         repeat: {Repeat(result)}");
    }

    /// <summary>The table, and the last line.</summary>
    public static void Summary(IReadOnlyList<RoundResult> results)
    {
        Table table = new Table().Border(TableBorder.Simple)
            .AddColumn("round").AddColumn("").AddColumn(new TableColumn("s").RightAligned())
            .AddColumn(new TableColumn("events").RightAligned()).AddColumn("what happened");
        foreach (RoundResult result in results)
        {
            table.AddRow(
                Markup.Escape(result.Round.Name),
                result.HasFailed ? "[red]failed[/]" : result.HasPassed ? "passed" : "[yellow]not run[/]",
                result.Time.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture),
                result.Events.ToString(CultureInfo.InvariantCulture),
                Markup.Escape(result.NotRun ?? result.Notes));
        }

        AnsiConsole.Write(table);
        int passed = results.Count(result => result.HasPassed);
        int failed = results.Count(result => result.HasFailed);
        if (passed + failed < results.Count)
            Console.WriteLine($"{results.Count - passed - failed} not run; see above why");
        double seconds = results.Sum(result => result.Time.TotalSeconds);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{seconds:0} s in all"));
        Console.WriteLine($"{passed} passed, {failed} failed");
    }

    private static string Repeat(RoundResult result) => string.Create(
        CultureInfo.InvariantCulture,
        $"dotnet run -c Release --project tests/Faults -- --only {result.Round.Name} --seed {result.Seed}");
}
