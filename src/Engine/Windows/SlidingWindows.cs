namespace Weir.Engine.Windows;

using Weir.Engine.Time;

/// <summary>
/// From the last start at or before the timestamp back by the slide, while the window still holds it. Size 5, slide 2,
/// at 7: [6, 11) and [4, 9) hold it; [2, 7) ends at 7 and does not.
/// </summary>
internal sealed class SlidingWindows(long size, long slide, long offset) : WindowAssigner, ISlottedWindows
{
    public const int MaxPerEvent = 10_000;

    public bool HaveGaps => slide > size;

    public bool Overlap => slide < size;

    public override void Assign(EventTime time, List<TimeRange> windows)
    {
        EventTime start = StartOf(time, slide, offset);
        EventTime before = time.Minus(size);
        while (start > before)
        {
            windows.Add(new TimeRange(start, start.Plus(size)));
            EventTime earlier = start.Minus(slide);
            if (earlier == start)
                break;
            start = earlier;
        }
    }

    // The windows of a timestamp change where one begins and where one ends; both happen once in a slide.
    public TimeRange SlotOf(EventTime time)
    {
        EventTime begun = StartOf(time, slide, offset);
        EventTime ended = StartOf(time, slide, (offset + size) % slide);
        return new TimeRange(EventTime.Max(begun, ended), EventTime.Min(begun, ended).Plus(slide));
    }

    public override string Describe() => $"sliding {size} by {slide} offset {offset}";
}
