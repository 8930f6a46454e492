namespace Weir.Engine.Windows;

using Weir.Engine.Time;
using Weir.Engine.Timers;

/// <summary>Its cell is the next time at which it fires. Source: Flink's ContinuousProcessingTimeTrigger.</summary>
/// <remarks>
/// The merged clock has not begun while a channel has said nothing yet. The multiples of the interval from the lowest
/// time on would never come to an end, so the trigger waits for the clock's first step and goes on from there.
/// </remarks>
internal sealed class ContinuousProcessingTimeTrigger(long interval) : Trigger
{
    public override int Cells => 1;

    public override string Description => $"continuous processing-time {interval}";

    public override bool UsesClock => true;

    public override TriggerResult OnEvent(EventTime time, ITriggerContext window)
    {
        if (window[0] is null)
            Begin(window);
        return TriggerResult.Continue;
    }

    public override TriggerResult OnProcessingTime(EventTime time, ITriggerContext window)
    {
        if (window[0] != time.Milliseconds)
            return TriggerResult.Continue;
        if (!time.HasValue)
        {
            Begin(window);
            return TriggerResult.Continue;
        }

        if (time < window.Window.MaxTimestamp)
            Next(time, window);
        else
            window[0] = null;
        return TriggerResult.Fire;
    }

    public override void OnMerge(ITriggerContext window)
    {
        if (window[0] is { } next)
            window.Register(new EventTime(next), TimeDomain.Processing);
    }

    public override void Clear(ITriggerContext window)
    {
        if (window[0] is { } next)
            window.Delete(new EventTime(next), TimeDomain.Processing);
        window[0] = null;
    }

    private void Begin(ITriggerContext window)
    {
        if (window.Clock.HasValue)
            Next(window.Clock.Minus(window.Clock.Milliseconds % interval), window);
        else
            Set(window.Clock, window);
    }

    private void Next(EventTime from, ITriggerContext window) =>
        Set(EventTime.Min(from.Plus(interval), window.Window.MaxTimestamp), window);

    private static void Set(EventTime next, ITriggerContext window)
    {
        window[0] = next.Milliseconds;
        window.Register(next, TimeDomain.Processing);
    }
}
