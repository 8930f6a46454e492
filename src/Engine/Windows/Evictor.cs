namespace Weir.Engine.Windows;

using Weir.Engine.Time;

/// <summary>An event that a window keeps.</summary>
/// <typeparam name="T">The type of the event.</typeparam>
/// <param name="Value">The event.</param>
/// <param name="Time">Its timestamp; <see cref="EventTime.None"/> if it has none.</param>
public readonly record struct KeptEvent<T>(T Value, EventTime Time);

/// <summary>
/// The events of a window that fires, as an evictor sees them. Must not be kept after the call. What is removed is
/// gone from the window's state.
/// </summary>
/// <typeparam name="T">The type of the events.</typeparam>
public interface IKeptEvents<T>
{
    /// <summary>The events that are left, in order of arrival. Valid until something is removed.</summary>
    IReadOnlyList<KeptEvent<T>> Events { get; }

    /// <summary>The window.</summary>
    TimeRange Window { get; }

    /// <summary>How far event time has come.</summary>
    EventTime Watermark { get; }

    /// <summary>How far the ingestion clock has come.</summary>
    EventTime Clock { get; }

    /// <summary>Removes the events that came first.</summary>
    /// <param name="count">0 up to the number of events.</param>
    /// <exception cref="ArgumentException">There are not so many.</exception>
    void RemoveFirst(int count);

    /// <summary>Removes every event that a condition holds for.</summary>
    /// <param name="condition">A pure function.</param>
    void RemoveWhere(Predicate<KeptEvent<T>> condition);
}

/// <summary>
/// Removes events from a window when it fires, before its result is made of what is left, or after. One object serves
/// all windows and has no mutable fields. Those that the engine has are made by <see cref="Evictors"/>.
/// </summary>
/// <typeparam name="T">The type of the events.</typeparam>
public abstract class Evictor<T>
{
    /// <summary>
    /// Names the evictor with its parameters: a part of the job's fingerprint. Default: the type's name.
    /// </summary>
    public virtual string Description => GetType().ToString();

    /// <summary>The window fires and its result is not made yet. Default: removes nothing.</summary>
    /// <param name="window">One event or more.</param>
    public virtual void EvictBefore(IKeptEvents<T> window)
    {
    }

    /// <summary>The window's result was made. Default: removes nothing.</summary>
    /// <param name="window">What was left before; none if that was so.</param>
    public virtual void EvictAfter(IKeptEvents<T> window)
    {
    }

    /// <summary>
    /// The same evictor, but what it would remove before the result is removed after, so that the result is made of
    /// all events.
    /// </summary>
    public Evictor<T> After() => new LaterEvictor<T>(this);
}

/// <summary>The events of the pane that fires; one object for all panes of a group.</summary>
internal sealed class KeptEvents<T> : IKeptEvents<T>
{
    private List<KeptEvent<T>> _events = [];
    private IWindowPlace? _place;

    public IReadOnlyList<KeptEvent<T>> Events => _events;

    public TimeRange Window => _place!.Window;

    public EventTime Watermark => _place!.Watermark;

    public EventTime Clock => _place!.Clock;

    public void Begin(List<KeptEvent<T>> events, IWindowPlace place)
    {
        _events = events;
        _place = place;
    }

    public void RemoveFirst(int count) => _events.RemoveRange(0, count);

    public void RemoveWhere(Predicate<KeptEvent<T>> condition) => _events.RemoveAll(condition);
}
