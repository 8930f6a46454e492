namespace Weir.Engine.Windows;

using Weir.Engine.Time;
using Weir.Engine.Timers;

/// <summary>What a trigger wants done with its window.</summary>
[Flags]
internal enum TriggerResult
{
    Continue = 0,
    Fire = 1,
    Purge = 2,
    FireAndPurge = Fire | Purge,
}

/// <summary>What a trigger sees and may do; it always means the window at hand.</summary>
internal interface ITriggerContext
{
    TimeRange Window { get; }

    EventTime Watermark { get; }

    EventTime Clock { get; }

    void Register(EventTime time, TimeDomain domain);

    void Delete(EventTime time, TimeDomain domain);
}

/// <summary>Decides when a window gives its result. Stateless; what it remembers lies in the window's timers.</summary>
internal abstract class Trigger
{
    public abstract TriggerResult OnEvent(ITriggerContext window);

    public abstract TriggerResult OnTimer(ITriggerContext window, EventTime time, TimeDomain domain);

    /// <summary>The window has come about by merging others, which are cleared.</summary>
    public abstract void OnMerge(ITriggerContext window);

    /// <summary>The window goes away.</summary>
    public abstract void Clear(ITriggerContext window);
}

/// <summary>
/// Fires when the watermark reaches the window's last instant, and at once for each event that comes after.
/// Source: Flink's EventTimeTrigger.
/// </summary>
internal sealed class EventTimeTrigger : Trigger
{
    public override TriggerResult OnEvent(ITriggerContext window)
    {
        if (window.Window.MaxTimestamp <= window.Watermark)
            return TriggerResult.Fire;
        window.Register(window.Window.MaxTimestamp, TimeDomain.Event);
        return TriggerResult.Continue;
    }

    public override TriggerResult OnTimer(ITriggerContext window, EventTime time, TimeDomain domain) =>
        domain == TimeDomain.Event && time == window.Window.MaxTimestamp ? TriggerResult.Fire : TriggerResult.Continue;

    public override void OnMerge(ITriggerContext window)
    {
        if (window.Window.MaxTimestamp > window.Watermark)
            window.Register(window.Window.MaxTimestamp, TimeDomain.Event);
    }

    public override void Clear(ITriggerContext window) => window.Delete(window.Window.MaxTimestamp, TimeDomain.Event);
}
