namespace Weir.Engine.State;

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

    /// <summary>
    /// A map that all keys share, in order of first insertion: broadcast events change it, events of keys read it.
    /// </summary>
    /// <param name="name">As for <see cref="Value{T}"/>.</param>
    public static BroadcastSlot<TKey, TValue> Broadcast<TKey, TValue>(string name)
        where TKey : notnull => new(name);
}

/// <summary>
/// Describes a piece of keyed state: its name and type. The state itself belongs to the key; a slot is a static field
/// of the function and holds nothing.
/// </summary>
public abstract class StateSlot
{
    private protected StateSlot(string name) => Name = Names.Check(name, "state");

    /// <summary>Identifies the state within its operator, also in snapshots.</summary>
    public string Name { get; }

    /// <summary>The types that need a codec.</summary>
    internal abstract IReadOnlyList<Type> Types { get; }

    internal abstract StateColumn CreateColumn(CodecRegistry codecs, CurrentRow current);
}

/// <summary>One value per key.</summary>
/// <typeparam name="T">The type of the value.</typeparam>
public sealed class ValueSlot<T> : StateSlot
{
    internal ValueSlot(string name)
        : base(name)
    {
    }

    internal override IReadOnlyList<Type> Types => [typeof(T)];

    internal override StateColumn CreateColumn(CodecRegistry codecs, CurrentRow current) =>
        new ValueColumn<T>(this, codecs.For<T>(), current);
}

/// <summary>A list per key.</summary>
/// <typeparam name="T">The type of the items.</typeparam>
public sealed class ListSlot<T> : StateSlot
{
    internal ListSlot(string name)
        : base(name)
    {
    }

    internal override IReadOnlyList<Type> Types => [typeof(T)];

    internal override StateColumn CreateColumn(CodecRegistry codecs, CurrentRow current) =>
        new ListColumn<T>(this, codecs.For<T>(), current);
}

/// <summary>A map per key.</summary>
/// <typeparam name="TKey">The type of the map's keys.</typeparam>
/// <typeparam name="TValue">The type of the map's values.</typeparam>
public sealed class MapSlot<TKey, TValue> : StateSlot
    where TKey : notnull
{
    internal MapSlot(string name)
        : base(name)
    {
    }

    internal override IReadOnlyList<Type> Types => [typeof(TKey), typeof(TValue)];

    internal override StateColumn CreateColumn(CodecRegistry codecs, CurrentRow current) =>
        new MapColumn<TKey, TValue>(this, (codecs.For<TKey>(), codecs.For<TValue>()), current);
}
