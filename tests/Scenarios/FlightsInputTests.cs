namespace Weir.Scenarios;

using System.IO.Compression;
using System.Text;

/// <summary>What the sample makes of input and options that are not as they should be.</summary>
public sealed class FlightsInputTests : IDisposable
{
    private const string Header = "reported,scheduled,origin,destination,distance_miles,delay_minutes\n";
    private const string Good = "2001-01-01T00:02,2001-01-01T00:01,RIC,ORF,75,1\n";

    private readonly string _data = Directory.CreateTempSubdirectory("weir-data-").FullName;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task MalformedRows_AreCountedAndKeptAndDoNotStopTheJob()
    {
        const string noTime = "is not a time of the form 2001-01-31T23:59";
        (string Text, string Reason)[] bad =
        [
            ("2001-02-30T00:02,2001-01-01T00:01,RIC,ORF,75,1", $"reported '2001-02-30T00:02' {noTime}"),
            ("2001-01-01T00:02,2001-01-01T24:01,RIC,ORF,75,1", $"scheduled '2001-01-01T24:01' {noTime}"),
            ("2001-01-01T00:02,2001-01-01T00:01,RIC,ORF,75", "it has 5 columns, expected 6"),
            ("2001-01-01T00:02,2001-01-01T00:01,R\"C,ORF,75,1",
                "origin 'R\"C' is not the code of an airport (3 or 4 capital letters or digits)"),
            ("2001-01-01T00:02,2001-01-01T00:01,RIC,ORF,far,1",
                "distance_miles 'far' is not a whole number, 0 or more"),
            ("2001-01-01T00:02,2001-01-01T00:01,RIC,ORF,75,late", "delay_minutes 'late' is not a whole number"),
        ];
        WriteCompressed(
            "2001-01-01.csv.gz", Header + Good + string.Concat(bad.Select(row => row.Text + "\n")));
        Write("2001-01-02.csv", Header + bad[0].Text + "\n2001-01-02T00:05,2001-01-02T00:01,RIC,JFK,75,4\n");
        Write("2001-01-03.csv", "");
        await using var run = FlightsProcess.Start("--data", _data);
        FlightsResult result = await run.EndAsync();

        Assert.True(result.ExitCode == 0, result.Errors);
        Assert.Equal(2, result.Summary.GetProperty("events").GetInt64());
        Assert.Equal(7, result.Summary.GetProperty("rejected").GetInt64());
        string[] kept =
        [
            "file,line,reason,text",
            .. bad.Select((row, i) => $"{Quoted("2001-01-01.csv.gz")},{i + 3},{Quoted(row.Reason)},{Quoted(row.Text)}"),
            $"{Quoted("2001-01-02.csv")},2,{Quoted(bad[0].Reason)},{Quoted(bad[0].Text)}",
        ];
        Assert.Equal(kept, Lines(run, "rejected.csv"));
        Assert.Equal(
            [
                "window_start,origin,departures,sum_delay_minutes,max_delay_minutes,delayed_15,destinations",
                "2001-01-01T00:00,RIC,1,1,1,0,1",
                "2001-01-02T00:00,RIC,1,4,4,0,1",
            ],
            Lines(run, "airport-features.csv"));
        Assert.Contains($"2001-01-01.csv.gz, line 3: {bad[0].Reason}", result.Errors, StringComparison.Ordinal);
        Assert.Contains("2001-01-03.csv: the file is empty", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FileThatBreaksOff_GivesTheRowsBefore()
    {
        IEnumerable<string> rows =
            from i in Enumerable.Range(0, 5000)
            let minute = $"2001-01-01T{i / 60 % 24:00}:{i % 60:00}"
            select $"{minute},{minute},RIC,ORF,{i},{i % 7}\n";
        WriteCompressed("2001-01-01.csv.gz", Header + string.Concat(rows));
        string file = Path.Combine(_data, "2001-01-01.csv.gz");
        byte[] whole = await File.ReadAllBytesAsync(file);
        await File.WriteAllBytesAsync(file, whole[..(whole.Length / 2)]);
        FlightsResult result = await FlightsProcess.RunAsync("--data", _data);

        Assert.True(result.ExitCode == 0, result.Errors);
        Assert.InRange(result.Summary.GetProperty("events").GetInt64(), 1, 4999);
        Assert.InRange(result.Summary.GetProperty("rejected").GetInt64(), 1, 2);
        Assert.Contains("the file can not be read from here on", result.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nothing-here", "There is no directory '")]
    [InlineData("a-file", "is a file; --data takes a directory")]
    [InlineData("no-files", "There are no files *.csv.gz or *.csv in the directory '")]
    [InlineData("empty-files", "All files in the directory '")]
    [InlineData("other-header", "other.csv, line 1: expected the header 'reported,")]
    [InlineData("damaged", "damaged.csv.gz, line 1: the file can not be read: ")]
    public async Task DirectoryThatCanNotBeUsed_IsToldInOneSentence(string name, string sentence)
    {
        Write("a-file", Header);
        Write("no-files/readme.txt", Header);
        Write("empty-files/empty.csv", "");
        Write("other-header/other.csv", "origin,destination\nRIC,ORF\n");
        Write("damaged/damaged.csv.gz", "these bytes are not compressed");
        FlightsResult result = await FlightsProcess.RunAsync("--data", Path.Combine(_data, name));

        AssertRefused(result, sentence);
    }

    [Theory]
    [InlineData("--partitions", "0", "--partitions must be a whole number from 1 to 1024, not '0'.")]
    [InlineData("--partitions", "many", "--partitions must be a whole number from 1 to 1024, not 'many'.")]
    [InlineData("--lateness", "6", "must be a duration of at most ten years such as 2d, 48h, 30m or 90s, not '6'.")]
    [InlineData("--out-of-order", "-1h", "--out-of-order must be a duration")]
    [InlineData("--out-of-order", "h", "--out-of-order must be a duration")]
    [InlineData("--late", "6h", "--late")]
    public async Task WrongOption_IsToldInOneSentence(string option, string value, string sentence) =>
        AssertRefused(await FlightsProcess.RunAsync(option, value), sentence);

    private static string Quoted(string text) => $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private static string[] Lines(FlightsProcess run, string file) =>
        Encoding.UTF8.GetString(run.Read(file)).TrimEnd('\n').Split('\n');

    private static void AssertRefused(FlightsResult result, string sentence)
    {
        Assert.Equal(2, result.ExitCode);
        Assert.Empty(result.Output);
        Assert.StartsWith("error: ", result.Errors, StringComparison.Ordinal);
        Assert.Contains(sentence, result.Errors, StringComparison.Ordinal);
        Assert.Single(result.Errors.TrimEnd().Split('\n'));
    }

    private void Write(string name, string text)
    {
        string file = Path.Combine(_data, name);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }

    private void WriteCompressed(string name, string text)
    {
        using var file = new GZipStream(File.Create(Path.Combine(_data, name)), CompressionLevel.Optimal);
        file.Write(Encoding.UTF8.GetBytes(text));
    }
}
