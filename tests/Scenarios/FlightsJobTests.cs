namespace Weir.Scenarios;

/// <summary>The job itself, without a service, against an independent computation over the same flights.</summary>
public sealed class FlightsJobTests
{
    private static readonly TimeSpan TwoDays = TimeSpan.FromHours(48);

    [Fact]
    public void NothingIsLate_BothFilesEqualTheComputation()
    {
        using var oracle = new FlightsOracle(FlightsData.Directory);
        var run = FlightsInHarness.Run(new FlightsCase(TwoDays, TimeSpan.FromHours(6), Partitions: 4));

        Assert.Equal(0, run.LateFlights);
        FlightsData.AssertSame(oracle.AirportFeatures(), run.AirportFeatures(), "airport-features");
        FlightsData.AssertSame(oracle.QuietRoutes(TwoDays), run.QuietRoutes(), "quiet-routes");
    }

    [Theory]
    [InlineData(6)]
    [InlineData(0)]
    public void SomeAreLate_BothFilesEqualTheModelOfBatchesAndWatermarks(int latenessHours)
    {
        using var oracle = new FlightsOracle(FlightsData.Directory);
        var options = new FlightsCase(TimeSpan.FromHours(2), TimeSpan.FromHours(latenessHours), Partitions: 4);
        var run = FlightsInHarness.Run(options);

        Assert.Equal(oracle.LateFlights(options), run.LateFlights);
        Assert.Equal(run.LateFlights, run.TooLate);
        Assert.True(run.LateFlights > 0);
        FlightsData.AssertSame(oracle.AirportFeatures(options), run.AirportFeatures(), "airport-features");
        FlightsData.AssertSame(oracle.QuietRoutes(options), run.QuietRoutes(), "quiet-routes");
    }
}
