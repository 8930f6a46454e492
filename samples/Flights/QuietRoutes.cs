namespace Weir.Samples.Flights;

using Weir.Engine.Operators;
using Weir.Engine.State;
using Weir.Engine.Time;
using Weir.Engine.Timers;

/// <summary>A way from one airport to another.</summary>
/// <param name="Origin">The code of the airport of departure.</param>
/// <param name="Destination">The code of the airport of arrival.</param>
public readonly record struct Route(string Origin, string Destination);

/// <summary>A route had no flight for more than 24 hours.</summary>
/// <param name="QuietAt">24 hours after the last flight.</param>
/// <param name="Origin">The code of the airport of departure.</param>
/// <param name="Destination">The code of the airport of arrival.</param>
/// <param name="LastSeen">The scheduled time of the last flight.</param>
/// <param name="Days">On how many different days (UTC) the route was flown up to then.</param>
public sealed record QuietRoute(EventTime QuietAt, string Origin, string Destination, EventTime LastSeen, int Days);

/// <summary>What is remembered of a route: the newest flight in event-time order, and the days up to it.</summary>
/// <param name="LastSeen">The scheduled time of that flight.</param>
/// <param name="Days">Different days (UTC) with a flight, that of <paramref name="LastSeen"/> included.</param>
public readonly record struct RouteHistory(EventTime LastSeen, int Days);

/// <summary>
/// Tells when a route that is flown regularly goes quiet: no flight in <c>(last, last + 24 h]</c>, after flights on at
/// least 3 days. Flights come in any order within the bound of the watermark, so each waits, with a timer at its
/// scheduled time, until the watermark says that nothing earlier can follow; they are then taken in order of time.
/// </summary>
/// <remarks>
/// <para>Flights on days 1, 2 and 3 at 10:00 and on day 4 at 10:01: quiet at day 4, 10:00, with 3 days. Had the last
/// one been at day 4, 10:00, the route would not be quiet: two times must lie more than 24 hours apart.</para>
/// <para>The answer is given when the watermark reaches <c>last + 24 h</c>. Whether the route will ever be flown again
/// is unknown at that moment, so it is no condition: a route that stops for good goes quiet like one that pauses.
/// The end of the input is not the passing of 24 hours, and nothing is emitted because of it.</para>
/// </remarks>
public sealed class QuietRoutes : KeyedProcess<Route, Flight, QuietRoute>
{
    private const int MinimumDays = 3;
    private const string Quiet = "quiet";
    private static readonly TimeSpan Silence = TimeSpan.FromHours(24);

    /// <summary>Flights that the watermark has not reached, by scheduled time: how many are scheduled then.</summary>
    private static readonly MapSlot<EventTime, int> Waiting = State.Map<EventTime, int>("waiting");

    /// <summary>What the flights that the watermark has passed come to.</summary>
    private static readonly ValueSlot<RouteHistory> History = State.Value<RouteHistory>("history");

    /// <summary>How many flights came too late, at or below the watermark, and were ignored.</summary>
    private static readonly ValueSlot<int> TooLate = State.Value<int>("too-late");

    /// <inheritdoc/>
    public override void OnEvent(Flight value, IKeyContext<Route, QuietRoute> key)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (key.Time <= key.Watermark)
        {
            key.State(TooLate).Value++;
            return;
        }

        IMapState<EventTime, int> waiting = key.State(Waiting);
        waiting[key.Time] = waiting.TryGet(key.Time, out int others) ? others + 1 : 1;
        if (others == 0)
            key.Timers.Register(key.Time);
    }

    /// <inheritdoc/>
    public override void OnTimer(FiredTimer timer, IKeyContext<Route, QuietRoute> key)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (timer.Name == Quiet)
            OnSilence(key);
        else
            OnFlight(key);
    }

    private static void OnFlight(IKeyContext<Route, QuietRoute> key)
    {
        key.State(Waiting).Remove(key.Time);
        IValueState<RouteHistory> history = key.State(History);
        RouteHistory before = history.Value;
        bool isNewDay = !history.HasValue || DayOf(key.Time) > DayOf(before.LastSeen);
        history.Value = new RouteHistory(key.Time, isNewDay ? before.Days + 1 : before.Days);
        if (key.Watermark != EventTime.MaxValue)
            key.Timers.SetEventTime(Quiet, key.Time + Silence);
    }

    private static void OnSilence(IKeyContext<Route, QuietRoute> key)
    {
        // A flight exactly 24 hours later ends the silence just in time, and its own timer is due at the same instant.
        if (key.Watermark == EventTime.MaxValue || key.State(Waiting).Contains(key.Time))
            return;
        RouteHistory history = key.State(History).Value;
        if (history.Days >= MinimumDays)
            key.Emit(new QuietRoute(key.Time, key.Key.Origin, key.Key.Destination, history.LastSeen, history.Days));
    }

    // Whole days since 1970, also for the times before.
    private static long DayOf(EventTime time) =>
        (long)Math.Floor(time.Milliseconds / TimeSpan.FromDays(1).TotalMilliseconds);
}
