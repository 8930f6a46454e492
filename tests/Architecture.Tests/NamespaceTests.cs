namespace Weir.Architecture.Tests;

using Microsoft.CodeAnalysis.CSharp.Syntax;

/// <summary>The namespace of a file equals its folder.</summary>
public sealed class NamespaceTests
{
    [Theory]
    [InlineData("src/Engine/Time/EventTime.cs", "Weir.Engine.Time")]
    [InlineData("tests/Engine.Tests/Time/EventTimeTests.cs", "Weir.Engine.Tests.Time")]
    [InlineData("tests/Scenarios/FlightsTests.cs", "Weir.Scenarios")]
    [InlineData("samples/Flights/Replay/Day.cs", "Weir.Samples.Flights.Replay")]
    [InlineData("benchmarks/Nexmark/Bid.cs", "Weir.Benchmarks.Nexmark")]
    public void FolderGivesTheNamespace(string path, string expected) => Assert.Equal(expected, Expected(path));

    [Fact]
    public void NamespaceIsTheFolder() => Rule.Holds(
        nameof(NamespaceIsTheFolder), Repository.Sources.Where(file => NeedsNamespace(file)).SelectMany(Check));

    private static IEnumerable<Violation> Check(SourceFile file)
    {
        if (file.Syntax.Members is not [FileScopedNamespaceDeclarationSyntax space])
            yield return new Violation(file.Path, $"has no file-scoped namespace, expected {Expected(file.Path)}");
        else if (space.Name.ToString() != Expected(file.Path))
            yield return new Violation(file.Path, $"has {space.Name}, expected {Expected(file.Path)}");
    }

    // Top-level programs, and files of global usings or assembly attributes, have none.
    private static bool NeedsNamespace(SourceFile file) =>
        file.Syntax.Members.Count > 0 && !file.Syntax.Members.Any(member => member is GlobalStatementSyntax);

    private static string Expected(string path)
    {
        string[] parts = path.Split('/');
        IEnumerable<string> folders = parts[1..^1];
        return string.Join('.', parts[0] switch
        {
            "samples" => ["Weir", "Samples", .. folders],
            "benchmarks" => ["Weir", "Benchmarks", .. folders],
            _ => (string[])["Weir", .. folders],
        });
    }
}
