namespace Weir.Architecture.Tests;

using System.Text.RegularExpressions;

/// <summary>
/// The code in the guide is code that is compiled and tested: every C# block names the file and the region that it is
/// a copy of.
/// </summary>
/// <remarks>
/// A page says <c>&lt;!-- snippet: tests/X/Y.cs name --&gt;</c> above the block, the file has <c>#region name</c>. To
/// take changed code over into the pages, run the tests with <c>WEIR_ACCEPT_SNIPPETS=1</c>.
/// </remarks>
public sealed partial class SnippetTests
{
    [Fact]
    public void TheGuideShowsCompiledCode()
    {
        string[] pages = [.. Repository.Files("docs/guide", "*.md")];
        if (Environment.GetEnvironmentVariable("WEIR_ACCEPT_SNIPPETS") == "1")
        {
            foreach (string page in pages)
                File.WriteAllText(Repository.PathOf(page), WithSnippets(File.ReadAllText(Repository.PathOf(page))));
        }

        Rule.Holds(nameof(TheGuideShowsCompiledCode), pages.SelectMany(Violations));
    }

    private static IEnumerable<Violation> Violations(string page)
    {
        string text = File.ReadAllText(Repository.PathOf(page));
        int named = Named().Count(text);
        int blocks = Block().Count(text);
        if (named != blocks)
            yield return new Violation(page, $"{blocks - named} C# blocks do not name the code that they show");
        foreach (Match snippet in Named().Matches(text))
        {
            string? code = Region(snippet.Groups["file"].Value, snippet.Groups["region"].Value);
            if (code is null)
                yield return new Violation(page, $"there is no region {snippet.Groups["region"].Value} to show");
            else if (code != snippet.Groups["code"].Value)
                yield return new Violation(page, $"the block {snippet.Groups["region"].Value} is not what the code says");
        }
    }

    private static string WithSnippets(string page) => Named().Replace(page, snippet =>
        Region(snippet.Groups["file"].Value, snippet.Groups["region"].Value) is { } code
            ? $"<!-- snippet: {snippet.Groups["file"].Value} {snippet.Groups["region"].Value} -->\n```csharp\n{code}```"
            : snippet.Value);

    /// <summary>The lines of a region without their common indentation, or null.</summary>
    private static string? Region(string file, string region)
    {
        if (!File.Exists(Repository.PathOf(file)))
            return null;
        string[] lines = File.ReadAllLines(Repository.PathOf(file));
        int from = Array.FindIndex(lines, line => line.Trim() == $"#region {region}");
        if (from < 0)
            return null;
        int to = Array.FindIndex(lines, from, line => line.Trim() == "#endregion");
        string[] code = lines[(from + 1)..to];
        int indent = code.Where(line => line.Length > 0).Min(line => line.Length - line.TrimStart().Length);
        return string.Concat(code.Select(line => (line.Length > indent ? line[indent..] : line.TrimStart()) + "\n"));
    }

    [GeneratedRegex(
        @"<!-- snippet: (?<file>\S+) (?<region>\S+) -->\n```csharp\n(?<code>.*?)```", RegexOptions.Singleline)]
    private static partial Regex Named();

    [GeneratedRegex("^```csharp", RegexOptions.Multiline)]
    private static partial Regex Block();
}
