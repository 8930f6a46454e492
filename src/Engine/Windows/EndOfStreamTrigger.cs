namespace Weir.Engine.Windows;

using Weir.Engine.Time;
using Weir.Engine.Timers;

/// <summary>Its timer is the end of time, which the watermark reaches when the input has ended.</summary>
internal sealed class EndOfStreamTrigger : Trigger
{
    public override string Description => "end-of-stream";

    public override TriggerResult OnEvent(EventTime time, ITriggerContext window)
    {
        window.Register(Time.EventTime.MaxValue, TimeDomain.Event);
        return TriggerResult.Continue;
    }

    public override TriggerResult OnEventTime(EventTime time, ITriggerContext window) =>
        time == Time.EventTime.MaxValue ? TriggerResult.Fire : TriggerResult.Continue;

    public override void OnMerge(ITriggerContext window) =>
        window.Register(Time.EventTime.MaxValue, TimeDomain.Event);

    public override void Clear(ITriggerContext window) => window.Delete(Time.EventTime.MaxValue, TimeDomain.Event);
}
