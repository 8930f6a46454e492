namespace Weir.Engine.Windows;

using Weir.Engine.Time;

/// <summary>
/// Windows that time alone decides on. Time falls into slots: all timestamps of a slot belong to the same windows, and
/// none of these ends before the slot does. Of windows of 5 by a slide of 2, [6, 7) and [7, 8) are slots: 6 is in
/// [2, 7), [4, 9) and [6, 11), and 7 no longer in the first.
/// </summary>
internal interface ISlottedWindows
{
    /// <summary>Whether there are timestamps that belong to no window.</summary>
    bool HaveGaps { get; }

    /// <summary>Whether there are timestamps that belong to several windows.</summary>
    bool Overlap { get; }

    /// <summary>The slot of a timestamp.</summary>
    TimeRange SlotOf(EventTime time);
}
