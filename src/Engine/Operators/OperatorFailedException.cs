namespace Weir.Engine.Operators;

using Weir.Engine.Time;

/// <summary>Where an event came from: a place in a topic, or a key group of the operator before.</summary>
/// <param name="Name">The topic, or the operator.</param>
/// <param name="Instance">The partition of the topic, or the key group of the operator.</param>
/// <param name="Offset">The offset in the partition; null for an event that an operator emitted.</param>
public sealed record EventOrigin(string Name, int Instance, long? Offset)
{
    /// <summary>For example <c>at offset 7 of clicks/0</c> or <c>from the operator 'hourly', group 3</c>.</summary>
    public override string ToString() => Offset is { } offset
        ? $"at offset {offset} of {Name}/{Instance}"
        : $"from the operator '{Name}', group {Instance}";
}

/// <summary>What a function of the user's was called for when it failed.</summary>
/// <param name="Operator">The operator.</param>
/// <param name="Key">The key as text; null if the operator has none, or for a broadcast event.</param>
/// <param name="Time">The timestamp of the event, or the time of the timer.</param>
/// <param name="Origin">Where the event came from; null for a timer, and where it is not known.</param>
public sealed record FailedCall(string Operator, string? Key, EventTime Time, EventOrigin? Origin)
{
    /// <summary>Whether it was called for a timer.</summary>
    public bool IsTimer { get; init; }
}

/// <summary>
/// A function of the user's failed on an event or timer; the message names the operator, the key if it has one, and
/// where the event came from.
/// </summary>
public sealed class OperatorFailedException(FailedCall call, Exception fault) : Exception(Sentence(call, fault), fault)
{
    /// <summary>The operator.</summary>
    public string OperatorName { get; } = call.Operator;

    /// <summary>The key as text; null if the operator has none, or for a broadcast event.</summary>
    public string? Key { get; } = call.Key;

    /// <summary>The timestamp of the event, or the time of the timer.</summary>
    public EventTime Time { get; } = call.Time;

    /// <summary>Where the event came from; null for a timer, and where it is not known.</summary>
    public EventOrigin? Origin { get; } = call.Origin;

    /// <summary>For example <c>The operator 'count' failed for the key 'a' on the event of 12:00 at offset 7 of
    /// clicks/0: InvalidOperationException: no</c>.</summary>
    internal static string Sentence(FailedCall call, Exception fault)
    {
        string key = call.Key is null ? "" : $" for the key '{call.Key}'";
        string time = call.Time.HasValue ? $" of {call.Time}" : "";
        string what = (call.IsTimer ? "timer" : "event") + time;
        string where = call.Origin is { } origin ? $" {origin}" : "";
        return $"The operator '{call.Operator}' failed{key} on the {what}{where}: {Reason(fault)}";
    }

    /// <summary>The type and message of what was thrown.</summary>
    internal static string Reason(Exception fault) => $"{fault.GetType().Name}: {fault.Message}";
}
