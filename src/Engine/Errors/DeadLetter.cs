namespace Weir.Engine.Errors;

using Weir.Engine.Time;

/// <summary>
/// An event, or a timer, that an operator's function failed on. What the function had done for it is undone.
/// </summary>
/// <typeparam name="T">The type of the operator's events.</typeparam>
/// <param name="Event">The event; the default of its type for a timer.</param>
/// <param name="Error">The type and message of what was thrown.</param>
/// <param name="Operator">The operator.</param>
/// <param name="Key">The key as text.</param>
/// <param name="Topic">The topic that the event was read from; empty for a timer, for an event that another operator
/// emitted, and for one that waited for the watermark in a temporal join.</param>
/// <param name="Partition">The partition of the topic, or -1.</param>
/// <param name="Offset">The offset in the partition, or -1.</param>
/// <param name="Time">The timestamp of the event, or the time of the timer.</param>
public sealed record DeadLetter<T>(
    T? Event, string Error, string Operator, string Key, string Topic, int Partition, long Offset, EventTime Time)
{
    /// <summary>Whether a timer failed rather than an event.</summary>
    public bool IsTimer { get; init; }
}

/// <summary>An event that a source could not decode or place, or that a function without state failed on.</summary>
/// <param name="Event">The bytes of the event as they lie in the log.</param>
/// <param name="Schema">The schema of its batch: type name and version.</param>
/// <param name="Error">The type and message of what was thrown.</param>
/// <param name="Topic">The topic.</param>
/// <param name="Partition">The partition.</param>
/// <param name="Offset">The offset in the partition.</param>
public sealed record SourceDeadLetter(
    byte[] Event, string Schema, string Error, string Topic, int Partition, long Offset);
