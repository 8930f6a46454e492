namespace Weir.Samples.Flights;

using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Engine.Windows;

/// <summary>How patient the job is with flights that are reported late.</summary>
public sealed record FlightsOptions
{
    /// <summary>How far events may be out of order. Zero or more; default 2 hours.</summary>
    public TimeSpan OutOfOrder { get; init; } = TimeSpan.FromHours(2);

    /// <summary>How long a window that has fired still takes late events. Zero or more; default 6 hours.</summary>
    public TimeSpan Lateness { get; init; } = TimeSpan.FromHours(6);
}

/// <summary>
/// The job <c>airport-features</c>: departures and delays of each airport by the hour, and routes that go quiet. The
/// windows have the key of the topic and the routes a finer one, so both follow its partitions without a shuffle, and
/// what is late for them is decided by the input alone.
/// </summary>
/// <param name="options">By dependency injection; the defaults if none are registered.</param>
public sealed class FlightsJob(FlightsOptions? options = null) : StreamJob
{
    /// <summary>The name of the job.</summary>
    public const string JobName = "airport-features";

    /// <summary>The operator with the windows.</summary>
    public const string FeaturesOperator = "airport-features";

    /// <summary>The operator with the routes.</summary>
    public const string RoutesOperator = "quiet-routes";

    /// <summary>The input: all flights, by airport of departure.</summary>
    public static readonly KeyedTopic<string, Flight> Flights =
        Topic.Of<Flight>("flights").KeyedBy(flight => flight.Origin);

    /// <summary>The route of a flight. It lies with its origin, so it follows the topic's partitions too.</summary>
    public static readonly EventKey<Route, Flight> ByRoute = Flights.Key.Refine(
        flight => new Route(flight.Origin, flight.Destination), route => route.Origin);

    /// <summary>Each airport's hours; a later value of the same hour replaces the one before.</summary>
    public static readonly Topic<Windowed<string, AirportHour>> Features =
        Topic.Of<Windowed<string, AirportHour>>("airport-features");

    /// <summary>Flights that came after their hour was closed.</summary>
    public static readonly Topic<Flight> TooLate = Topic.Of<Flight>("flights-too-late");

    /// <summary>Routes that went quiet.</summary>
    public static readonly Topic<QuietRoute> QuietRoutes = Topic.Of<QuietRoute>("quiet-routes");

    /// <summary>Each airport's hour of newest start, fired or not.</summary>
    public static readonly View<string, AirportHour> Latest = new("latest");

    private readonly FlightsOptions _options = options ?? new FlightsOptions();

    /// <inheritdoc/>
    public override string Name => JobName;

    /// <inheritdoc/>
    public override void Define(JobBuilder job)
    {
        ArgumentNullException.ThrowIfNull(job);
        DataStream<Flight> flights = job
            .From(Flights)
            .WithEventTime(flight => flight.Scheduled, Watermarks.Bounded(_options.OutOfOrder));

        flights
            .KeyBy(Flights.Key)
            .Window(Windows.Tumbling(TimeSpan.FromHours(1)).AllowLateness(_options.Lateness))
            .Aggregate(FeaturesOperator, new AirportFeatures())
            .LateTo(TooLate)
            .PublishAs(Latest)
            .To(Features);

        flights
            .KeyBy(ByRoute)
            .Process(RoutesOperator, new QuietRoutes())
            .To(QuietRoutes);
    }
}
