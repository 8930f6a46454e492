namespace Weir.Architecture.Tests;

using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis.CSharp.Syntax;

/// <summary>Every row of the page of guarantees names tests that exist.</summary>
public sealed partial class GuaranteeTests
{
    private const string Page = "docs/guarantees.md";
    private const string ProvenBy = "proven by";

    private static readonly HashSet<string> Tests =
    [
        .. from file in Repository.Sources
           where file.IsTest
           from method in file.Syntax.DescendantNodes().OfType<MethodDeclarationSyntax>()
           where method.AttributeLists.SelectMany(list => list.Attributes).Any(each => IsTest(each.Name.ToString()))
           select $"{method.FirstAncestorOrSelf<ClassDeclarationSyntax>()!.Identifier.Text}.{method.Identifier.Text}",
    ];

    [Fact]
    public void EveryGuaranteeNamesTestsThatExist()
    {
        string[][] rows = [.. Rows(File.ReadLines(Repository.PathOf(Page)))];
        Assert.True(rows.Length > 10);
        Rule.Holds(nameof(EveryGuaranteeNamesTestsThatExist), rows.SelectMany(Check));
    }

    [Fact]
    public void ARowWithoutATest_OrWithOneThatIsNotThere_IsFound()
    {
        string[] page =
        [
            "| failure | proven by |", "|---|---|", "| a | `GuaranteeTests.None` |", "| b | nobody |",
            $"| c | `{nameof(GuaranteeTests)}.{nameof(EveryGuaranteeNamesTestsThatExist)}` |", "",
            "| word | meaning |", "|---|---|", "| d | e |",
        ];
        Assert.Equal(["a", "b"], Rows(page).Where(row => Check(row).Any()).Select(row => row[0]));
        Assert.Equal(3, Rows(page).Count());
    }

    private static IEnumerable<Violation> Check(string[] row)
    {
        string[] named = [.. Name().Matches(row[^1]).Select(match => match.Groups[1].Value)];
        if (named.Length == 0)
            yield return new Violation(Page, $"'{row[0]}, {row[^2]}' names no test");
        foreach (string missing in named.Where(name => !Tests.Contains(name)))
            yield return new Violation(Page, $"names {missing}, which is no test");
    }

    /// <summary>The rows of the tables whose last column says what proves them.</summary>
    private static IEnumerable<string[]> Rows(IEnumerable<string> lines)
    {
        bool isIn = false;
        foreach (string line in lines)
        {
            string[] cells = [.. line.Split('|').Select(cell => cell.Trim()).Where(cell => cell.Length > 0)];
            if (cells is [.., ProvenBy])
                isIn = true;
            else if (cells.Length == 0)
                isIn = false;
            else if (isIn && !cells[0].StartsWith("---", StringComparison.Ordinal))
                yield return cells;
        }
    }

    private static bool IsTest(string attribute) =>
        attribute.EndsWith("Fact", StringComparison.Ordinal) || attribute.EndsWith("Theory", StringComparison.Ordinal);

    [GeneratedRegex(@"`(\w+\.\w+)`")]
    private static partial Regex Name();
}
