namespace Weir.Engine.Windows;

using Weir.Engine.Time;
using Weir.Engine.Timers;

/// <summary>What a trigger wants done with its window.</summary>
[Flags]
public enum TriggerResult
{
    /// <summary>Nothing.</summary>
    Continue = 0,

    /// <summary>Give the result and keep the contents.</summary>
    Fire = 1,

    /// <summary>Drop the contents; the window stays open.</summary>
    Purge = 2,

    /// <summary>Give the result, then drop the contents.</summary>
    FireAndPurge = Fire | Purge,
}

/// <summary>
/// The window that a trigger is asked about, with its timers and cells. Must not be kept after the call.
/// </summary>
public interface ITriggerContext
{
    /// <summary>The window.</summary>
    TimeRange Window { get; }

    /// <summary>How far event time has come.</summary>
    EventTime Watermark { get; }

    /// <summary>How far the ingestion clock has come: the processing time.</summary>
    EventTime Clock { get; }

    /// <summary>What the trigger remembers of this window; null until it is set.</summary>
    /// <param name="cell">0 up to <see cref="Trigger.Cells"/>, exclusive.</param>
    long? this[int cell] { get; set; }

    /// <summary>Adds a timer of the window; nothing happens if there is one for that time and clock.</summary>
    void Register(EventTime time, TimeDomain domain);

    /// <summary>
    /// Removes a timer of the window. At the time when the window is closed, the trigger is called all the same.
    /// </summary>
    void Delete(EventTime time, TimeDomain domain);
}

/// <summary>
/// Decides when a window gives its result. One object serves all windows and has no mutable fields; what it remembers
/// of a window lies in the window's timers and in a few cells, which are part of the snapshot.
/// </summary>
public abstract class Trigger
{
    /// <summary>How many cells it has per window. Default: none.</summary>
    public virtual int Cells => 0;

    /// <summary>
    /// Names the trigger with its parameters: a part of the job's fingerprint. Default: the type's name.
    /// </summary>
    public virtual string Description => GetType().ToString();

    /// <summary>An event was added to the window.</summary>
    /// <param name="time">The event's timestamp; <see cref="EventTime.None"/> if it has none.</param>
    /// <param name="window">The window; valid during the call.</param>
    public abstract TriggerResult OnEvent(EventTime time, ITriggerContext window);

    /// <summary>
    /// The watermark reached a time that was registered, or the time when the window is closed. Default: continue.
    /// </summary>
    public virtual TriggerResult OnEventTime(EventTime time, ITriggerContext window) => TriggerResult.Continue;

    /// <summary>The ingestion clock passed a time that was registered. Default: continue.</summary>
    public virtual TriggerResult OnProcessingTime(EventTime time, ITriggerContext window) => TriggerResult.Continue;

    /// <summary>
    /// The window has come about by merging others, whose timers are gone; its cells are combined by
    /// <see cref="Combine"/>. What has to wait must be registered here or with the event that follows. Default: nothing.
    /// </summary>
    public virtual void OnMerge(ITriggerContext window)
    {
    }

    /// <summary>The value of a cell of a window merged of two whose cells are set. Default: the lower one.</summary>
    public virtual long Combine(int cell, long left, long right) => Math.Min(left, right);

    /// <summary>
    /// The window goes away: timers should be deleted; those that are left never reach a trigger. Cells are cleared by
    /// themselves. Default: nothing.
    /// </summary>
    public virtual void Clear(ITriggerContext window)
    {
    }

    /// <summary>
    /// Whether it looks at the ingestion clock when an event comes, which then moves before the events of a batch
    /// rather than after them. Default: no.
    /// </summary>
    public virtual bool UsesClock => false;

    /// <summary>Whether sessions can use it, which merge. Default: yes.</summary>
    public virtual bool CanMerge => true;

    /// <summary>The type of the events that it looks at, or null if it needs only their time.</summary>
    internal virtual Type? EventType => null;

    /// <summary>An event was added to the window, for a trigger that looks at events.</summary>
    internal virtual TriggerResult OnValue<T>(in T value, EventTime time, ITriggerContext window) =>
        OnEvent(time, window);

    /// <summary>Whether it ever registers a timer.</summary>
    internal virtual bool UsesTimers => true;

    /// <summary>
    /// What its cells mean, without parameters: those may change and the state can still be read.
    /// </summary>
    internal virtual string CellKind => GetType().Name;
}

/// <summary>A trigger that looks at the events themselves.</summary>
/// <typeparam name="T">The type of the events: that of the stream, exactly.</typeparam>
public abstract class Trigger<T> : Trigger
{
    internal sealed override Type EventType => typeof(T);

    /// <summary>An event was added to the window.</summary>
    /// <param name="value">The event.</param>
    /// <param name="time">Its timestamp; <see cref="EventTime.None"/> if it has none.</param>
    /// <param name="window">The window; valid during the call.</param>
    public abstract TriggerResult OnEvent(T value, EventTime time, ITriggerContext window);

    /// <summary>Never called: the other form, with the event, is.</summary>
    public sealed override TriggerResult OnEvent(EventTime time, ITriggerContext window) =>
        throw new NotSupportedException($"The trigger {Description} looks at events, and none was given.");

    internal sealed override TriggerResult OnValue<TValue>(in TValue value, EventTime time, ITriggerContext window) =>
        this is Trigger<TValue> typed ? typed.OnEvent(value, time, window) : OnEvent(time, window);
}
