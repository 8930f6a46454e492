namespace Weir.Engine.Windows;

using Weir.Engine.Time;

/// <summary>Has neither timers nor cells.</summary>
internal sealed class NeverTrigger : Trigger
{
    public override string Description => "never";

    internal override bool UsesTimers => false;

    public override TriggerResult OnEvent(EventTime time, ITriggerContext window) => TriggerResult.Continue;
}
