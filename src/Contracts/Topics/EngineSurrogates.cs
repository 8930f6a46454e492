namespace Weir.Contracts.Topics;

using Weir.Engine.Time;

/// <summary>How Orleans sends an <see cref="EventTime"/>: the engine knows no Orleans.</summary>
[GenerateSerializer]
[Alias("Weir.EventTime")]
public struct EventTimeSurrogate
{
    /// <summary>Milliseconds since 1970.</summary>
    [Id(0)]
    public long Milliseconds { get; set; }
}

/// <summary>Converts to and from <see cref="EventTimeSurrogate"/>.</summary>
[RegisterConverter]
public sealed class EventTimeConverter : IConverter<EventTime, EventTimeSurrogate>
{
    /// <inheritdoc/>
    public EventTime ConvertFromSurrogate(in EventTimeSurrogate surrogate) => new(surrogate.Milliseconds);

    /// <inheritdoc/>
    public EventTimeSurrogate ConvertToSurrogate(in EventTime value) => new() { Milliseconds = value.Milliseconds };
}

/// <summary>How Orleans sends a <see cref="TimeRange"/>.</summary>
[GenerateSerializer]
[Alias("Weir.TimeRange")]
public struct TimeRangeSurrogate
{
    /// <summary>Milliseconds since 1970.</summary>
    [Id(0)]
    public long Start { get; set; }

    /// <summary>Milliseconds since 1970.</summary>
    [Id(1)]
    public long End { get; set; }
}

/// <summary>Converts to and from <see cref="TimeRangeSurrogate"/>.</summary>
[RegisterConverter]
public sealed class TimeRangeConverter : IConverter<TimeRange, TimeRangeSurrogate>
{
    /// <inheritdoc/>
    public TimeRange ConvertFromSurrogate(in TimeRangeSurrogate surrogate) =>
        new(new EventTime(surrogate.Start), new EventTime(surrogate.End));

    /// <inheritdoc/>
    public TimeRangeSurrogate ConvertToSurrogate(in TimeRange value) =>
        new() { Start = value.Start.Milliseconds, End = value.End.Milliseconds };
}
