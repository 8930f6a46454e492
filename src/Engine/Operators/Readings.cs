namespace Weir.Engine.Operators;

using Weir.Engine.Errors;
using Weir.Engine.Time;
using Weir.Engine.Timers;

/// <summary>What a view holds for a key.</summary>
/// <param name="Value">The value, as the codec of the view's value type writes it.</param>
/// <param name="Window">The window that it belongs to, or null if the operator has none.</param>
/// <param name="IsFinal">Whether nothing can change it any more.</param>
/// <param name="Watermark">How far event time had come when it was read.</param>
public sealed record ViewReading(ReadOnlyMemory<byte> Value, TimeRange? Window, bool IsFinal, EventTime Watermark);

/// <summary>Everything that an operator holds for one key, for people to look at.</summary>
/// <param name="Key">The key.</param>
/// <param name="Group">Its key group.</param>
/// <param name="Watermark">How far event time has come.</param>
/// <param name="Clock">How far the ingestion clock has come.</param>
/// <param name="Windows">Open windows, ordered by start.</param>
/// <param name="Timers">Pending timers, ordered by time.</param>
/// <param name="State">Pieces of state that are not empty.</param>
public sealed record KeyInspection(
    object Key,
    int Group,
    EventTime Watermark,
    EventTime Clock,
    IReadOnlyList<OpenWindow> Windows,
    IReadOnlyList<PendingTimer> Timers,
    IReadOnlyList<HeldState> State)
{
    /// <summary>Why and since when the key is in quarantine; null if it is not.</summary>
    public QuarantinedKey? Quarantine { get; init; }
}

/// <summary>An open window and its contents: the result as it would be now, or the events it keeps.</summary>
public sealed record OpenWindow(TimeRange Window, object? Contents)
{
    /// <summary>Pieces of state of the window that are not empty. Default: none.</summary>
    public IReadOnlyList<HeldState> State { get; init; } = [];
}

/// <summary>A timer that has not fired.</summary>
public sealed record PendingTimer(EventTime Time, TimeDomain Domain, string? Name);

/// <summary>A piece of state: its name and what it holds.</summary>
public sealed record HeldState(string Name, object? Value);

/// <summary>Some keys of a view, in the order in which they came to their group.</summary>
/// <param name="Keys">The keys.</param>
/// <param name="Next">Where to go on, or null at the end of the group.</param>
public sealed record KeyPage(IReadOnlyList<object> Keys, long? Next);
