namespace Weir.Architecture.Tests;

using Microsoft.CodeAnalysis.CSharp.Syntax;

/// <summary>What a silo logs can be filtered and alerted on: every message has a number of its own that stays, and the
/// guide lists it.</summary>
public sealed class LogEventTests
{
    private const string Page = "docs/guide/monitoring.md";

    private static readonly (string Place, string? Id)[] Messages =
    [
        .. from file in Repository.Sources
           where file.IsProduct
           from attribute in file.Syntax.DescendantNodes().OfType<AttributeSyntax>()
           where attribute.Name.ToString() == "LoggerMessage"
           select ($"{file.Path}:{file.LineOf(attribute.Span)}", IdOf(attribute)),
    ];

    [Fact]
    public void EveryMessageHasANumberOfItsOwn()
    {
        Assert.NotEmpty(Messages);
        Assert.Equal([], Messages.Where(message => message.Id is null).Select(message => message.Place));
        Assert.Equal([], Messages.GroupBy(message => message.Id).Where(same => same.Count() > 1).Select(same => same.Key));
    }

    [Fact]
    public void TheGuideListsThemAll()
    {
        string[] listed =
        [
            .. File.ReadAllLines(Repository.PathOf(Page))
                .Select(line => line.Split('|', StringSplitOptions.TrimEntries))
                .Where(cells => cells.Length > 2 && int.TryParse(cells[1], out _))
                .Select(cells => cells[1]),
        ];
        Assert.Equal(Messages.Select(message => message.Id!).Order(), listed.Order());
    }

    private static string? IdOf(AttributeSyntax attribute) => attribute.ArgumentList?.Arguments
        .FirstOrDefault(argument => argument.NameEquals?.Name.ToString() == "EventId")?.Expression.ToString();
}
