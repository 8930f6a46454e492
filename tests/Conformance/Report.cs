namespace Weir.Conformance;

using System.Text.Json;
using Weir.Conformance.Areas;

/// <summary>What became of one case.</summary>
public enum Verdict
{
    Passed,
    Failed,
    Skipped,
}

/// <summary>A case with its verdict and, unless it passed, why.</summary>
public sealed record CaseResult(string Name, Verdict Verdict, string Text)
{
    /// <summary>What it says about Flink's insides, which is reported apart and never a failure.</summary>
    public IReadOnlyList<string> Insides { get; init; } = [];
}

/// <summary>All cases of one file.</summary>
public sealed record FileResult(string File, string Area, IReadOnlyList<CaseResult> Cases)
{
    public int Count(Verdict verdict) => Cases.Count(each => each.Verdict == verdict);
}

/// <summary>Runs every case file of a directory and says what came of it.</summary>
public sealed class Report
{
    private Report(IReadOnlyList<FileResult> files) => Files = files;

    public IReadOnlyList<FileResult> Files { get; }

    public int Passed => Files.Sum(file => file.Count(Verdict.Passed));

    public int Failed => Files.Sum(file => file.Count(Verdict.Failed));

    public int Skipped => Files.Sum(file => file.Count(Verdict.Skipped));

    public static Report OfDirectory(string directory) => new(
        [.. Directory.GetFiles(directory, "*.json").Order(StringComparer.Ordinal).Select(RunFile)]);

    public void Print(TextWriter output)
    {
        foreach (FileResult file in Files)
        {
            int skipped = file.Count(Verdict.Skipped);
            string note = skipped == 0 ? "" : $" ({skipped} skipped)";
            output.WriteLine($"{file.Area}: {file.Count(Verdict.Passed)}/{file.Cases.Count}{note}");
            foreach (CaseResult each in file.Cases.Where(each => each.Verdict != Verdict.Passed))
                output.WriteLine($"  {each.Verdict.ToString().ToLowerInvariant()} {each.Name}: {each.Text}");
            foreach (CaseResult each in file.Cases.Where(each => each.Insides.Count > 0))
                output.WriteLine($"  internal {each.Name}: {string.Join("; ", each.Insides)}");
        }

        output.WriteLine($"{Passed} passed, {Failed} failed, {Skipped} skipped");
    }

    private static FileResult RunFile(string path)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(path));
        JsonElement root = document.RootElement;
        string area = root.GetProperty("area").GetString()!;
        Area? runner = Area.Named(area);
        return new FileResult(
            Path.GetFileName(path),
            area,
            [
                .. root.GetProperty("cases").EnumerateArray()
                    .Select(each => RunCase(area, runner, each) with { Insides = runner?.TakeInsides() ?? [] }),
            ]);
    }

    private static CaseResult RunCase(string area, Area? runner, JsonElement each)
    {
        string name = each.GetProperty("name").GetString()!;
        if (runner is null)
            return new CaseResult(name, Verdict.Skipped, $"not yet: the area {area}");
        try
        {
            runner.Run(each);
            return new CaseResult(name, Verdict.Passed, "");
        }
        catch (SkippedException skipped)
        {
            return new CaseResult(name, Verdict.Skipped, skipped.Message);
        }
        catch (Exception fault)
        {
            return new CaseResult(name, Verdict.Failed, fault is MismatchException ? fault.Message : fault.ToString());
        }
    }
}

/// <summary>The engine did something else than the case expects.</summary>
public sealed class MismatchException(string where, string expected, string actual)
    : Exception($"{where}: expected {expected}, actual {actual}");

/// <summary>The case can not be run.</summary>
public sealed class SkippedException(string reason) : Exception(reason);
