namespace Weir.Scenarios;

using System.Globalization;
using System.Text;
using Weir.Engine.Streams;
using Weir.Engine.Testing;
using Weir.Engine.Time;
using Weir.Samples.Flights;
using Weir.Samples.Flights.Input;

/// <summary>All flights through the job in one thread, without a service, and the files of its results.</summary>
internal sealed class FlightsInHarness
{
    private readonly JobHarness _run;

    private FlightsInHarness(JobHarness run) => _run = run;

    public long LateFlights => _run.LateEvents(FlightsJob.FeaturesOperator);

    public int TooLate => _run.Read(FlightsJob.TooLate).Count;

    public static FlightsInHarness Run(FlightsCase options)
    {
        var job = new FlightsJob(new FlightsOptions { OutOfOrder = options.OutOfOrder, Lateness = options.Lateness });
        var run = new JobHarness(job, new HarnessOptions { Partitions = options.Partitions });
        EventTime latest = EventTime.MinValue;
        using var reader = new FlightReader(
            FlightDirectory.Open(FlightsData.Directory), row => throw new InvalidDataException(row.ToString()));
        while (reader.TryReadBatch(out IReadOnlyList<Flight>? batch))
        {
            run.Send(FlightsJob.Flights, [.. batch]);
            foreach (Flight flight in batch)
                latest = EventTime.Max(latest, flight.Scheduled);
        }

        run.Advance(FlightsJob.Flights, latest);
        run.Seal();
        return new FlightsInHarness(run);
    }

    public byte[] AirportFeatures()
    {
        var last = new SortedDictionary<(long, string), AirportHour>(Comparer<(long Start, string Origin)>.Create(
            (a, b) => a.Start != b.Start ? a.Start.CompareTo(b.Start) : string.CompareOrdinal(a.Origin, b.Origin)));
        foreach (Windowed<string, AirportHour> result in _run.Read(FlightsJob.Features))
            last[(result.Window.Start.Milliseconds, result.Key)] = result.Value;
        return Lines(
            "window_start,origin,departures,sum_delay_minutes,max_delay_minutes,delayed_15,destinations",
            last.Select(each => string.Create(
                CultureInfo.InvariantCulture,
                $"{Minute(each.Key.Item1)},{each.Key.Item2},{each.Value.Departures},{each.Value.SumDelayMinutes},"
                + $"{each.Value.MaxDelayMinutes},{each.Value.Delayed15},{each.Value.Destinations}")));
    }

    public byte[] QuietRoutes() => Lines(
        "quiet_at,origin,destination,last_seen,days",
        _run.Read(FlightsJob.QuietRoutes)
            .Select(each => string.Create(
                CultureInfo.InvariantCulture,
                $"{Minute(each.QuietAt.Milliseconds)},{each.Origin},{each.Destination},"
                + $"{Minute(each.LastSeen.Milliseconds)},{each.Days}"))
            .Order(StringComparer.Ordinal));

    private static string Minute(long milliseconds) => DateTime.UnixEpoch.AddMilliseconds(milliseconds)
        .ToString("yyyy-MM-dd'T'HH:mm", CultureInfo.InvariantCulture);

    private static byte[] Lines(string header, IEnumerable<string> lines) =>
        Encoding.UTF8.GetBytes(string.Concat(lines.Prepend(header).Select(line => line + "\n")));
}
