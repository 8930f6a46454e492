namespace Weir.Architecture.Tests;

using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

/// <summary>Words that say nothing, work that was left over, and tests that wait for the clock.</summary>
public sealed partial class WordingTests
{
    private static readonly HashSet<string> EmptyWords = new(StringComparer.Ordinal)
    {
        "Util", "Utils", "Utilities", "Helper", "Helpers", "Common", "Manager", "Managers", "Impl",
    };

    [Fact]
    public void NamesSayWhatAThingIs() => Rule.Holds(nameof(NamesSayWhatAThingIs), BadPaths().Concat(BadTypes()));

    [Fact]
    public void NothingIsLeftToDo() => Rule.Holds(
        nameof(NothingIsLeftToDo),
        from line in CommentLines().Concat(TextLines())
        where LeftOver().IsMatch(line.Text)
        select new Violation(line.Path, $"line {line.Number}: {line.Text.Trim()}"));

    [Fact]
    public void NothingIsNotImplemented() => Rule.Holds(
        nameof(NothingIsNotImplemented),
        from file in Repository.Sources
        from name in file.Syntax.DescendantNodes().OfType<IdentifierNameSyntax>()
        where name.Identifier.Text == nameof(NotImplementedException) && name.Parent is not ArgumentSyntax
        select new Violation(file.Path, $"line {file.LineOf(name.Span)} throws it"));

    // The faults program waits for processes that it has killed or stopped: nothing tells it when they are gone.
    [Fact]
    public void TestsDoNotSleep() => Rule.Holds(
        nameof(TestsDoNotSleep),
        from file in Repository.Sources.Where(file => file.IsTest)
        where !file.Path.StartsWith("tests/Faults/", StringComparison.Ordinal)
        from access in file.Syntax.DescendantNodes().OfType<MemberAccessExpressionSyntax>()
        where (access.Expression.ToString(), access.Name.Identifier.Text)
            is ("Thread", "Sleep") or ("Task", "Delay")
        select new Violation(file.Path, $"line {file.LineOf(access.Span)}: {access}"));

    [Theory]
    [InlineData("WindowManager", true)]
    [InlineData("IHelperOfKeys", true)]
    [InlineData("Utils.cs", true)]
    [InlineData("ImplicitWatermark", false)]
    [InlineData("Uncommon", false)]
    public void EmptyWordsAreWholeWords(string name, bool empty) => Assert.Equal(empty, HasEmptyWord(name));

    private static IEnumerable<Violation> BadPaths() =>
        from path in Repository.Files(".", "*")
        where path.Split('/').Any(HasEmptyWord)
        select new Violation(path, "its name says nothing");

    private static IEnumerable<Violation> BadTypes() =>
        from file in Repository.Sources
        from type in file.Syntax.DescendantNodes().OfType<BaseTypeDeclarationSyntax>()
        where HasEmptyWord(type.Identifier.Text)
        select new Violation($"{file.Path} {type.Identifier.Text}", "its name says nothing");

    private static IEnumerable<(string Path, int Number, string Text)> CommentLines() =>
        from file in Repository.Sources
        from trivia in file.Syntax.DescendantTrivia()
        where trivia.Kind() is SyntaxKind.SingleLineCommentTrivia or SyntaxKind.MultiLineCommentTrivia
            or SyntaxKind.SingleLineDocumentationCommentTrivia or SyntaxKind.MultiLineDocumentationCommentTrivia
        select (file.Path, file.LineOf(trivia.Span), trivia.ToFullString());

    private static IEnumerable<(string Path, int Number, string Text)> TextLines() =>
        from path in Repository.Files(".", "*")
        where Path.GetExtension(path) is ".csproj" or ".props" or ".targets" or ".sh" or ".yml" or ".yaml" or ".md"
        from line in File.ReadLines(Repository.PathOf(path)).Select((text, index) => (text, number: index + 1))
        select (path, line.number, line.text);

    private static bool HasEmptyWord(string name) => Word().Matches(name).Any(word => EmptyWords.Contains(word.Value));

    // "IHelperOfKeys2" is I, Helper, Of, Keys, 2.
    [GeneratedRegex("[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")]
    private static partial Regex Word();

    [GeneratedRegex(@"\b(TODO|FIXME|HACK)\b")]
    private static partial Regex LeftOver();
}
