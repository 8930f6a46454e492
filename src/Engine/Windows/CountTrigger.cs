namespace Weir.Engine.Windows;

using Weir.Engine.Time;

/// <summary>Its cell is the number of events since it last fired.</summary>
internal sealed class CountTrigger(long n) : Trigger
{
    public override int Cells => 1;

    public override string Description => $"count {n}";

    internal override bool UsesTimers => false;

    public override TriggerResult OnEvent(EventTime time, ITriggerContext window)
    {
        long count = (window[0] ?? 0) + 1;
        window[0] = count >= n ? null : count;
        return count >= n ? TriggerResult.Fire : TriggerResult.Continue;
    }

    public override long Combine(int cell, long left, long right) => left + right;

    public override void Clear(ITriggerContext window) => window[0] = null;
}
