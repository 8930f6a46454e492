namespace Weir.Samples.Flights.Runs;

using System.Globalization;
using System.Text.Json;
using Weir.Samples.Flights.Results;

/// <summary>What a run comes to.</summary>
internal sealed record RunSummary
{
    private static readonly JsonSerializerOptions Naming = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Flights in all.</summary>
    public required long Events { get; init; }

    /// <summary>Those of them that an earlier run, which was interrupted, had stored.</summary>
    public required long StoredBefore { get; init; }

    /// <summary>Rows of the file of hours: windows with at least one flight in time.</summary>
    public required long Windows { get; init; }

    /// <summary>Values that replaced an earlier one of the same window.</summary>
    public required long Updates { get; init; }

    /// <summary>Flights that came after their hour was closed.</summary>
    public required long Late { get; init; }

    /// <summary>Routes that went quiet.</summary>
    public required long Alerts { get; init; }

    /// <summary>Lines of the input that are no flights.</summary>
    public required long Rejected { get; init; }

    /// <summary>The file of hours.</summary>
    public required string Csv { get; init; }

    /// <summary>From the first event sent until all results were stored.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>What the whole process has used, its start included.</summary>
    public required TimeSpan CpuTime { get; init; }

    /// <summary>The most memory that the process has had, in bytes.</summary>
    public required long PeakMemory { get; init; }

    private long Sent => Events - StoredBefore;

    private double EventsPerSecond => Sent / Math.Max(Elapsed.TotalSeconds, 0.001);

    private double CpuMicrosecondsPerEvent => Sent == 0 ? 0 : CpuTime.TotalMicroseconds / Sent;

    /// <summary>For scripts.</summary>
    public string ToJson() => JsonSerializer.Serialize(
        new
        {
            Events,
            StoredBefore,
            Windows,
            Late,
            Alerts,
            Rejected,
            Csv,
            EventsPerSecond = Math.Round(EventsPerSecond),
            CpuUsPerEvent = Math.Round(CpuMicrosecondsPerEvent, 2),
        },
        Naming);

    /// <summary>For people.</summary>
    public void Show(Screen screen, IReadOnlyList<AirportTotal> busiest)
    {
        string[] columns = ["airport", "departures", "mean delay", "more than 15 min late"];
        screen.Show("Busiest airports", columns, busiest.Select(airport => new[]
        {
            airport.Airport,
            Text($"{airport.Departures:N0}"),
            Text($"{airport.SumDelayMinutes / (double)airport.Departures:F1} min"),
            Text($"{airport.Delayed15 / (double)airport.Departures:P1}"),
        }));
        screen.Show("Summary", ["figure", "value"],
        [
            ["events", Text($"{Events:N0}")],
            .. StoredBefore == 0 ? [] : (string[][])[["stored by the run before", Text($"{StoredBefore:N0}")]],
            ["windows", Text($"{Windows:N0}")],
            ["updates of windows", Text($"{Updates:N0}")],
            ["late events", Text($"{Late:N0}")],
            ["quiet routes", Text($"{Alerts:N0}")],
            ["rejected rows", Text($"{Rejected:N0}")],
            ["elapsed", Text($"{Elapsed.TotalSeconds:F1} s")],
            ["events per second", Text($"{EventsPerSecond:N0}")],
            ["CPU time of the process", Text($"{CpuTime.TotalSeconds:F1} s")],
            ["CPU time per event", Text($"{CpuMicrosecondsPerEvent:F1} us")],
            ["peak memory", Text($"{PeakMemory / (1024.0 * 1024):F0} MiB")],
        ]);
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
