namespace Weir.Engine.Operators;

using System.Numerics;
using System.Runtime.InteropServices;
using Weir.Engine.Time;

/// <summary>Events that lie one behind the other in a partition of a source, one or more. Valid during the call.
/// </summary>
internal readonly ref struct Run<T>
{
    private readonly Stage _stage;
    private readonly long _offset;

    public Run(Stage stage, ReadOnlySpan<T> values, ReadOnlySpan<EventTime> times, long offset)
    {
        _stage = stage;
        _offset = offset;
        Values = values;
        Times = times;
        (First, Last) = TimeBounds.Of(times);
    }

    public ReadOnlySpan<T> Values { get; }

    public ReadOnlySpan<EventTime> Times { get; }

    /// <summary>The earliest of the times; <see cref="EventTime.None"/> if one event has none.</summary>
    public EventTime First { get; }

    /// <summary>The latest of the times.</summary>
    public EventTime Last { get; }

    /// <summary>Tells the stage which of the events is at hand.</summary>
    public void PassOffset(int index) => _stage.Offset = _offset + index;

    /// <summary>What is left behind the first of them.</summary>
    public Run<T> Behind(int passed) => new(_stage, Values[passed..], Times[passed..], _offset + passed);
}

/// <summary>Between which times some lie.</summary>
internal static class TimeBounds
{
    /// <summary>The earliest and the latest of one time or more.</summary>
    public static (EventTime First, EventTime Last) Of(ReadOnlySpan<EventTime> times)
    {
        ReadOnlySpan<long> left = MemoryMarshal.Cast<EventTime, long>(times);
        long first = long.MaxValue;
        long last = long.MinValue;
        if (left.Length >= Vector<long>.Count)
        {
            Vector<long> lowest = new(first);
            Vector<long> highest = new(last);
            for (; left.Length >= Vector<long>.Count; left = left[Vector<long>.Count..])
            {
                var next = new Vector<long>(left);
                lowest = Vector.Min(lowest, next);
                highest = Vector.Max(highest, next);
            }

            for (int i = 0; i < Vector<long>.Count; i++)
            {
                first = Math.Min(first, lowest[i]);
                last = Math.Max(last, highest[i]);
            }
        }

        foreach (long time in left)
        {
            first = Math.Min(first, time);
            last = Math.Max(last, time);
        }

        return (new EventTime(first), new EventTime(last));
    }
}
