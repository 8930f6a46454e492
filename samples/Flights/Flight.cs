namespace Weir.Samples.Flights;

using Weir.Engine.Time;

/// <summary>A flight, as it was reported.</summary>
/// <param name="Reported">The minute at which the report arrived: scheduled plus delay.</param>
/// <param name="Scheduled">The minute at which it was to leave: the event time.</param>
/// <param name="Origin">The airport that it left, as its code.</param>
/// <param name="Destination">The airport that it went to, as its code.</param>
/// <param name="Distance">Miles.</param>
/// <param name="Delay">Minutes; negative when it was early.</param>
public readonly record struct Flight(
    EventTime Reported, EventTime Scheduled, string Origin, string Destination, int Distance, int Delay);
