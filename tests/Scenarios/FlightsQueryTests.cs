namespace Weir.Scenarios;

using System.Diagnostics;
using System.Text.Json;
using Weir.Client;
using Weir.Contracts.Json;
using Weir.Contracts.Keys;
using Weir.Engine.Time;
using Weir.Samples.Flights;

/// <summary>Another process, this one, asks for the state of keys while the sample runs.</summary>
public sealed class FlightsQueryTests : IDisposable
{
    private const string Airport = "ORD";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly string _data = Directory.CreateTempSubdirectory("weir-data-").FullName;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task QueryAndInspect_AnswerDuringTheRun_WithWhatTheKeyHoldsThen()
    {
        // Twice the input, so that there is time to ask on a busy machine as well.
        FlightsData.WriteTwoMonths(_data);
        using var oracle = new FlightsOracle(_data);
        await using var run = FlightsProcess.Start("--data", _data, "--out-of-order", "48h");
        await using WeirConnection connection = await WeirConnection.ConnectAsync(
            new WeirConnectionOptions { Gateways = [await run.Gateway], ConnectTimeout = Patience });
        IWeirClient client = connection.Client;
        IKeyedView<string, AirportHour> view = client.View(FlightsJob.JobName, FlightsJob.Latest);

        var route = new Route(Airport, "DFW");
        Task<ViewAnswer<AirportHour>> asksHour = AskAsync(() => view.FindAsync(Airport));
        Task<KeyReport> asksAirport = AskAsync(
            () => client.InspectAsync(FlightsJob.JobName, FlightsJob.FeaturesOperator, Airport));
        Task<KeyReport> asksRoute = AskAsync(
            () => client.InspectAsync(FlightsJob.JobName, FlightsJob.RoutesOperator, route));
        ViewAnswer<AirportHour> hour = await asksHour;
        KeyReport airport = await asksAirport;
        KeyReport flown = await asksRoute;

        // The watermark is at its end only when all input has been read, so these answers came before.
        EventTime[] watermarks = [hour.Watermark, airport.Watermark, flown.Watermark];
        Assert.All(watermarks, time => Assert.True(time < EventTime.MaxValue));
        Assert.False(hour.IsFinal);
        Assert.Equal(oracle.AirportHourAfter(Airport, hour.Window!.Value.Start, hour.Value.Departures), hour.Value);
        AssertWindows(oracle, airport);
        AssertWaiting(oracle, route, flown);

        FlightsResult result = await run.EndAsync();
        Assert.True(result.ExitCode == 0, result.Errors);
    }

    private static void AssertWindows(FlightsOracle oracle, KeyReport airport)
    {
        Assert.NotEmpty(airport.Windows);
        foreach (WindowReport window in airport.Windows)
        {
            AirportHour held = JsonSerializer.Deserialize<AirportHour>(window.Json!, WeirJson.Options);
            Assert.Equal(oracle.AirportHourAfter(Airport, window.Window.Start, held.Departures), held);
            Assert.Contains(airport.Timers, timer => timer.Time == window.Window.MaxTimestamp + TimeSpan.FromHours(6));
        }
    }

    private static void AssertWaiting(FlightsOracle oracle, Route route, KeyReport flown)
    {
        EventTime[] waiting = [.. flown.Timers.Where(timer => timer.Name is null).Select(timer => timer.Time)];
        Assert.Contains(flown.State, state => state.Name == "waiting");
        Assert.NotEmpty(waiting);
        Assert.All(waiting, time => Assert.True(time > flown.Watermark && oracle.IsScheduled(route, time)));
    }

    // The service answers null until the key has its first flight; each question is a turn of the run.
    private static async Task<TAnswer> AskAsync<TAnswer>(Func<Task<TAnswer?>> ask)
        where TAnswer : class
    {
        var time = Stopwatch.StartNew();
        while (time.Elapsed < Patience)
        {
            try
            {
                if (await ask() is { } answer)
                    return answer;
            }
            catch (Contracts.WeirException fault) when (fault.Error == Contracts.WeirError.JobNotRunning)
            {
                // The sample starts the job after its silo.
            }
        }

        throw new TimeoutException("The key had no answer.");
    }
}
