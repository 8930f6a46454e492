namespace Weir.Engine.Operators;

using Weir.Engine.State;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Engine.Timers;

/// <summary>
/// A function with keyed state and timers. Synchronous and without mutable fields: one object serves all keys, and what
/// it must remember lies in state slots, which are static fields of the class.
/// </summary>
/// <typeparam name="TKey">The type of the key.</typeparam>
/// <typeparam name="TIn">The type of the events.</typeparam>
/// <typeparam name="TOut">The type of the results.</typeparam>
public abstract class KeyedProcess<TKey, TIn, TOut>
    where TKey : notnull
{
    /// <summary>An event of a key. Never runs at the same time as another callback of the same key group.</summary>
    /// <param name="value">The event.</param>
    /// <param name="key">Its key with state and timers; valid during the call.</param>
    public abstract void OnEvent(TIn value, IKeyContext<TKey, TOut> key);

    /// <summary>A timer of a key came due.</summary>
    /// <param name="timer">The timer.</param>
    /// <param name="key">The key with state and timers; valid during the call.</param>
    public virtual void OnTimer(FiredTimer timer, IKeyContext<TKey, TOut> key)
    {
    }

    /// <summary>
    /// The state slots that the function uses. By default all static fields of the class and its bases that are slots.
    /// </summary>
    public virtual IEnumerable<StateSlot> Slots => StaticSlots.Of(GetType());
}

/// <summary>The key that a function is called for. Must not be kept after the call.</summary>
/// <typeparam name="TKey">The type of the key.</typeparam>
/// <typeparam name="TOut">The type of the results.</typeparam>
public interface IKeyContext<out TKey, in TOut>
{
    /// <summary>The key.</summary>
    TKey Key { get; }

    /// <summary>
    /// The timestamp of the event or event timer at hand; <see cref="EventTime.None"/> if it has none.
    /// </summary>
    EventTime Time { get; }

    /// <summary>How far event time has come.</summary>
    EventTime Watermark { get; }

    /// <summary>How far the ingestion clock has come: the processing time.</summary>
    EventTime Clock { get; }

    /// <summary>The timers of the key.</summary>
    ITimers Timers { get; }

    /// <summary>A value of the key.</summary>
    /// <exception cref="InvalidOperationException">The slot is not among the function's slots.</exception>
    IValueState<T> State<T>(ValueSlot<T> slot);

    /// <summary>A list of the key.</summary>
    /// <exception cref="InvalidOperationException">The slot is not among the function's slots.</exception>
    IListState<T> State<T>(ListSlot<T> slot);

    /// <summary>A map of the key.</summary>
    /// <exception cref="InvalidOperationException">The slot is not among the function's slots.</exception>
    IMapState<TMapKey, TValue> State<TMapKey, TValue>(MapSlot<TMapKey, TValue> slot)
        where TMapKey : notnull;

    /// <summary>A reduced value of the key.</summary>
    /// <exception cref="InvalidOperationException">The slot is not among the function's slots.</exception>
    IReducingState<T> State<T>(ReducingSlot<T> slot);

    /// <summary>An aggregate of the key.</summary>
    /// <exception cref="InvalidOperationException">The slot is not among the function's slots.</exception>
    IAggregatingState<TAdded, TResult> State<TAdded, TResult>(AggregatingSlot<TAdded, TResult> slot);

    /// <summary>What broadcast events have left, the same for all keys; only they can change it.</summary>
    /// <exception cref="InvalidOperationException">The slot is not among the function's slots.</exception>
    IReadOnlyMapState<TMapKey, TValue> State<TMapKey, TValue>(BroadcastSlot<TMapKey, TValue> slot)
        where TMapKey : notnull;

    /// <summary>
    /// Emits a result. Its timestamp is <see cref="Time"/>; what a processing timer emits has none.
    /// </summary>
    void Emit(TOut result);

    /// <summary>Emits to a side output, with the same timestamp.</summary>
    /// <exception cref="InvalidOperationException">Nobody takes that side output from the operator.</exception>
    void Emit<T>(SideOutput<T> side, T value);
}

/// <summary>Finds the slots that a function declares.</summary>
internal static class StaticSlots
{
    public static IEnumerable<StateSlot> Of(Type function)
    {
        const System.Reflection.BindingFlags all = System.Reflection.BindingFlags.Static
            | System.Reflection.BindingFlags.Public
            | System.Reflection.BindingFlags.NonPublic
            | System.Reflection.BindingFlags.DeclaredOnly;
        for (Type? type = function; type is not null && type != typeof(object); type = type.BaseType)
        {
            foreach (System.Reflection.FieldInfo field in type.GetFields(all).OrderBy(field => field.MetadataToken))
            {
                if (typeof(StateSlot).IsAssignableFrom(field.FieldType) && field.GetValue(null) is StateSlot slot)
                    yield return slot;
            }
        }
    }
}
