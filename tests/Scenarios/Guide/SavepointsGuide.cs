namespace Weir.Scenarios.Guide;

using Weir.Client;
using Weir.Contracts;
using Weir.Contracts.Jobs;
using Weir.Engine.Aggregates;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Engine.Windows;
using Weir.Samples.Flights;
using Weir.Samples.Flights.Input;
using Weir.Samples.Flights.Runs;

/// <summary>The code of docs/guide/savepoints.md.</summary>
public sealed class SavepointsGuide : IDisposable
{
    private const string Job = "delayed-flights";

    private readonly string _directory = Directory.CreateTempSubdirectory("weir-savepoints-").FullName;
    private readonly List<Flight> _sent = [];

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    #region job
    /// <summary>How many flights of each airport left more than 15 minutes late, by day.</summary>
    public class DelayedFlights : StreamJob
    {
        public static readonly Topic<Windowed<string, long>> PerDay =
            Topic.Of<Windowed<string, long>>("delayed-per-day");

        public override string Name => "delayed-flights";

        public override void Define(JobBuilder job) => job
            .From(FlightsJob.Flights)
            .WithEventTime(flight => flight.Scheduled, Watermarks.Bounded(TimeSpan.FromHours(48)))
            .KeyBy(FlightsJob.Flights.Key)
            .Window(Windows.Tumbling(TimeSpan.FromDays(1)))
            .Aggregate("delayed", new Sum<Flight, long>(flight => IsDelayed(flight) ? 1 : 0))
            .To(PerDay);

        protected virtual bool IsDelayed(Flight flight) => flight.Delay > 15;
    }

    /// <summary>Version 1.1. Delays of flights that left early are negative; here they count as well.</summary>
    public sealed class DelayedFlightsWithABug : DelayedFlights
    {
        protected override bool IsDelayed(Flight flight) => Math.Abs(flight.Delay) > 15;
    }
    #endregion

    [Fact]
    public async Task TheCorrectedJob_WritesBesideOrBehindTheWrongOutput()
    {
        await MakeAnErrorAsync();
        await using Deployment corrected = await DeployAsync<DelayedFlights>();
        IWeirClient client = corrected.Client;
        List<Windowed<string, long>> written = await ReadAsync(client, DelayedFlights.PerDay);
        List<Windowed<string, long>> right = Right();
        Assert.NotEqual(right, written);

        #region fork
        JobStatus status = await client.StartJobAsync(
            Job, new StartOptions { From = "before-1.1", Outputs = OutputChoice.Fork });
        await client.WaitForJobAsync(Job, JobState.Finished);
        Topic<Windowed<string, long>> fork =
            Topic.Of<Windowed<string, long>>($"{DelayedFlights.PerDay.Name}.{status.Lineage}");
        #endregion

        // What was given out before the savepoint was right, and is not given out again.
        List<Windowed<string, long>> forked = await ReadAsync(client, fork);
        Assert.Equal(written, await ReadAsync(client, DelayedFlights.PerDay));
        Assert.Equal(right, Sorted(written.Where(each => !forked.Any(other => SameWindow(each, other))).Concat(forked)));
        Assert.InRange(forked.Count, 1, right.Count - 1);

        #region append
        await client.StartJobAsync(Job, new StartOptions { From = "before-1.1", Outputs = OutputChoice.Append });
        await client.WaitForJobAsync(Job, JobState.Finished);
        #endregion
        Assert.Equal(Sorted(written.Concat(forked)), await ReadAsync(client, DelayedFlights.PerDay));

        // The one behind the other, both beyond the savepoint: both are replaced.
        await client.StartJobAsync(Job, new StartOptions { From = "before-1.1", Outputs = OutputChoice.Replace });
        await client.WaitForJobAsync(Job, JobState.Finished);
        Assert.Equal(right, await ReadAsync(client, DelayedFlights.PerDay));
    }

    [Fact]
    public async Task TheCorrectedJob_ReplacesTheWrongOutput()
    {
        await MakeAnErrorAsync();
        await using Deployment corrected = await DeployAsync<DelayedFlights>();
        IWeirClient client = corrected.Client;
        WeirException open = await Assert.ThrowsAsync<WeirException>(
            () => client.StartJobAsync(Job, new StartOptions { From = "before-1.1" }));
        Assert.Equal(WeirError.IncompatibleState, open.Error);

        #region replace
        await client.StartJobAsync(Job, new StartOptions { From = "before-1.1", Outputs = OutputChoice.Replace });
        await client.WaitForJobAsync(Job, JobState.Finished);
        #endregion
        Assert.Equal(Right(), await ReadAsync(client, DelayedFlights.PerDay));
    }

    private async Task MakeAnErrorAsync()
    {
        #region error
        await using (Deployment first = await DeployAsync<DelayedFlights>())
        {
            await first.Client.StartJobAsync(Job);
            await first.SendDaysAsync(1, 4);
            await first.Client.WaitForJobAsync(Job, HasReadAll);
            await first.Client.StopJobAsync(Job, new StopOptions { Savepoint = "before-1.1" });
        }

        await using (Deployment wrong = await DeployAsync<DelayedFlightsWithABug>())
        {
            await wrong.Client.StartJobAsync(Job);
            await wrong.SendDaysAsync(5, 6);
            await wrong.Client.SealAsync(FlightsJob.Flights);
            await wrong.Client.WaitForJobAsync(Job, JobState.Finished);
        }
        #endregion
    }

    private static bool HasReadAll(JobStatus status) =>
        status.State == JobState.Running && Array.TrueForAll(status.Sources, source => source.Next == source.End);

    private static bool SameWindow(Windowed<string, long> one, Windowed<string, long> other) =>
        one.Key == other.Key && one.Window == other.Window;

    private static List<Windowed<string, long>> Sorted(IEnumerable<Windowed<string, long>> results) =>
    [
        .. results.OrderBy(each => each.Window.Start).ThenBy(each => each.Key, StringComparer.Ordinal)
            .ThenBy(each => each.Value),
    ];

    private static async Task<List<Windowed<string, long>>> ReadAsync(
        IWeirClient client, Topic<Windowed<string, long>> topic)
    {
        List<Windowed<string, long>> results = [];
        await foreach (TopicEvent<Windowed<string, long>> result in client.ReadAsync(topic))
            results.Add(result.Value);
        return Sorted(results);
    }

    // Counted from the raw files.
    private List<Windowed<string, long>> Right() => Sorted(
        from flight in _sent
        let day = new EventTime(flight.Scheduled.Milliseconds - (flight.Scheduled.Milliseconds % 86_400_000))
        group flight by (flight.Origin, Day: day) into flights
        select new Windowed<string, long>(
            flights.Key.Origin,
            new TimeRange(flights.Key.Day, flights.Key.Day + TimeSpan.FromDays(1)),
            flights.Count(flight => flight.Delay > 15)));

    private async Task<Deployment> DeployAsync<TJob>()
        where TJob : StreamJob
    {
        EmbeddedSilo silo = await EmbeddedSilo.StartAsync<TJob>(new FlightsOptions(), _directory, CancellationToken.None);
        return new Deployment(silo, _sent);
    }

    /// <summary>A silo with one version of the job, on the data of the ones before.</summary>
    private sealed class Deployment(EmbeddedSilo silo, List<Flight> sent) : IAsyncDisposable
    {
        public IWeirClient Client => silo.Client;

        public async Task SendDaysAsync(int from, int to)
        {
            string days = Directory.CreateTempSubdirectory("weir-days-").FullName;
            FlightsData.CopyDays(days, from, to);
            await using (Producer<Flight> producer = Client.CreateProducer(FlightsJob.Flights))
            {
                using var reader = new FlightReader(
                    FlightDirectory.Open(days), row => throw new InvalidDataException(row.ToString()));
                while (reader.TryReadBatch(out IReadOnlyList<Flight>? batch))
                {
                    await producer.SendBatchAsync(batch);
                    sent.AddRange(batch);
                }
            }

            Directory.Delete(days, recursive: true);
        }

        public ValueTask DisposeAsync() => silo.DisposeAsync();
    }
}
