namespace Weir.Architecture.Tests;

using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

/// <summary>Nothing grows until nobody reads it: files, methods, lines and lists of parameters have limits.</summary>
public sealed class SizeTests
{
    private const int FileLines = 400;
    private const int MethodLines = 70;
    private const int LineCharacters = 130;
    private const int Parameters = 4;
    private const int TypeParameters = 3;

    private static IEnumerable<SourceFile> Product => Repository.Sources.Where(file => file.IsProduct);

    [Fact]
    public void FilesAreShort() => Rule.Holds(
        nameof(FilesAreShort),
        from file in Product
        let lines = file.LinesIn(file.Syntax.Span)
        where lines > FileLines
        select new Violation(file.Path, $"{lines} lines, limit {FileLines}"));

    [Fact]
    public void LinesAreShort() => Rule.Holds(
        nameof(LinesAreShort),
        from file in Repository.Sources
        from line in file.Text.Lines
        where line.Span.Length > LineCharacters
        select new Violation(
            file.Path, $"line {line.LineNumber + 1} has {line.Span.Length} characters, limit {LineCharacters}"));

    [Fact]
    public void MethodsAreShort() => Rule.Holds(
        nameof(MethodsAreShort),
        from file in Product
        from method in file.Syntax.DescendantNodes().Where(HasBody)
        let lines = file.LinesIn(method.Span)
        where lines > MethodLines
        select At(file, method, $"{lines} lines, limit {MethodLines}"));

    [Fact]
    public void ProgramsAreShort() => Rule.Holds(
        nameof(ProgramsAreShort),
        from file in Product
        let statements = file.Syntax.Members.OfType<GlobalStatementSyntax>().ToList()
        where statements.Count > 0
        let lines = file.LinesIn(TextSpan.FromBounds(statements[0].SpanStart, statements[^1].Span.End))
        where lines > MethodLines
        select new Violation(file.Path, $"{lines} lines of top-level statements, limit {MethodLines}"));

    /// <remarks>
    /// A receiver (this) and a cancellation token do not count. A constructor may take more, because its arguments
    /// are services or the fields of a record; an override has the signature that it has.
    /// </remarks>
    [Fact]
    public void MethodsTakeFewParameters() => Rule.Holds(
        nameof(MethodsTakeFewParameters),
        from file in Product
        from method in file.Syntax.DescendantNodes().OfType<MethodDeclarationSyntax>()
        where !IsPrivate(method) && !method.Modifiers.Any(SyntaxKind.OverrideKeyword)
        let count = method.ParameterList.Parameters.Count(Counts)
        where count > Parameters
        select At(file, method, $"{count} parameters, limit {Parameters}; make it an options record"));

    [Fact]
    public void PublicNamesTakeFewTypeParameters() => Rule.Holds(
        nameof(PublicNamesTakeFewTypeParameters),
        from file in Product
        from list in file.Syntax.DescendantNodes().OfType<TypeParameterListSyntax>()
        where list.Parameters.Count > TypeParameters
        let owner = list.FirstAncestorOrSelf<MemberDeclarationSyntax>()
        where IsPublic(owner)
        select At(file, owner, $"{list.Parameters.Count} type parameters, limit {TypeParameters}"));

    private static Violation At(SourceFile file, SyntaxNode node, string what) =>
        new($"{file.Path} {NameOf(node)}", $"line {file.LineOf(node.Span)}, {what}");

    private static bool HasBody(SyntaxNode node) =>
        node is BaseMethodDeclarationSyntax or AccessorDeclarationSyntax or LocalFunctionStatementSyntax
            or BasePropertyDeclarationSyntax { AccessorList: null };

    private static bool Counts(ParameterSyntax parameter) =>
        !parameter.Modifiers.Any(SyntaxKind.ThisKeyword) && parameter.Type?.ToString() != nameof(CancellationToken);

    private static bool IsPrivate(MethodDeclarationSyntax method) =>
        method.Parent is not InterfaceDeclarationSyntax
        && !method.Modifiers.Any(SyntaxKind.PublicKeyword)
        && !method.Modifiers.Any(SyntaxKind.InternalKeyword)
        && !method.Modifiers.Any(SyntaxKind.ProtectedKeyword);

    private static bool IsPublic(MemberDeclarationSyntax member) =>
        member.Parent is InterfaceDeclarationSyntax
        || member.Modifiers.Any(SyntaxKind.PublicKeyword)
        || member.Modifiers.Any(SyntaxKind.ProtectedKeyword);

    private static string NameOf(SyntaxNode node) => string.Join('.', node.AncestorsAndSelf().Reverse().Select(
        part => part switch
        {
            BaseTypeDeclarationSyntax type => type.Identifier.Text,
            DelegateDeclarationSyntax type => type.Identifier.Text,
            MethodDeclarationSyntax method => method.Identifier.Text,
            ConstructorDeclarationSyntax => "constructor",
            OperatorDeclarationSyntax method => $"operator {method.OperatorToken.Text}",
            ConversionOperatorDeclarationSyntax method => $"operator {method.Type}",
            PropertyDeclarationSyntax property => property.Identifier.Text,
            IndexerDeclarationSyntax => "this[]",
            AccessorDeclarationSyntax accessor => accessor.Keyword.Text,
            LocalFunctionStatementSyntax local => local.Identifier.Text,
            _ => null,
        }).OfType<string>());
}
