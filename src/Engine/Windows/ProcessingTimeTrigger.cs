namespace Weir.Engine.Windows;

using Weir.Engine.Time;
using Weir.Engine.Timers;

/// <summary>
/// Its timer is the last instant of the window, on the ingestion clock; it fires when that has passed it, as all of that
/// clock.
/// </summary>
internal sealed class ProcessingTimeTrigger : Trigger
{
    public override string Description => "processing-time";

    public override bool UsesClock => true;

    public override TriggerResult OnEvent(EventTime time, ITriggerContext window)
    {
        window.Register(window.Window.MaxTimestamp, TimeDomain.Processing);
        return TriggerResult.Continue;
    }

    public override TriggerResult OnProcessingTime(EventTime time, ITriggerContext window) => TriggerResult.Fire;

    public override void OnMerge(ITriggerContext window)
    {
        if (window.Window.MaxTimestamp > window.Clock)
            window.Register(window.Window.MaxTimestamp, TimeDomain.Processing);
    }

    public override void Clear(ITriggerContext window) =>
        window.Delete(window.Window.MaxTimestamp, TimeDomain.Processing);
}
