namespace Weir.Architecture.Tests;

using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

/// <summary>The files of the repository as the rules see them: paths are relative to its root, with '/'.</summary>
internal static class Repository
{
    private static readonly string[] CodeFolders = ["src", "tests", "samples", "benchmarks"];
    private static readonly string[] SkippedFolders = ["bin", "obj", "out", "artifacts", "TestResults", "node_modules"];
    private static readonly Lazy<IReadOnlyList<SourceFile>> Parsed = new(
        () => [.. CodeFolders.SelectMany(folder => Files(folder, "*.cs")).Select(SourceFile.Read)]);

    /// <summary>The absolute path of the folder that holds the solution.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Every C# file that people wrote, parsed once.</summary>
    public static IReadOnlyList<SourceFile> Sources => Parsed.Value;

    /// <summary>The absolute path of a relative one.</summary>
    public static string PathOf(string relative) => Path.Combine(Root, relative);

    /// <summary>Files below a folder, in ordinal order, without build output and hidden folders.</summary>
    public static IEnumerable<string> Files(string folder, string pattern) =>
        Walk(PathOf(folder), pattern)
            .Select(file => Path.GetRelativePath(Root, file).Replace('\\', '/'))
            .Order(StringComparer.Ordinal);

    private static IEnumerable<string> Walk(string folder, string pattern) => !Directory.Exists(folder) ? [] :
        Directory.EnumerateFiles(folder, pattern).Concat(
            from inner in Directory.EnumerateDirectories(folder)
            let name = Path.GetFileName(inner)
            where !name.StartsWith('.') && !SkippedFolders.Contains(name)
            from file in Walk(inner, pattern)
            select file);

    private static string FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Orleans.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("The tests run outside the repository.");
    }
}

/// <summary>A parsed C# file.</summary>
internal sealed record SourceFile(string Path, SourceText Text, CompilationUnitSyntax Syntax)
{
    public bool IsProduct => Path.StartsWith("src/", StringComparison.Ordinal);

    public bool IsTest => Path.StartsWith("tests/", StringComparison.Ordinal);

    public static SourceFile Read(string path)
    {
        var text = SourceText.From(File.ReadAllText(Repository.PathOf(path)));
        return new SourceFile(path, text, CSharpSyntaxTree.ParseText(text, path: path).GetCompilationUnitRoot());
    }

    /// <summary>The line, from 1, at which a span begins.</summary>
    public int LineOf(TextSpan span) => Text.Lines.GetLineFromPosition(span.Start).LineNumber + 1;

    /// <summary>How many lines a span touches.</summary>
    public int LinesIn(TextSpan span) =>
        Text.Lines.GetLineFromPosition(span.End).LineNumber + 2 - LineOf(span);
}
