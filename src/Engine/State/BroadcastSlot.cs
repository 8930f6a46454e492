namespace Weir.Engine.State;

using System.Diagnostics.CodeAnalysis;
using Weir.Engine.Codecs;

/// <summary>A map that all keys share: broadcast events change it, events of keys read it.</summary>
/// <typeparam name="TKey">The type of the map's keys.</typeparam>
/// <typeparam name="TValue">The type of the map's values.</typeparam>
public sealed class BroadcastSlot<TKey, TValue> : StateSlot, IBroadcastSlot
    where TKey : notnull
{
    private readonly MapSlot<TKey, TValue> _entries;

    internal BroadcastSlot(string name)
        : base(name) => _entries = new MapSlot<TKey, TValue>(name);

    internal override IReadOnlyList<Type> Types => _entries.Types;

    BroadcastMap IBroadcastSlot.CreateMap(CodecRegistry codecs)
    {
        var current = new CurrentRow { Row = 0 };
        return new BroadcastMap<TKey, TValue>(this, CreateColumn(codecs, current));
    }

    internal override StateColumn CreateColumn(CodecRegistry codecs, CurrentRow current) =>
        _entries.CreateColumn(codecs, current);
}

internal interface IBroadcastSlot
{
    BroadcastMap CreateMap(CodecRegistry codecs);
}

/// <summary>The broadcast state of one slot in a key group: a column of maps with a single row.</summary>
internal abstract class BroadcastMap(StateSlot slot, StateColumn column)
{
    private const int OnlyRow = 0;

    public StateSlot Slot { get; } = slot;

    public string Schema => $"{Slot.Name}: {column.Schema}";

    public void Write(ByteWriter writer)
    {
        writer.WriteBool(!column.IsEmpty(OnlyRow));
        if (!column.IsEmpty(OnlyRow))
            column.Write(OnlyRow, writer);
    }

    public void Read(ByteReader reader)
    {
        if (reader.ReadBool())
            column.Read(OnlyRow, reader);
    }
}

/// <summary>What events of keys see of it; broadcast events see <see cref="Writable"/>.</summary>
internal sealed class BroadcastMap<TKey, TValue>(StateSlot slot, StateColumn column)
    : BroadcastMap(slot, column), IReadOnlyMapState<TKey, TValue>
    where TKey : notnull
{
    public IMapState<TKey, TValue> Writable { get; } = (IMapState<TKey, TValue>)column;

    public int Count => Writable.Count;

    public IReadOnlyCollection<KeyValuePair<TKey, TValue>> Entries => Writable.Entries;

    public TValue this[TKey key] => Writable[key];

    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TValue value) => Writable.TryGet(key, out value);

    public bool Contains(TKey key) => Writable.Contains(key);
}
