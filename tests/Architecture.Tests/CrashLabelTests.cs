namespace Weir.Architecture.Tests;

using System.Reflection;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Weir.Protocol.Faults;

/// <summary>A place where tests kill the process is a place in the product, and tests know all of them.</summary>
public sealed class CrashLabelTests
{
    private static readonly FieldInfo[] Labels =
        [.. typeof(CrashLabels).GetFields(BindingFlags.Public | BindingFlags.Static).Where(field => field.IsLiteral)];

    [Fact]
    public void AllLabelsAreListed_EachOnce() => Assert.Equal(
        Labels.Select(label => (string)label.GetRawConstantValue()!), CrashLabels.All);

    [Fact]
    public void AtLeastThirtyPlacesAreLabelled() => Assert.True(CrashLabels.All.Distinct().Count() >= 30);

    [Fact]
    public void EveryLabelIsPassed()
    {
        string[] passed =
        [
            .. from file in Repository.Sources
               where file.IsProduct && !file.Path.StartsWith("src/Protocol/Faults/", StringComparison.Ordinal)
               from name in file.Syntax.DescendantNodes().OfType<MemberAccessExpressionSyntax>()
               where name.Expression.ToString() == nameof(CrashLabels)
               select name.Name.ToString(),
        ];
        Assert.Equal([], Labels.Select(label => label.Name).Except(passed));
    }
}
