namespace Weir.Engine.Operators;

using Weir.Engine.State;
using Weir.Engine.Streams;
using Weir.Engine.Time;

/// <summary>
/// What a <see cref="KeyedProcess{TKey, TIn, TOut}"/> implements, once per type, to take broadcast events as well.
/// </summary>
/// <remarks>
/// <code>
/// sealed class Limits : KeyedProcess&lt;string, Payment, Alert&gt;, IBroadcastInput&lt;Limit, string, Alert&gt;
/// {
///     private static readonly BroadcastSlot&lt;string, long&gt; Rules = State.Broadcast&lt;string, long&gt;("rules");
///
///     public void OnBroadcast(Limit value, IBroadcastContext&lt;string, Alert&gt; context) =&gt;
///         context.State(Rules)[value.Currency] = value.Amount;
///
///     public override void OnEvent(Payment value, IKeyContext&lt;string, Alert&gt; key)
///     {
///         if (key.State(Rules).TryGet(value.Currency, out long limit) &amp;&amp; value.Amount &gt; limit)
///             key.Emit(new Alert(key.Key, value.Amount));
///     }
/// }
/// </code>
/// </remarks>
/// <typeparam name="TBroadcast">The type of the broadcast events.</typeparam>
/// <typeparam name="TKey">The type of the key.</typeparam>
/// <typeparam name="TOut">The type of the results.</typeparam>
public interface IBroadcastInput<in TBroadcast, in TKey, out TOut>
    where TKey : notnull
{
    /// <summary>
    /// A broadcast event. Called in every key group, so it must do the same in all of them; the groups may see the
    /// events of several partitions in different orders. Never runs at the same time as another callback of the same
    /// key group.
    /// </summary>
    /// <param name="value">The event.</param>
    /// <param name="context">Valid during the call.</param>
    void OnBroadcast(TBroadcast value, IBroadcastContext<TKey, TOut> context);
}

/// <summary>The key group that a broadcast event has come to. Must not be kept after the call.</summary>
/// <typeparam name="TKey">The type of the key.</typeparam>
/// <typeparam name="TOut">The type of the results.</typeparam>
public interface IBroadcastContext<out TKey, in TOut>
{
    /// <summary>The key group, from 0 to below the job's number of groups.</summary>
    int Group { get; }

    /// <summary>The timestamp of the event; <see cref="EventTime.None"/> if it has none.</summary>
    EventTime Time { get; }

    /// <summary>How far event time has come.</summary>
    EventTime Watermark { get; }

    /// <summary>How far the ingestion clock has come: the processing time.</summary>
    EventTime Clock { get; }

    /// <summary>Broadcast state, to be read and changed.</summary>
    /// <exception cref="InvalidOperationException">The slot is not among the function's slots.</exception>
    IMapState<TMapKey, TValue> State<TMapKey, TValue>(BroadcastSlot<TMapKey, TValue> slot)
        where TMapKey : notnull;

    /// <summary>
    /// Calls a function for every key of the group that the operator holds anything for, in the order in which the keys
    /// came. It can use state and timers of the key, and emit.
    /// </summary>
    /// <param name="visit">Its argument is valid during the call; its time is that of the broadcast event.</param>
    void ForEachKey(Action<IKeyContext<TKey, TOut>> visit);

    /// <summary>
    /// Emits a result with the timestamp <see cref="Time"/>. Every group emits its own: to emit one in all, do so in
    /// group 0 only. It belongs to no key, so that no view shows it.
    /// </summary>
    void Emit(TOut result);

    /// <summary>Emits to a side output, likewise.</summary>
    /// <exception cref="InvalidOperationException">Nobody takes that side output from the operator.</exception>
    void Emit<T>(SideOutput<T> side, T value);
}

/// <summary>Gives the broadcast events of one input to the function.</summary>
internal abstract class BroadcastHandler<TKey, TOut>
    where TKey : notnull
{
    public abstract EventTime TimeOf(Slice slice, int index);

    public abstract long OffsetOf(Slice slice, int index);

    public abstract void Handle(Slice slice, int index, IBroadcastContext<TKey, TOut> context);
}

internal sealed class BroadcastHandler<TBroadcast, TKey, TOut>(IBroadcastInput<TBroadcast, TKey, TOut> function)
    : BroadcastHandler<TKey, TOut>
    where TKey : notnull
{
    public override EventTime TimeOf(Slice slice, int index) => ((Slice<TBroadcast>)slice).Times[index];

    public override long OffsetOf(Slice slice, int index) => ((Slice<TBroadcast>)slice).OffsetAt(index);

    public override void Handle(Slice slice, int index, IBroadcastContext<TKey, TOut> context) =>
        function.OnBroadcast(((Slice<TBroadcast>)slice).Values[index], context);
}
