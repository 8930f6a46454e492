namespace Weir.Engine.Operators;

using Weir.Engine.State;
using Weir.Engine.Time;

/// <summary>
/// A function with state per partition of a source, before any key: it is called for each event in the order of the
/// partition. Synchronous and without mutable fields: one object serves all partitions, and what it must remember lies
/// in state slots, which are static fields of the class.
/// </summary>
/// <remarks>
/// The state is part of the source's snapshot under the function's name: a job that was changed finds it again by that
/// name, and under another name it begins empty. It belongs to the partition and does not follow a key elsewhere.
/// </remarks>
/// <typeparam name="TIn">The type of the events.</typeparam>
/// <typeparam name="TOut">The type of the results.</typeparam>
public abstract class PartitionProcess<TIn, TOut>
{
    /// <summary>An event of a partition. Never runs at the same time as another call for the same partition.</summary>
    /// <param name="value">The event.</param>
    /// <param name="partition">Its partition with state; valid during the call.</param>
    public abstract void OnEvent(TIn value, IPartitionContext<TOut> partition);

    /// <summary>
    /// The state slots that the function uses. By default all static fields of the class and its bases that are slots.
    /// </summary>
    public virtual IEnumerable<StateSlot> Slots => StaticSlots.Of(GetType());
}

/// <summary>The partition that a function is called for. Must not be kept after the call.</summary>
/// <typeparam name="TOut">The type of the results.</typeparam>
public interface IPartitionContext<in TOut>
{
    /// <summary>The topic that the event was read from.</summary>
    string Topic { get; }

    /// <summary>The partition of the topic.</summary>
    int Partition { get; }

    /// <summary>The timestamp of the event at hand; <see cref="EventTime.None"/> if it has none.</summary>
    EventTime Time { get; }

    /// <summary>A value of the partition.</summary>
    /// <exception cref="InvalidOperationException">The slot is not among the function's slots.</exception>
    IValueState<T> State<T>(ValueSlot<T> slot);

    /// <summary>A list of the partition.</summary>
    /// <exception cref="InvalidOperationException">The slot is not among the function's slots.</exception>
    IListState<T> State<T>(ListSlot<T> slot);

    /// <summary>A map of the partition.</summary>
    /// <exception cref="InvalidOperationException">The slot is not among the function's slots.</exception>
    IMapState<TMapKey, TValue> State<TMapKey, TValue>(MapSlot<TMapKey, TValue> slot)
        where TMapKey : notnull;

    /// <summary>A reduction of the partition.</summary>
    /// <exception cref="InvalidOperationException">The slot is not among the function's slots.</exception>
    IReducingState<T> State<T>(ReducingSlot<T> slot);

    /// <summary>An aggregate of the partition.</summary>
    /// <exception cref="InvalidOperationException">The slot is not among the function's slots.</exception>
    IAggregatingState<TAdded, TResult> State<TAdded, TResult>(AggregatingSlot<TAdded, TResult> slot);

    /// <summary>Emits a result with the timestamp of the event at hand.</summary>
    void Emit(TOut result);
}
