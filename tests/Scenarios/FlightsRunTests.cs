namespace Weir.Scenarios;

using System.Text.Json;

/// <summary>
/// The whole way: the sample as a process, from the files through log, streams and grains to the result files, against
/// an independent computation.
/// </summary>
public sealed class FlightsRunTests : IClassFixture<FlightsRunTests.Oracle>
{
    private static readonly TimeSpan TwoDays = TimeSpan.FromHours(48);
    private readonly FlightsOracle _oracle;

    public FlightsRunTests(Oracle oracle)
    {
        ArgumentNullException.ThrowIfNull(oracle);
        _oracle = oracle.Value;
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(16)]
    public async Task NothingIsLate_BothFilesEqualTheComputation(int partitions)
    {
        await using var run = FlightsProcess.Start("--out-of-order", "48h", "--partitions", $"{partitions}");
        FlightsResult result = await run.EndAsync();

        Assert.True(result.ExitCode == 0, result.Errors);
        byte[] features = _oracle.AirportFeatures();
        byte[] quiet = _oracle.QuietRoutes(TwoDays);
        FlightsData.AssertSame(features, run.Read("airport-features.csv"), "airport-features.csv");
        FlightsData.AssertSame(quiet, run.Read("quiet-routes.csv"), "quiet-routes.csv");
        JsonElement summary = result.Summary;
        Assert.Equal(
            (_oracle.Flights, RowsIn(features), 0, RowsIn(quiet), 0),
            (Number(summary, "events"), Number(summary, "windows"), Number(summary, "late"), Number(summary, "alerts"),
                Number(summary, "rejected")));
        Assert.Equal(Path.Combine(run.Out, "airport-features.csv"), summary.GetProperty("csv").GetString());
        Assert.True(summary.GetProperty("events_per_second").GetDouble() > 0);
        Assert.True(summary.GetProperty("cpu_us_per_event").GetDouble() > 0);
    }

    /// <summary>
    /// What is late depends on partitions, batches and watermarks. Two runs have the same, so they have the same late
    /// flights, however their threads are scheduled.
    /// </summary>
    [Theory]
    [InlineData(6, 4, 1)]
    [InlineData(6, 4, 2)]
    [InlineData(0, 4, 1)]
    [InlineData(0, 16, 1)]
    public async Task SomeAreLate_BothFilesEqualTheModelOfBatchesAndWatermarks(
        int latenessHours, int partitions, int attempt)
    {
        var options = new FlightsCase(TimeSpan.FromHours(2), TimeSpan.FromHours(latenessHours), partitions);
        await using var run = FlightsProcess.Start(
            latenessHours == 6 ? [] : ["--lateness", $"{latenessHours}h", "--partitions", $"{partitions}"]);
        FlightsResult result = await run.EndAsync();

        Assert.True(result.ExitCode == 0, $"attempt {attempt}: {result.Errors}");
        byte[] features = _oracle.AirportFeatures(options);
        FlightsData.AssertSame(features, run.Read("airport-features.csv"), "airport-features.csv");
        FlightsData.AssertSame(_oracle.QuietRoutes(options), run.Read("quiet-routes.csv"), "quiet-routes.csv");
        Assert.Equal(_oracle.LateFlights(options), Number(result.Summary, "late"));
    }

    private static long RowsIn(byte[] csv) => csv.AsSpan().Count((byte)'\n') - 1;

    private static long Number(JsonElement summary, string name) => summary.GetProperty(name).GetInt64();

    /// <summary>The computation, loaded once.</summary>
    public sealed class Oracle : IDisposable
    {
        internal FlightsOracle Value { get; } = new(FlightsData.Directory);

        public void Dispose() => Value.Dispose();
    }
}
