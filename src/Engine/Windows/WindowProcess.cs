namespace Weir.Engine.Windows;

using Weir.Engine.Operators;
using Weir.Engine.State;
using Weir.Engine.Streams;
using Weir.Engine.Time;

/// <summary>
/// A function over all events of a window, or over the one result that an aggregate made of them. Synchronous and
/// without mutable fields: one object serves all keys, and what it must remember from one firing to the next lies in
/// state slots, which are static fields of the class.
/// </summary>
/// <typeparam name="TKey">The type of the key.</typeparam>
/// <typeparam name="TIn">The type of the events, or of the aggregate's result.</typeparam>
/// <typeparam name="TOut">The type of the results.</typeparam>
public abstract class WindowProcess<TKey, TIn, TOut>
    where TKey : notnull
{
    /// <summary>
    /// Called each time the window fires, with all its events in order of arrival, those of sessions that merged one
    /// session after the other; behind an aggregate, with its result alone.
    /// </summary>
    /// <param name="events">
    /// One or more; none only if an evictor has removed all before. Valid during the call.
    /// </param>
    /// <param name="window">The window; valid during the call.</param>
    public abstract void Process(IReadOnlyList<TIn> events, IWindowContext<TKey, TOut> window);

    /// <summary>
    /// Called when the window goes away for good, after its last firing: state of the window is there for the last
    /// time, and the engine drops what is left of it. Nothing is called for sessions that become part of another, nor
    /// for the global window, which never goes away. Default: does nothing.
    /// </summary>
    /// <param name="window">The window, which takes no more results; valid during the call.</param>
    public virtual void Clear(IWindowContext<TKey, TOut> window)
    {
    }

    /// <summary>
    /// The state slots that the function uses, each of them per window and per key. By default all static fields of
    /// the class and its bases that are slots.
    /// </summary>
    public virtual IEnumerable<StateSlot> Slots => StaticSlots.Of(GetType());
}

/// <summary>The window that a function is called for. Must not be kept after the call.</summary>
/// <remarks>
/// State of the window lives as long as the window: a firing for a late event sees what the firings before left. State
/// of the key is shared by all windows of the key and stays until the function clears it. The same slot in both is two
/// pieces of state.
/// </remarks>
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

    /// <summary>A value of the window.</summary>
    /// <exception cref="InvalidOperationException">
    /// The slot is not among the function's slots, or the windows are sessions: those merge, and their state can not.
    /// </exception>
    IValueState<T> WindowState<T>(ValueSlot<T> slot);

    /// <summary>A list of the window.</summary>
    /// <exception cref="InvalidOperationException">As for a value.</exception>
    IListState<T> WindowState<T>(ListSlot<T> slot);

    /// <summary>A map of the window.</summary>
    /// <exception cref="InvalidOperationException">As for a value.</exception>
    IMapState<TMapKey, TValue> WindowState<TMapKey, TValue>(MapSlot<TMapKey, TValue> slot)
        where TMapKey : notnull;

    /// <summary>A reduction of the window.</summary>
    /// <exception cref="InvalidOperationException">As for a value.</exception>
    IReducingState<T> WindowState<T>(ReducingSlot<T> slot);

    /// <summary>An aggregate of the window.</summary>
    /// <exception cref="InvalidOperationException">As for a value.</exception>
    IAggregatingState<TAdded, TResult> WindowState<TAdded, TResult>(AggregatingSlot<TAdded, TResult> slot);

    /// <summary>A value of the key.</summary>
    /// <exception cref="InvalidOperationException">The slot is not among the function's slots.</exception>
    IValueState<T> KeyState<T>(ValueSlot<T> slot);

    /// <summary>A list of the key.</summary>
    /// <exception cref="InvalidOperationException">The slot is not among the function's slots.</exception>
    IListState<T> KeyState<T>(ListSlot<T> slot);

    /// <summary>A map of the key.</summary>
    /// <exception cref="InvalidOperationException">The slot is not among the function's slots.</exception>
    IMapState<TMapKey, TValue> KeyState<TMapKey, TValue>(MapSlot<TMapKey, TValue> slot)
        where TMapKey : notnull;

    /// <summary>A reduction of the key.</summary>
    /// <exception cref="InvalidOperationException">The slot is not among the function's slots.</exception>
    IReducingState<T> KeyState<T>(ReducingSlot<T> slot);

    /// <summary>An aggregate of the key.</summary>
    /// <exception cref="InvalidOperationException">The slot is not among the function's slots.</exception>
    IAggregatingState<TAdded, TResult> KeyState<TAdded, TResult>(AggregatingSlot<TAdded, TResult> slot);

    /// <summary>Emits a result; its timestamp is the window's last instant.</summary>
    /// <exception cref="InvalidOperationException">The window goes away and takes no more results.</exception>
    void Emit(TOut result);

    /// <summary>Emits to a side output, with the same timestamp.</summary>
    /// <exception cref="InvalidOperationException">Nobody takes that side output from the operator.</exception>
    void Emit<T>(SideOutput<T> side, T value);
}
