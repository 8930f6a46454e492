namespace Weir.Architecture.Tests;

using System.Reflection;
using Microsoft.CodeAnalysis.CSharp.Syntax;

/// <summary>
/// Every kind of trigger, window, evictor, state, operator and sink has the same files: one named after it, and one of
/// tests.
/// </summary>
public sealed class KindTests
{
    /// <summary>By base class: the file of tests that a kind has.</summary>
    private static readonly Dictionary<string, Func<string, string?>> Tests = new()
    {
        ["Trigger"] = kind => $"{kind}Tests",
        ["Evictor"] = kind => $"{kind}Tests",
        ["WindowAssigner"] = kind => $"{kind.TrimEnd('s')}Tests",
        ["StateColumn"] = kind => kind.Replace("Expiring", "").Replace("Column", "StateTests"),
        ["Sink"] = kind => $"{kind}Tests",
        ["GroupOperator"] = kind => OfOperators!.GetValueOrDefault(kind),
    };

    /// <summary>The tests of an operator are named after what people do with it.</summary>
    private static readonly Dictionary<string, string> OfOperators = new()
    {
        ["ProcessOperator"] = "KeyedProcessTests",
        ["AsyncProcessOperator"] = "OneGrainPerKeyTests",
        ["EnrichOperator"] = "EnrichTests",
        ["WindowOperator"] = "WindowProcessTests",
        ["IntervalJoinOperator"] = "IntervalJoinTests",
        ["TemporalJoinOperator"] = "TemporalJoinTests",
    };

    private static readonly string[] Projects = ["Engine", "Connectors"];

    private static readonly (string Base, string Kind)[] Kinds =
    [
        .. from project in Projects
           from type in Assembly.Load($"Weir.{project}").GetTypes()
           where type is { IsClass: true, IsAbstract: false }
           from name in Bases(type)
           where Tests.ContainsKey(name)
           select (name, NameOf(type)),
    ];

    [Fact]
    public void EveryBaseHasKinds_AndEveryOperatorOfTheTableExists()
    {
        Assert.Equal(Tests.Keys.Order(), Kinds.Select(each => each.Base).Distinct().Order());
        Assert.Empty(OfOperators.Keys.Except(Kinds.Select(each => each.Kind)));
    }

    [Fact]
    public void AKindLiesInAFileNamedAfterIt() => Rule.Holds(
        nameof(AKindLiesInAFileNamedAfterIt),
        from file in Repository.Sources
        where Projects.Any(project => file.Path.StartsWith($"src/{project}/", StringComparison.Ordinal))
        from type in file.Syntax.DescendantNodes().OfType<ClassDeclarationSyntax>()
        let kind = type.Identifier.Text
        where Kinds.Any(each => each.Kind == kind) && Path.GetFileName(file.Path).Split('.')[0] != kind
        select new Violation(file.Path, $"holds {kind}, which belongs into {kind}.cs"));

    [Fact]
    public void AKindHasTests() => Rule.Holds(
        nameof(AKindHasTests),
        from each in Kinds.Distinct()
        let expected = Tests[each.Base](each.Kind)
        where expected is null || !Repository.Sources.Any(file => IsTests(file, expected))
        select new Violation(
            each.Kind, expected is null ? "is missing in the table of this test" : $"has no tests in {expected}.cs"));

    private static bool IsTests(SourceFile file, string name) =>
        Projects.Any(project => file.Path.StartsWith($"tests/{project}.Tests/", StringComparison.Ordinal))
        && Path.GetFileName(file.Path) == $"{name}.cs"
        && file.Syntax.DescendantNodes().OfType<AttributeSyntax>().Any(each => each.Name.ToString() is "Fact" or "Theory");

    private static IEnumerable<string> Bases(Type type)
    {
        for (Type? each = type.BaseType; each is not null; each = each.BaseType)
        {
            // Trigger<T> derives from Trigger: both are called so, and one of them is enough.
            if (each.BaseType is null || NameOf(each.BaseType) != NameOf(each))
                yield return NameOf(each);
        }
    }

    private static string NameOf(Type type) => type.Name.Split('`')[0];
}
