namespace Weir.Engine.State;

using System.Diagnostics.CodeAnalysis;
using Weir.Engine.Codecs;

/// <summary>The maps of all keys of a group, without a time to live.</summary>
internal sealed class MapColumn<TKey, TValue>(
    StateSlot slot, (Codec<TKey> Key, ElementCodec<TValue> Value) codecs, CurrentRow current)
    : StateColumn(slot, current), IMapState<TKey, TValue>
    where TKey : notnull
{
    // Insertion order survives a restore; the order inside a hash map would not, and replays would differ.
    private OrderedDictionary<TKey, TValue>?[] _maps = new OrderedDictionary<TKey, TValue>?[8];

    public override string Kind => MapSlot.Kind(codecs.Key);

    public override IElementCodec Elements => codecs.Value;

    public int Count => IsEmpty(Row) ? 0 : _maps[Row]!.Count;

    public IReadOnlyCollection<KeyValuePair<TKey, TValue>> Entries => IsEmpty(Row) ? [] : _maps[Row]!;

    public TValue this[TKey key]
    {
        get => TryGet(key, out TValue? value) ? value : throw MapSlot.NoEntry(Slot, key);
        set => MapOf(Row)[key] = value;
    }

    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        value = default;
        return !IsEmpty(Row) && _maps[Row]!.TryGetValue(key, out value);
    }

    public bool Contains(TKey key) => TryGet(key, out _);

    public bool Remove(TKey key) => !IsEmpty(Row) && _maps[Row]!.Remove(key);

    public void Clear() => Clear(Row);

    public override bool IsEmpty(int row) => row >= _maps.Length || _maps[row] is null or { Count: 0 };

    public override void Clear(int row)
    {
        if (row < _maps.Length)
            _maps[row] = null;
    }

    public override void Write(int row, ByteWriter writer)
    {
        OrderedDictionary<TKey, TValue> map = _maps[row]!;
        writer.WriteVarint((ulong)map.Count);
        foreach ((TKey key, TValue value) in map)
        {
            codecs.Key.Write(writer, in key);
            codecs.Value.Write(writer, in value);
        }
    }

    public override void Read(int row, ByteReader reader, bool timed)
    {
        int count = reader.ReadCount(0);
        OrderedDictionary<TKey, TValue> map = MapOf(row);
        for (int i = 0; i < count; i++)
        {
            ReadTime(reader, timed);
            if (codecs.Key.Read(reader) is not { } key || !map.TryAdd(key, codecs.Value.Read(reader)))
                throw MapSlot.Twice(Slot);
        }
    }

    public override object? Describe(int row) => IsEmpty(row) ? null : _maps[row]!.ToArray();

    protected override void Expire(int row, int node)
    {
    }

    private OrderedDictionary<TKey, TValue> MapOf(int row)
    {
        if (row >= _maps.Length)
            Array.Resize(ref _maps, Math.Max(_maps.Length * 2, row + 1));
        return _maps[row] ??= [];
    }
}
