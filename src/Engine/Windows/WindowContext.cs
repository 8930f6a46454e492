namespace Weir.Engine.Windows;

using Weir.Engine.Operators;
using Weir.Engine.State;
using Weir.Engine.Streams;
using Weir.Engine.Time;

/// <summary>Which window is at hand, and how far time has come.</summary>
internal interface IWindowPlace
{
    TimeRange Window { get; }

    EventTime Watermark { get; }

    EventTime Clock { get; }
}

/// <summary>
/// The pane that fires or goes away, with the ways out of the operator. One object for all panes of a group.
/// </summary>
internal sealed class WindowContext<TKey, TOut> : IWindowContext<TKey, TOut>, IWindowPlace
    where TKey : notnull
{
    private TKey _key = default!;
    private TimeRange _window;
    private bool _isClosing;

    public required KeyedOperator Operator { get; init; }

    public required Receiver<TOut> Output { get; init; }

    public required SideReceivers Sides { get; init; }

    public required WindowSlots State { get; init; }

    /// <summary>Puts a result into the view, if there is one of results.</summary>
    public required Action<TOut>? Shown { get; init; }

    public TKey Key => _key;

    public TimeRange Window => _window;

    public EventTime Watermark => Operator.Watermark;

    public EventTime Clock => Operator.Clock;

    public void Begin(TKey key, TimeRange window, (int Row, int Pane) place, bool isClosing)
    {
        _key = key;
        _window = window;
        _isClosing = isClosing;
        State.Begin(place.Row, place.Pane);
    }

    public IValueState<T> WindowState<T>(ValueSlot<T> slot) => (IValueState<T>)State.OfWindow(slot);

    public IListState<T> WindowState<T>(ListSlot<T> slot) => (IListState<T>)State.OfWindow(slot);

    public IMapState<TMapKey, TValue> WindowState<TMapKey, TValue>(MapSlot<TMapKey, TValue> slot)
        where TMapKey : notnull => (IMapState<TMapKey, TValue>)State.OfWindow(slot);

    public IReducingState<T> WindowState<T>(ReducingSlot<T> slot) => (IReducingState<T>)State.OfWindow(slot);

    public IAggregatingState<TAdded, TResult> WindowState<TAdded, TResult>(AggregatingSlot<TAdded, TResult> slot) =>
        (IAggregatingState<TAdded, TResult>)State.OfWindow(slot);

    public IValueState<T> KeyState<T>(ValueSlot<T> slot) => (IValueState<T>)State.OfKey(slot);

    public IListState<T> KeyState<T>(ListSlot<T> slot) => (IListState<T>)State.OfKey(slot);

    public IMapState<TMapKey, TValue> KeyState<TMapKey, TValue>(MapSlot<TMapKey, TValue> slot)
        where TMapKey : notnull => (IMapState<TMapKey, TValue>)State.OfKey(slot);

    public IReducingState<T> KeyState<T>(ReducingSlot<T> slot) => (IReducingState<T>)State.OfKey(slot);

    public IAggregatingState<TAdded, TResult> KeyState<TAdded, TResult>(AggregatingSlot<TAdded, TResult> slot) =>
        (IAggregatingState<TAdded, TResult>)State.OfKey(slot);

    public void Emit(TOut result)
    {
        if (_isClosing)
            throw new InvalidOperationException(
                $"The window {_window} goes away and takes no more results: emit them in Process, or emit to a side "
                + "output.");
        Output.OnEvent(in result, _window.MaxTimestamp);
        Shown?.Invoke(result);
    }

    public void Emit<T>(SideOutput<T> side, T value) => Sides.Emit(side, value, _window.MaxTimestamp);
}
