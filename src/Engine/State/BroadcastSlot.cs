namespace Weir.Engine.State;

using System.Diagnostics.CodeAnalysis;
using Weir.Engine.Codecs;

/// <summary>A map that all keys share: broadcast events change it, events of keys read it.</summary>
/// <typeparam name="TKey">The type of the map's keys.</typeparam>
/// <typeparam name="TValue">The type of the map's values.</typeparam>
public sealed class BroadcastSlot<TKey, TValue> : StateSlot, IBroadcastSlot
    where TKey : notnull
{
    internal BroadcastSlot(string name)
        : base(name)
    {
    }

    internal IReadOnlyList<OlderVersion<TValue>> Older { get; init; } = [];

    internal override IReadOnlyList<Type> Types => [typeof(TKey), .. TypesOf(Older)];

    /// <summary>
    /// Says how to read values that were stored before their type changed; see
    /// <see cref="MapSlot{TKey, TValue}.Upgrading{TOld}"/>.
    /// </summary>
    /// <typeparam name="TOld">The type of the values as it was.</typeparam>
    /// <param name="version">The version that was stored, 1 or more.</param>
    /// <param name="upgrade">A pure function of the old value.</param>
    public BroadcastSlot<TKey, TValue> Upgrading<TOld>(int version, Func<TOld, TValue> upgrade) =>
        new(Name) { Older = Older.And(version, upgrade) };

    BroadcastMap IBroadcastSlot.CreateMap(StateTable shared) => new BroadcastMap<TKey, TValue>(this, shared.Of(this));

    internal override StateColumn CreateColumn(CodecRegistry codecs, CurrentRow current) =>
        new MapColumn<TKey, TValue>(this, (codecs.For<TKey>(), new ElementCodec<TValue>(codecs, Older)), current);
}

internal interface IBroadcastSlot
{
    BroadcastMap CreateMap(StateTable shared);
}

/// <summary>The broadcast state of one slot in a key group: a map in the group's only row.</summary>
internal abstract class BroadcastMap(StateSlot slot)
{
    public StateSlot Slot { get; } = slot;
}

/// <summary>What events of keys see of it; broadcast events see <see cref="Writable"/>.</summary>
internal sealed class BroadcastMap<TKey, TValue>(StateSlot slot, StateColumn column)
    : BroadcastMap(slot), IReadOnlyMapState<TKey, TValue>
    where TKey : notnull
{
    public IMapState<TKey, TValue> Writable { get; } = (IMapState<TKey, TValue>)column;

    public int Count => Writable.Count;

    public IReadOnlyCollection<KeyValuePair<TKey, TValue>> Entries => Writable.Entries;

    public TValue this[TKey key] => Writable[key];

    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TValue value) => Writable.TryGet(key, out value);

    public bool Contains(TKey key) => Writable.Contains(key);
}
