namespace Weir.Architecture.Tests;

using System.Text.RegularExpressions;

/// <summary>Links between the pages of the repository lead somewhere.</summary>
public sealed partial class LinkTests
{
    [Fact]
    public void RelativeLinksPointAtFiles() => Rule.Holds(
        nameof(RelativeLinksPointAtFiles),
        from page in Repository.Files(".", "*.md")
        from link in Links(File.ReadAllText(Repository.PathOf(page)))
        where !Exists(page, link)
        select new Violation(page, $"links to {link}, which is not there"));

    [Fact]
    public void CodeAndOutsideAddressesAreNoRelativeLinks() => Assert.Equal(
        ["docs/a.md#part", "b.png"],
        Links("[a](docs/a.md#part) ![b](b.png \"title\") `[c](c.md)` [d](https://d) [e](#e)\n```\n[f](f.md)\n```\n"));

    private static IEnumerable<string> Links(string page) =>
        from Match match in Link().Matches(Code().Replace(page, ""))
        let target = match.Groups["target"].Value
        where !target.StartsWith('#') && !Scheme().IsMatch(target)
        select target;

    private static bool Exists(string page, string link)
    {
        string folder = Path.GetDirectoryName(Repository.PathOf(page))!;
        string target = Path.GetFullPath(Path.Combine(folder, Uri.UnescapeDataString(link.Split('#')[0])));
        return File.Exists(target) || Directory.Exists(target);
    }

    [GeneratedRegex(@"^(```|~~~).*?^\1|`[^`\n]*`", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Code();

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)[^)]*\)|^\[[^\]]+\]:\s*(?<target>\S+)", RegexOptions.Multiline)]
    private static partial Regex Link();

    [GeneratedRegex("^[a-z][a-z0-9+.-]*:")]
    private static partial Regex Scheme();
}
