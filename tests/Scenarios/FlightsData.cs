namespace Weir.Scenarios;

using System.Text;

/// <summary>Where the flights are, and how to compare result files.</summary>
internal static class FlightsData
{
    /// <summary>The daily files, copied beside the tests together with the sample.</summary>
    public static string Directory { get; } = Path.Combine(AppContext.BaseDirectory, "data");

    /// <summary>Byte for byte; a difference is told by its first line, not by half a million bytes.</summary>
    public static void AssertSame(byte[] expected, byte[] actual, string what)
    {
        if (expected.AsSpan().SequenceEqual(actual))
            return;
        string[] expectedLines = Encoding.UTF8.GetString(expected).Split('\n');
        string[] actualLines = Encoding.UTF8.GetString(actual).Split('\n');
        int line = 0;
        while (line < expectedLines.Length && line < actualLines.Length && expectedLines[line] == actualLines[line])
            line++;
        Assert.Fail(
            $"{what}: {expectedLines.Length} lines expected, {actualLines.Length} found; line {line + 1} should be "
            + $"'{expectedLines.ElementAtOrDefault(line)}' and is '{actualLines.ElementAtOrDefault(line)}'");
    }
}
