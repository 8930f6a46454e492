namespace Weir.Engine.Windows;

using Weir.Engine.Time;

/// <summary>The window of an event begins at its time and lasts for the gap; windows that touch merge.</summary>
internal sealed class SessionWindows(long gap) : WindowAssigner
{
    public override bool Merges => true;

    public override void Assign(EventTime time, List<TimeRange> windows) =>
        windows.Add(new TimeRange(time, time.Plus(gap)));

    public override string Describe() => $"session {gap}";
}

/// <summary>Sessions whose gap follows from the event; a gap of zero gives the empty window at its time.</summary>
internal sealed class SessionWindows<T>(Func<T, TimeSpan> gap) : WindowAssigner, IEventAssigner<T>
{
    public override bool Merges => true;

    public override Type EventType => typeof(T);

    public override void Assign(EventTime time, List<TimeRange> windows) =>
        throw new InvalidOperationException("The gap of the session follows from the event.");

    public void Assign(T value, EventTime time, List<TimeRange> windows)
    {
        TimeSpan span = gap(value);
        if (span < TimeSpan.Zero)
            throw new InvalidOperationException($"The gap of a session is zero or more, and an event gives {span}.");
        windows.Add(new TimeRange(time, time + span));
    }

    public override string Describe() => "session by event";
}
