namespace Weir.Engine.Windows;

using Weir.Engine.Time;

/// <summary>Says which windows a timestamp belongs to.</summary>
internal abstract class WindowAssigner
{
    private const long Far = long.MaxValue / 4;

    /// <summary>Whether windows of a key that overlap or touch become one.</summary>
    public virtual bool Merges => false;

    /// <summary>Puts the windows of a timestamp into <paramref name="windows"/>, which is empty.</summary>
    public abstract void Assign(EventTime time, List<TimeRange> windows);

    public abstract string Describe();

    /// <summary>The type of the events that it looks at, or null if it needs only their time.</summary>
    public virtual Type? EventType => null;

    /// <summary>
    /// The start of the window of a size that holds a timestamp: <c>t - floorMod(t - offset, size)</c>, also right for
    /// times before 1970. Size 60 s, offset 0: 61 s gives 60 s, -1 s gives -60 s. Saturates at the 64-bit limits.
    /// </summary>
    public static EventTime StartOf(EventTime time, long size, long offset)
    {
        // Far from the limits nothing overflows, and a division of 64 bits is much the cheaper one.
        if (time.Milliseconds is > -Far and < Far && offset is > -Far and < Far)
        {
            long rest = (time.Milliseconds - offset) % size;
            return new EventTime(time.Milliseconds - (rest < 0 ? rest + size : rest));
        }

        Int128 remainder = ((Int128)time.Milliseconds - offset) % size;
        if (remainder < 0)
            remainder += size;
        return time.Minus((long)remainder);
    }
}

/// <summary>An assigner that looks at the event as well.</summary>
internal interface IEventAssigner<in T>
{
    /// <summary>Puts the windows of an event into <paramref name="windows"/>, which is empty.</summary>
    void Assign(T value, EventTime time, List<TimeRange> windows);
}
