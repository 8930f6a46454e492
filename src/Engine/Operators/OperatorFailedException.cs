namespace Weir.Engine.Operators;

using Weir.Engine.Time;

/// <summary>A function of the user's failed on an event or timer; the message names the operator and the key.</summary>
public sealed class OperatorFailedException(string operatorName, object? key, EventTime time, Exception fault)
    : Exception(
    $"The operator '{operatorName}' failed {(key is null ? "on a broadcast event" : $"for the key '{key}'")} "
    + $"at {time}: {fault.Message}",
    fault)
{
    /// <summary>The operator.</summary>
    public string OperatorName { get; } = operatorName;

    /// <summary>The key, or null if it failed on a broadcast event.</summary>
    public object? Key { get; } = key;

    /// <summary>The timestamp of the event or timer.</summary>
    public EventTime Time { get; } = time;
}
