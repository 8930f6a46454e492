namespace Weir.Engine.Windows;

using Weir.Engine.Time;

/// <summary>Has the cells and timers of the other trigger, and none of its own.</summary>
internal sealed class PurgingTrigger(Trigger inner) : Trigger
{
    public override int Cells => inner.Cells;

    public override string Description => $"purging {inner.Description}";

    public override bool UsesClock => inner.UsesClock;

    public override bool CanMerge => inner.CanMerge;

    internal override Type? EventType => inner.EventType;

    internal override bool UsesTimers => inner.UsesTimers;

    internal override string CellKind => inner.CellKind;

    public override TriggerResult OnEvent(EventTime time, ITriggerContext window) => Purge(inner.OnEvent(time, window));

    internal override TriggerResult OnValue<T>(in T value, EventTime time, ITriggerContext window) =>
        Purge(inner.OnValue(in value, time, window));

    public override TriggerResult OnEventTime(EventTime time, ITriggerContext window) =>
        Purge(inner.OnEventTime(time, window));

    public override TriggerResult OnProcessingTime(EventTime time, ITriggerContext window) =>
        Purge(inner.OnProcessingTime(time, window));

    public override void OnMerge(ITriggerContext window) => inner.OnMerge(window);

    public override long Combine(int cell, long left, long right) => inner.Combine(cell, left, right);

    public override void Clear(ITriggerContext window) => inner.Clear(window);

    private static TriggerResult Purge(TriggerResult result) =>
        (result & TriggerResult.Fire) != 0 ? TriggerResult.FireAndPurge : result;
}
