namespace Weir.Engine.Operators;

using Weir.Engine.Time;

/// <summary>
/// A function of the user's failed on an event or timer; the message names the operator, its time, and the key if the
/// operator has keys.
/// </summary>
public sealed class OperatorFailedException(string operatorName, object? key, EventTime time, Exception fault)
    : Exception(
    key is null
        ? $"The operator '{operatorName}' failed on the event at {time}: {fault.Message}"
        : $"The operator '{operatorName}' failed for the key '{key}' at {time}: {fault.Message}",
    fault)
{
    /// <summary>The operator.</summary>
    public string OperatorName { get; } = operatorName;

    /// <summary>The key; null if the operator has none, or if it failed on a broadcast event.</summary>
    public object? Key { get; } = key;

    /// <summary>The timestamp of the event or timer.</summary>
    public EventTime Time { get; } = time;
}
