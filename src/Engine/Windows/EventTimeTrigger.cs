namespace Weir.Engine.Windows;

using Weir.Engine.Time;
using Weir.Engine.Timers;

/// <summary>Its timer is the last instant of the window.</summary>
internal sealed class EventTimeTrigger : Trigger
{
    public override string Description => "event-time";

    public override TriggerResult OnEvent(EventTime time, ITriggerContext window)
    {
        if (window.Window.MaxTimestamp <= window.Watermark)
            return TriggerResult.Fire;
        window.Register(window.Window.MaxTimestamp, TimeDomain.Event);
        return TriggerResult.Continue;
    }

    public override TriggerResult OnEventTime(EventTime time, ITriggerContext window) =>
        time == window.Window.MaxTimestamp ? TriggerResult.Fire : TriggerResult.Continue;

    public override void OnMerge(ITriggerContext window)
    {
        if (window.Window.MaxTimestamp > window.Watermark)
            window.Register(window.Window.MaxTimestamp, TimeDomain.Event);
    }

    public override void Clear(ITriggerContext window) => window.Delete(window.Window.MaxTimestamp, TimeDomain.Event);
}
