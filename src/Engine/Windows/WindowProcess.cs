namespace Weir.Engine.Windows;

using Weir.Engine.Time;

/// <summary>
/// A function over all events of a window. Synchronous and without state of its own: one object serves all keys.
/// </summary>
/// <typeparam name="TKey">The type of the key.</typeparam>
/// <typeparam name="TIn">The type of the events.</typeparam>
/// <typeparam name="TOut">The type of the results.</typeparam>
public abstract class WindowProcess<TKey, TIn, TOut>
    where TKey : notnull
{
    /// <summary>Called each time the window fires, with all its events in order of arrival.</summary>
    /// <param name="events">One or more; valid during the call.</param>
    /// <param name="window">The window; valid during the call.</param>
    public abstract void Process(IReadOnlyList<TIn> events, IWindowContext<TKey, TOut> window);
}

/// <summary>The window that a function is called for. Must not be kept after the call.</summary>
/// <typeparam name="TKey">The type of the key.</typeparam>
/// <typeparam name="TOut">The type of the results.</typeparam>
public interface IWindowContext<out TKey, in TOut>
{
    /// <summary>The key.</summary>
    TKey Key { get; }

    /// <summary>The window.</summary>
    TimeRange Window { get; }

    /// <summary>How far event time has come.</summary>
    EventTime Watermark { get; }

    /// <summary>How far the ingestion clock has come.</summary>
    EventTime Clock { get; }

    /// <summary>Emits a result; its timestamp is the window's last instant.</summary>
    void Emit(TOut result);
}

internal sealed class WindowContext<TKey, TOut> : IWindowContext<TKey, TOut>
{
    private Firing<TKey, TOut> _firing;

    public TKey Key => _firing.Key;

    public TimeRange Window => _firing.Window;

    public EventTime Watermark => _firing.Operator.Watermark;

    public EventTime Clock => _firing.Operator.Clock;

    public void Begin(in Firing<TKey, TOut> firing) => _firing = firing;

    public void End() => _firing = default;

    public void Emit(TOut result)
    {
        _firing.Output.OnEvent(in result, _firing.Window.MaxTimestamp);
        _firing.Shown?.Invoke(result);
    }
}
