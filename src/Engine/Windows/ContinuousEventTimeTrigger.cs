namespace Weir.Engine.Windows;

using Weir.Engine.Time;
using Weir.Engine.Timers;

/// <summary>Its cell is the next time at which it fires. Source: Flink's ContinuousEventTimeTrigger.</summary>
/// <remarks>
/// Firing at every multiple has no end where a window begins or ends at a limit of time. So the first watermark stands
/// in for the time of an event that has none, and when the input ends, the global window fires once more.
/// </remarks>
internal sealed class ContinuousEventTimeTrigger(long interval) : Trigger
{
    public override int Cells => 1;

    public override string Description => $"continuous event-time {interval}";

    public override TriggerResult OnEvent(EventTime time, ITriggerContext window)
    {
        if (window.Window.MaxTimestamp <= window.Watermark)
            return TriggerResult.Fire;
        window.Register(window.Window.MaxTimestamp, TimeDomain.Event);
        if (window[0] is null)
            Next(time.Minus(time.Milliseconds % interval), window);
        return TriggerResult.Continue;
    }

    public override TriggerResult OnEventTime(EventTime time, ITriggerContext window)
    {
        if (time == window.Window.MaxTimestamp)
            return TriggerResult.Fire;
        if (window[0] != time.Milliseconds)
            return TriggerResult.Continue;
        bool hadNoTime = time.Milliseconds <= long.MinValue + (2 * interval);
        Next(hadNoTime ? window.Watermark.Minus(window.Watermark.Milliseconds % interval) : time, window);
        return TriggerResult.Fire;
    }

    public override void OnMerge(ITriggerContext window)
    {
        if (window[0] is { } next)
            window.Register(new EventTime(next), TimeDomain.Event);
    }

    public override void Clear(ITriggerContext window)
    {
        if (window[0] is { } next)
            window.Delete(new EventTime(next), TimeDomain.Event);
        window[0] = null;
    }

    private void Next(EventTime from, ITriggerContext window)
    {
        EventTime next = EventTime.Min(from.Plus(interval), window.Window.MaxTimestamp);
        if (window.Watermark == EventTime.MaxValue && window.Window.MaxTimestamp == EventTime.MaxValue)
            next = EventTime.MaxValue;
        window[0] = next.Milliseconds;
        window.Register(next, TimeDomain.Event);
    }
}
