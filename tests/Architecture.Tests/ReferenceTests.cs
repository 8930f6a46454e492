namespace Weir.Architecture.Tests;

using System.Reflection;
using System.Xml.Linq;

/// <summary>Who may refer to whom. These arrows are the architecture; docs/architecture.md says why.</summary>
public sealed class ReferenceTests
{
    private static readonly Dictionary<string, string[]> Arrows = new()
    {
        ["Engine"] = [],
        ["Contracts"] = ["Engine"],
        ["Client"] = ["Engine", "Contracts"],
        ["Cli"] = ["Engine", "Contracts", "Client"],
        ["Protocol"] = ["Engine"],
        ["Connectors"] = ["Engine", "Protocol"],
        ["Grains"] = ["Engine", "Protocol", "Contracts", "Connectors"],
        ["Silo"] = ["Engine", "Protocol", "Contracts", "Connectors", "Grains", "Client"],
    };

    [Fact]
    public void EveryProjectHasItsArrows() =>
        Assert.Equal(
            Arrows.Keys.Order(StringComparer.Ordinal).Select(project => $"src/{project}/{project}.csproj"),
            Repository.Files("src", "*.csproj"));

    [Fact]
    public void ProjectsReferOnlyAlongTheArrows() => Rule.Holds(
        nameof(ProjectsReferOnlyAlongTheArrows),
        from project in Arrows
        from reference in Items(project.Key, "ProjectReference")
        let target = Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/'))
        where !project.Value.Contains(target)
        select new Violation($"src/{project.Key}", $"refers to {target}"));

    [Fact]
    public void EngineHasNoPackageButTheAnalyzer()
    {
        XElement package = Assert.Single(Items("Engine", "PackageReference"));
        Assert.Equal("Microsoft.CodeAnalysis.BannedApiAnalyzers", package.Attribute("Include")?.Value);
        Assert.Equal("all", package.Attribute("PrivateAssets")?.Value);
    }

    [Theory]
    [InlineData("Weir.Engine")]
    [InlineData("Weir.Protocol")]
    [InlineData("Weir.Connectors")]
    public void NoOrleansIn(string assembly) => Assert.DoesNotContain(
        Assembly.Load(assembly).GetReferencedAssemblies(),
        reference => reference.Name!.Contains("Orleans", StringComparison.Ordinal));

    [Fact]
    public void EngineUsesTheRuntimeOnly() => Assert.All(
        Assembly.Load("Weir.Engine").GetReferencedAssemblies(),
        reference => Assert.StartsWith("System.", reference.Name, StringComparison.Ordinal));

    private static IEnumerable<XElement> Items(string project, string kind) =>
        XDocument.Load(Repository.PathOf($"src/{project}/{project}.csproj")).Descendants(kind);
}
