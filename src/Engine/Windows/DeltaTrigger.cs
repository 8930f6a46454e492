namespace Weir.Engine.Windows;

using System.Globalization;
using Weir.Engine.Time;

/// <summary>Its cell holds the bits of the number of the event that it measures from.</summary>
internal sealed class DeltaTrigger<T>(double threshold, Func<T, double> number) : Trigger<T>
{
    public override int Cells => 1;

    public override string Description => string.Create(CultureInfo.InvariantCulture, $"delta {threshold}");

    public override bool CanMerge => false;

    internal override bool UsesTimers => false;

    internal override string CellKind => "DeltaTrigger";

    public override TriggerResult OnEvent(T value, EventTime time, ITriggerContext window)
    {
        double now = number(value);
        bool fires = window[0] is { } bits && Math.Abs(now - BitConverter.Int64BitsToDouble(bits)) > threshold;
        if (fires || window[0] is null)
            window[0] = BitConverter.DoubleToInt64Bits(now);
        return fires ? TriggerResult.Fire : TriggerResult.Continue;
    }

    public override void Clear(ITriggerContext window) => window[0] = null;
}
