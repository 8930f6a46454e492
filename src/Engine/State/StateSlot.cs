namespace Weir.Engine.State;

using Weir.Engine.Aggregates;
using Weir.Engine.Codecs;
using Weir.Engine.Streams;

/// <summary>Makes the descriptors of keyed state.</summary>
public static class State
{
    /// <summary>One value per key.</summary>
    /// <param name="name">Unique in the function: lower-case letters, digits, '.', '_' and '-'.</param>
    public static ValueSlot<T> Value<T>(string name) => new(name);

    /// <summary>A list per key, in order of insertion.</summary>
    /// <param name="name">As for <see cref="Value{T}"/>.</param>
    public static ListSlot<T> List<T>(string name) => new(name);

    /// <summary>A map per key, in order of first insertion.</summary>
    /// <param name="name">As for <see cref="Value{T}"/>.</param>
    public static MapSlot<TKey, TValue> Map<TKey, TValue>(string name)
        where TKey : notnull => new(name);

    /// <summary>One value per key, into which every addition is folded at once.</summary>
    /// <param name="name">As for <see cref="Value{T}"/>.</param>
    /// <param name="reduce">
    /// A pure function of the value so far and the addition; the first addition is the value itself.
    /// </param>
    public static ReducingSlot<T> Reducing<T>(string name, Func<T, T, T> reduce)
    {
        ArgumentNullException.ThrowIfNull(reduce);
        return new ReducingSlot<T>(name, reduce);
    }

    /// <summary>An accumulator per key, to which every addition is added at once.</summary>
    /// <param name="name">As for <see cref="Value{T}"/>.</param>
    /// <param name="aggregator">Adds to accumulators and gives their results.</param>
    public static AggregatingSlot<TIn, TResult> Aggregating<TIn, TAccumulator, TResult>(
        string name, IAggregator<TIn, TAccumulator, TResult> aggregator)
    {
        ArgumentNullException.ThrowIfNull(aggregator);
        return new AggregatingSlot<TIn, TAccumulator, TResult>(name, aggregator);
    }

    /// <summary>
    /// A state that the function had in an earlier version and gives up: what a snapshot holds of it is left out when
    /// it is restored. Declared like any other slot, as a static field of the function.
    /// </summary>
    /// <param name="name">The name that the state had.</param>
    public static StateSlot Dropped(string name) => new DroppedSlot(name);

    /// <summary>
    /// A map that all keys share, in order of first insertion: broadcast events change it, events of keys read it.
    /// </summary>
    /// <param name="name">As for <see cref="Value{T}"/>.</param>
    public static BroadcastSlot<TKey, TValue> Broadcast<TKey, TValue>(string name)
        where TKey : notnull => new(name);
}

/// <summary>
/// Describes a piece of keyed state: its name and type, how long it lives and which older versions of it can be read.
/// The state itself belongs to the key; a slot is a static field of the function and holds nothing.
/// </summary>
/// <remarks>
/// A snapshot holds each state under its name. When it is restored, a state that the function has and the snapshot has
/// not begins empty; the opposite is a <see cref="StateSchemaException"/> unless the function says
/// <see cref="State.Dropped"/>, and so is a state of another type, unless its slot says how to upgrade it.
/// </remarks>
public abstract class StateSlot
{
    private protected StateSlot(string name) => Name = Names.Check(name, "state");

    /// <summary>Identifies the state within its operator, also in snapshots.</summary>
    public string Name { get; }

    /// <summary>How long it lives after an update, or null for ever.</summary>
    internal Lifetime? Lifetime { get; init; }

    /// <summary>The types that need a codec.</summary>
    internal abstract IReadOnlyList<Type> Types { get; }

    /// <summary>Makes what holds the state of all keys of a group; null if nothing is held.</summary>
    internal abstract StateColumn? CreateColumn(CodecRegistry codecs, CurrentRow current);

    private protected static IReadOnlyList<Type> TypesOf<T>(IReadOnlyList<OlderVersion<T>> older) =>
        [typeof(T), .. older.Select(each => each.OldType)];
}

/// <summary>A state that the function does not have any more.</summary>
internal sealed class DroppedSlot(string name) : StateSlot(name)
{
    internal override IReadOnlyList<Type> Types => [];

    internal override StateColumn? CreateColumn(CodecRegistry codecs, CurrentRow current) => null;
}
