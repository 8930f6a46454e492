namespace Weir.Engine.Keys;

using Weir.Engine.Time;

/// <summary>What a key group asks of one of its keys that is hosted by itself.</summary>
/// <param name="Key">The key, as its codec's bytes.</param>
/// <param name="Birth">The key's place in the order in which the keys of its group came.</param>
/// <param name="Version">How many calls the key has had before this one: 0 begins it.</param>
/// <param name="State">What the key begins with, or null; only with version 0.</param>
/// <param name="Edge">Index of the edge that the events came over, or -1 if there are only steps of time.</param>
/// <param name="Work">Events and steps of time.</param>
public sealed record KeyCall(
    ReadOnlyMemory<byte> Key,
    long Birth,
    long Version,
    ReadOnlyMemory<byte>? State,
    int Edge,
    ReadOnlyMemory<byte> Work);

/// <summary>What a key answers.</summary>
/// <param name="IsEmpty">Whether it holds nothing any more and can be forgotten.</param>
/// <param name="HasView">Whether a view shows something of it.</param>
/// <param name="NextEventTimer">When it must be called at the latest as the watermark moves; the maximum is
/// never.</param>
/// <param name="NextClockTimer">When it must be called at the latest as the ingestion clock moves.</param>
/// <param name="LateEvents">Events of this call that came too late.</param>
/// <param name="DeadLetters">Events and timers of this call that were given up.</param>
/// <param name="Output">What it emitted.</param>
public sealed record KeyAnswer(
    bool IsEmpty,
    bool HasView,
    EventTime NextEventTimer,
    EventTime NextClockTimer,
    long LateEvents,
    long DeadLetters,
    ReadOnlyMemory<byte> Output);

/// <summary>
/// Where the keys of a group live that are hosted one by one. Calls of one key come one after the other; calls of
/// different keys may run at the same time.
/// </summary>
public interface IKeyHost
{
    /// <summary>Applies events and steps of time to a key.</summary>
    ValueTask<KeyAnswer> CallAsync(KeyCall call);

    /// <summary>The state of a key that has been called before.</summary>
    /// <param name="key">The key, as its codec's bytes.</param>
    ValueTask<ReadOnlyMemory<byte>> SnapshotAsync(ReadOnlyMemory<byte> key);
}
