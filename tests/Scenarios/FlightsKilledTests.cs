namespace Weir.Scenarios;

using Weir.Protocol.Faults;

/// <summary>
/// The sample is killed by SIGKILL again and again, and started again in the same directory: the results are those of a
/// run that nobody disturbed.
/// </summary>
public sealed class FlightsKilledTests : IDisposable
{
    private const int Killed = 128 + 9;
    private readonly string _data = Directory.CreateTempSubdirectory("weir-data-").FullName;
    private readonly string _out = Directory.CreateTempSubdirectory("weir-flights-").FullName;

    public void Dispose()
    {
        Directory.Delete(_data, recursive: true);
        Directory.Delete(_out, recursive: true);
    }

    [Fact]
    public async Task RunThatIsKilledAtManyMoments_EndsWithTheSameFiles()
    {
        FlightsData.CopyDays(_data, from: 1, to: 4);
        await KillAsync(crashAt: null, "--kill-after", "20000");

        // A checkpoint is complete and nobody knows; then, where the next start has found it and goes on from it; then,
        // when some of its output is published and some is not.
        await KillAsync(CrashLabels.RecordAfter);
        await KillAsync(CrashLabels.RestoreVerified);
        await KillAsync($"{CrashLabels.OutputAfter}:3");
        FlightsResult result = await FlightsProcess.RunInAsync(_out, crashAt: null, "--data", _data);

        Assert.True(result.ExitCode == 0, result.Errors);
        var options = new FlightsCase(TimeSpan.FromHours(2), TimeSpan.FromHours(6), Partitions: 4);
        using var oracle = new FlightsOracle(_data);
        FlightsData.AssertSame(oracle.AirportFeatures(options), Read("airport-features.csv"), "airport-features.csv");
        FlightsData.AssertSame(oracle.QuietRoutes(options), Read("quiet-routes.csv"), "quiet-routes.csv");
        Assert.Equal(oracle.Flights, result.Summary.GetProperty("events").GetInt64());
        Assert.Equal(oracle.LateFlights(options), result.Summary.GetProperty("late").GetInt64());
        Assert.InRange(result.Summary.GetProperty("stored_before").GetInt64(), 1, oracle.Flights);
        Assert.False(Directory.Exists(Path.Combine(_out, "silo")));
    }

    [Fact]
    public async Task RunThatWasInterrupted_GoesOnOnlyWithTheSameOptions_AndOneThatIsCompleteBeginsAnew()
    {
        await File.WriteAllTextAsync(
            Path.Combine(_data, "2001-01-01.csv"),
            "reported,scheduled,origin,destination,distance_miles,delay_minutes\n"
            + "2001-01-01T00:02,2001-01-01T00:01,RIC,ORF,75,1\n"
            + "2001-01-01T00:03,2001-01-01T00:01,RIC,JFK,75,2\n");
        await KillAsync(crashAt: null, "--kill-after", "1");

        FlightsResult other = await FlightsProcess.RunInAsync(_out, null, "--data", _data, "--partitions", "2");
        Assert.Equal(2, other.ExitCode);
        Assert.Contains("had --partitions 4; start it again with the same", other.Errors, StringComparison.Ordinal);

        FlightsResult same = await FlightsProcess.RunInAsync(_out, null, "--data", _data);
        Assert.Equal(0, same.ExitCode);
        Assert.Contains("going on with the run that was interrupted", same.Errors, StringComparison.Ordinal);
        byte[] features = Read("airport-features.csv");

        FlightsResult again = await FlightsProcess.RunInAsync(_out, null, "--data", _data);
        Assert.Equal(0, again.ExitCode);
        Assert.Contains("replacing the results of an earlier run", again.Errors, StringComparison.Ordinal);
        FlightsData.AssertSame(features, Read("airport-features.csv"), "airport-features.csv");
    }

    private async Task KillAsync(string? crashAt, params string[] arguments)
    {
        FlightsResult result = await FlightsProcess.RunInAsync(_out, crashAt, ["--data", _data, .. arguments]);
        Assert.True(result.ExitCode == Killed, $"{crashAt} {string.Join(' ', arguments)}: {result.Errors}");
        Assert.False(File.Exists(Path.Combine(_out, "airport-features.csv")));
    }

    private byte[] Read(string file) => File.ReadAllBytes(Path.Combine(_out, file));
}
