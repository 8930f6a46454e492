namespace Weir.Engine.Tests;

using Weir.Conformance;

/// <summary>The case files, as the console program runs them.</summary>
public sealed class ConformanceTests
{
    [Fact]
    public void NoCaseFails()
    {
        Report report = Report.OfDirectory(Path.Combine(AppContext.BaseDirectory, "cases"));
        Assert.Empty(report.Files
            .SelectMany(file => file.Cases)
            .Where(each => each.Verdict == Verdict.Failed)
            .Select(each => $"{each.Name}: {each.Text}"));
        Assert.True(report.Passed > 0);
    }
}
