namespace Weir.Engine.Windows;

using Weir.Engine.Time;
using Weir.Engine.Timers;

/// <summary>Its last cell, after those of the other trigger, is the time at which it is tired of waiting.</summary>
internal sealed class TimeoutTrigger(Trigger inner, long timeout, bool restart) : Trigger
{
    public override int Cells => inner.Cells + 1;

    public override string Description =>
        $"{inner.Description} or timeout {timeout}{(restart ? " from the last event" : "")}";

    public override bool UsesClock => true;

    public override bool CanMerge => false;

    internal override Type? EventType => inner.EventType;

    internal override string CellKind => $"{inner.CellKind} with timeout";

    private int Due => inner.Cells;

    public override TriggerResult OnEvent(EventTime time, ITriggerContext window) =>
        After(inner.OnEvent(time, window), window, isEvent: true);

    internal override TriggerResult OnValue<T>(in T value, EventTime time, ITriggerContext window) =>
        After(inner.OnValue(in value, time, window), window, isEvent: true);

    public override TriggerResult OnEventTime(EventTime time, ITriggerContext window) =>
        After(inner.OnEventTime(time, window), window, isEvent: false);

    public override TriggerResult OnProcessingTime(EventTime time, ITriggerContext window)
    {
        TriggerResult result = inner.OnProcessingTime(time, window);
        if (window[Due] != time.Milliseconds)
            return After(result, window, isEvent: false);
        Clear(window);
        return result | TriggerResult.Fire;
    }

    public override void Clear(ITriggerContext window)
    {
        inner.Clear(window);
        Forget(window);
    }

    private TriggerResult After(TriggerResult result, ITriggerContext window, bool isEvent)
    {
        if ((result & TriggerResult.Fire) != 0)
        {
            Forget(window);
            return result;
        }

        if (isEvent && restart)
            Forget(window);
        if (isEvent && window[Due] is null)
        {
            EventTime due = window.Clock.Plus(timeout);
            window[Due] = due.Milliseconds;
            window.Register(due, TimeDomain.Processing);
        }

        return result;
    }

    private void Forget(ITriggerContext window)
    {
        if (window[Due] is { } due)
            window.Delete(new EventTime(due), TimeDomain.Processing);
        window[Due] = null;
    }
}
