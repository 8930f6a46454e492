namespace Weir.Engine.Windows;

using Weir.Engine.Timers;

/// <summary>Windows and how long they wait for late events; made by <see cref="Windows"/>.</summary>
public sealed class WindowSpec
{
    internal WindowSpec(WindowAssigner assigner, TimeSpan lateness)
    {
        Assigner = assigner;
        Lateness = lateness;
    }

    internal WindowAssigner Assigner { get; }

    internal TimeSpan Lateness { get; }

    /// <summary>The clock that windows are assigned by and closed by; the global window is never closed.</summary>
    internal TimeDomain Domain { get; init; }

    /// <summary>The trigger that windows of a number of events have, or null.</summary>
    internal Trigger? CountTrigger { get; init; }

    /// <summary>How many events a window keeps when it fires, or null for all.</summary>
    internal int? KeepsLast { get; init; }

    internal bool IsEventTime => Domain == TimeDomain.Event;

    internal long LatenessMilliseconds =>
        Lateness == TimeSpan.MaxValue ? long.MaxValue : Lateness.Ticks / TimeSpan.TicksPerMillisecond;

    internal Trigger DefaultTrigger => CountTrigger ?? (Assigner is GlobalWindow
        ? Triggers.Never
        : IsEventTime ? Triggers.EventTime : Triggers.ProcessingTime);

    /// <summary>
    /// Keeps a window after it fired until the watermark has passed its last instant by this span; an event that comes
    /// in that time makes it fire again at once, with the whole new result. Default: zero. Only event-time windows wait.
    /// </summary>
    /// <param name="lateness">Zero or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is negative.</exception>
    public WindowSpec AllowLateness(TimeSpan lateness)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(lateness, TimeSpan.Zero);
        return new WindowSpec(Assigner, lateness)
        {
            Domain = Domain,
            CountTrigger = CountTrigger,
            KeepsLast = KeepsLast,
        };
    }

    internal WindowSpec ByClock() => new(Assigner, TimeSpan.Zero) { Domain = TimeDomain.Processing };

    internal string Describe()
    {
        string kind = CountTrigger is null ? Assigner.Describe() : $"{Assigner.Describe()} {CountTrigger.Description}";
        return $"{kind}{(IsEventTime ? "" : " by clock")} lateness {LatenessMilliseconds}";
    }
}
