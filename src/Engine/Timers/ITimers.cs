namespace Weir.Engine.Timers;

using Weir.Engine.Time;

/// <summary>The two clocks that a timer can wait for.</summary>
public enum TimeDomain : byte
{
    /// <summary>The watermark: how far the events' own time has come.</summary>
    Event = 0,

    /// <summary>The ingestion clock: the stamps of the log, the same in every replay.</summary>
    Processing = 1,
}

/// <summary>A timer that fired.</summary>
/// <param name="Time">The time it was set for.</param>
/// <param name="Domain">The clock it waited for.</param>
/// <param name="Name">Its name, or null for one without.</param>
public readonly record struct FiredTimer(EventTime Time, TimeDomain Domain, string? Name);

/// <summary>
/// The timers of the current key. Without a name, a timer is identified by its time and clock: registering it twice is
/// one timer. A named timer is one per name and clock: setting it again moves it.
/// </summary>
/// <remarks>
/// An event timer fires when the watermark reaches its time. A processing timer fires when the ingestion clock has passed
/// its time: a log may give one stamp to many batches, and what is stamped with that time comes before it. One set for a
/// time already passed fires at the next advance, not at once. Timers are part of the snapshot.
/// Source: Flink's timer service, which lets processing timers wait a millisecond longer for the same reason.
/// </remarks>
public interface ITimers
{
    /// <summary>Adds a timer without a name; nothing happens if there is one for that time and clock.</summary>
    void Register(EventTime time, TimeDomain domain = TimeDomain.Event);

    /// <summary>Removes a timer without a name; nothing happens if there is none.</summary>
    void Delete(EventTime time, TimeDomain domain = TimeDomain.Event);

    /// <summary>Sets the named timer to wait for the watermark, moving it if it waits already.</summary>
    void SetEventTime(string name, EventTime due);

    /// <summary>Sets the named timer to wait for the ingestion clock, moving it if it waits already.</summary>
    void SetProcessingTime(string name, EventTime due);

    /// <summary>Removes the named timer from both clocks; nothing happens if there is none.</summary>
    void Cancel(string name);
}
