namespace Weir.Engine.Windows;

using Weir.Engine.Time;

/// <summary>One window for each timestamp; the windows touch.</summary>
internal sealed class TumblingWindows(long size, long offset) : WindowAssigner
{
    public override void Assign(EventTime time, List<TimeRange> windows)
    {
        EventTime start = StartOf(time, size, offset);
        windows.Add(new TimeRange(start, start.Plus(size)));
    }

    public override string Describe() => $"tumbling {size} offset {offset}";
}
