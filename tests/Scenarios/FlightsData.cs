namespace Weir.Scenarios;

using System.IO.Compression;
using System.Text;

/// <summary>Where the flights are, and how to compare result files.</summary>
internal static class FlightsData
{
    /// <summary>The daily files, copied beside the tests together with the sample.</summary>
    public static string Directory { get; } = Path.Combine(AppContext.BaseDirectory, "data");

    /// <summary>Copies some daily files, from 1 on.</summary>
    public static void CopyDays(string directory, int from, int to)
    {
        IEnumerable<string> files = System.IO.Directory.GetFiles(Directory, "*.csv.gz").Order(StringComparer.Ordinal);
        foreach (string file in files.Take(to).Skip(from - 1))
            File.Copy(file, Path.Combine(directory, Path.GetFileName(file)));
    }

    /// <summary>Writes the daily files, and all their flights once more in March.</summary>
    public static void WriteTwoMonths(string directory)
    {
        foreach (string january in System.IO.Directory.GetFiles(Directory, "*.csv.gz"))
        {
            string name = Path.GetFileName(january);
            File.Copy(january, Path.Combine(directory, name));
            using var from = new StreamReader(new GZipStream(File.OpenRead(january), CompressionMode.Decompress));
            using var to = new StreamWriter(new GZipStream(
                File.Create(Path.Combine(directory, InMarch(name))), CompressionLevel.Fastest));
            while (from.ReadLine() is { } line)
            {
                // Flights of the last hours of December, reported in January, have no day before the 1st of March here.
                if (!line.Contains(",2000-", StringComparison.Ordinal))
                    to.Write(InMarch(line) + "\n");
            }
        }
    }

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

    private static string InMarch(string text) => text.Replace("2001-01-", "2001-03-", StringComparison.Ordinal);
}
