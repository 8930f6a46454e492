namespace Weir.Engine.Windows;

using Weir.Engine.Time;

/// <summary>All events of a key are in one window, which never ends.</summary>
internal sealed class GlobalWindow : WindowAssigner
{
    public override void Assign(EventTime time, List<TimeRange> windows) => windows.Add(TimeRange.All);

    public override string Describe() => "global";
}
