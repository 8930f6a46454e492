namespace Weir.Engine.Windows;

using Weir.Engine.Time;

/// <summary>One window for each timestamp; the windows touch.</summary>
internal sealed class TumblingWindows(long size, long offset) : WindowAssigner, ISlottedWindows
{
    public bool HaveGaps => false;

    public bool Overlap => false;

    public TimeRange SlotOf(EventTime time) => WindowOf(time);

    public override void Assign(EventTime time, List<TimeRange> windows) => windows.Add(WindowOf(time));

    /// <summary>The window of a timestamp.</summary>
    public TimeRange WindowOf(EventTime time)
    {
        EventTime start = StartOf(time, size, offset);
        return new TimeRange(start, start.Plus(size));
    }

    public override string Describe() => $"tumbling {size} offset {offset}";
}
