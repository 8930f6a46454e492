namespace Weir.Samples.Flights;

using System.Runtime.InteropServices;
using Weir.Engine.Aggregates;

/// <summary>What one hour of one airport comes to.</summary>
/// <param name="SumDelayMinutes">The sum of all delays; flights that left early lower it.</param>
/// <param name="Departures">Number of flights.</param>
/// <param name="MaxDelayMinutes">The greatest delay; negative when all flights left early.</param>
/// <param name="Delayed15">Flights that were more than 15 minutes late.</param>
/// <param name="Destinations">Number of distinct destinations.</param>
public readonly record struct AirportHour(
    long SumDelayMinutes, int Departures, int MaxDelayMinutes, int Delayed15, int Destinations);

/// <summary>What a window keeps while it is open: a few numbers and the set of destinations.</summary>
public struct AirportHourSoFar
{
    /// <summary>Number of flights.</summary>
    public int Departures { get; set; }

    /// <summary>The sum of their delays in minutes.</summary>
    public long SumDelayMinutes { get; set; }

    /// <summary>The greatest delay in minutes; only with a flight.</summary>
    public int MaxDelayMinutes { get; set; }

    /// <summary>Flights that were more than 15 minutes late.</summary>
    public int Delayed15 { get; set; }

    /// <summary>The distinct destinations, in order of appearance.</summary>
    public List<AirportCode> Destinations { get; set; }
}

/// <summary>
/// Counts the departures of an airport and their delays. The destinations are at most some dozens in an hour, so a
/// list that is scanned takes less room than a hash set and is not slower.
/// </summary>
public sealed class AirportFeatures : IAggregator<Flight, AirportHourSoFar, AirportHour>
{
    private const int LateMinutes = 15;

    /// <inheritdoc/>
    public AirportHourSoFar Create() => new() { Destinations = [] };

    /// <inheritdoc/>
    public void Add(ref AirportHourSoFar accumulator, in Flight value)
    {
        accumulator.MaxDelayMinutes = accumulator.Departures == 0
            ? value.Delay
            : Math.Max(accumulator.MaxDelayMinutes, value.Delay);
        accumulator.Departures++;
        accumulator.SumDelayMinutes += value.Delay;
        if (value.Delay > LateMinutes)
            accumulator.Delayed15++;
        AddDestination(accumulator.Destinations, AirportCode.Of(value.Destination));
    }

    /// <inheritdoc/>
    public void Merge(ref AirportHourSoFar into, in AirportHourSoFar from)
    {
        if (from.Departures == 0)
            return;
        into.MaxDelayMinutes = into.Departures == 0
            ? from.MaxDelayMinutes
            : Math.Max(into.MaxDelayMinutes, from.MaxDelayMinutes);
        into.Departures += from.Departures;
        into.SumDelayMinutes += from.SumDelayMinutes;
        into.Delayed15 += from.Delayed15;
        foreach (AirportCode destination in from.Destinations)
            AddDestination(into.Destinations, destination);
    }

    /// <inheritdoc/>
    public AirportHour Result(in AirportHourSoFar accumulator) => new(
        accumulator.SumDelayMinutes,
        accumulator.Departures,
        accumulator.MaxDelayMinutes,
        accumulator.Delayed15,
        accumulator.Destinations.Count);

    private static void AddDestination(List<AirportCode> destinations, AirportCode destination)
    {
        if (!CollectionsMarshal.AsSpan(destinations).Contains(destination))
            destinations.Add(destination);
    }
}
