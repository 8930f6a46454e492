namespace Weir.Engine.State;

using System.Diagnostics.CodeAnalysis;
using Weir.Engine.Codecs;

/// <summary>Which row the running callback belongs to; shared by all columns of an operator.</summary>
internal sealed class CurrentRow
{
    public int Row { get; set; } = -1;
}

/// <summary>
/// One piece of state of all keys of a group, indexed by row. It also is what user code sees of it: the state of the
/// current row.
/// </summary>
internal abstract class StateColumn(StateSlot slot)
{
    public StateSlot Slot { get; } = slot;

    /// <summary>What the bytes of a row mean, in words.</summary>
    public abstract string Schema { get; }

    public abstract bool IsEmpty(int row);

    public abstract void Clear(int row);

    /// <summary>Writes what the row holds; not called when it is empty.</summary>
    public abstract void Write(int row, ByteWriter writer);

    public abstract void Read(int row, ByteReader reader);

    /// <summary>What the row holds, for people to look at; null when it is empty.</summary>
    public abstract object? Describe(int row);
}

internal sealed class ValueColumn<T>(ValueSlot<T> slot, Codec<T> codec, CurrentRow current)
    : StateColumn(slot), IValueState<T>
{
    private T[] _values = new T[8];
    private bool[] _present = new bool[8];

    public override string Schema => $"value {codec.Schema}";

    public bool HasValue => !IsEmpty(current.Row);

    public T? Value
    {
        get => HasValue ? _values[current.Row] : default;
        set
        {
            if (value is null)
                Clear();
            else
                Set(current.Row, value);
        }
    }

    public void Clear() => Clear(current.Row);

    public override bool IsEmpty(int row) => row >= _present.Length || !_present[row];

    public override void Clear(int row)
    {
        if (IsEmpty(row))
            return;
        _values[row] = default!;
        _present[row] = false;
    }

    public override void Write(int row, ByteWriter writer) => codec.Write(writer, in _values[row]);

    public override void Read(int row, ByteReader reader) => Set(row, codec.Read(reader));

    public override object? Describe(int row) => IsEmpty(row) ? null : _values[row];

    private void Set(int row, T value)
    {
        if (row >= _values.Length)
        {
            int size = Math.Max(_values.Length * 2, row + 1);
            Array.Resize(ref _values, size);
            Array.Resize(ref _present, size);
        }

        _values[row] = value;
        _present[row] = true;
    }
}

internal sealed class ListColumn<T>(ListSlot<T> slot, Codec<T> codec, CurrentRow current)
    : StateColumn(slot), IListState<T>
{
    private List<T>?[] _lists = new List<T>?[8];

    public override string Schema => $"list {codec.Schema}";

    public IReadOnlyList<T> Items => IsEmpty(current.Row) ? [] : _lists[current.Row]!;

    public void Add(T item) => ListOf(current.Row).Add(item);

    public void AddRange(IEnumerable<T> items) => ListOf(current.Row).AddRange(items);

    public void Replace(IEnumerable<T> items)
    {
        List<T> replacement = [.. items];
        List<T> list = ListOf(current.Row);
        list.Clear();
        list.AddRange(replacement);
    }

    public void Clear() => Clear(current.Row);

    public override bool IsEmpty(int row) => row >= _lists.Length || _lists[row] is null or { Count: 0 };

    public override void Clear(int row)
    {
        if (row < _lists.Length)
            _lists[row] = null;
    }

    public override void Write(int row, ByteWriter writer)
    {
        List<T> list = _lists[row]!;
        writer.WriteVarint((ulong)list.Count);
        foreach (T item in list)
            codec.Write(writer, item);
    }

    public override void Read(int row, ByteReader reader)
    {
        int count = reader.ReadCount(0);
        List<T> list = ListOf(row);
        for (int i = 0; i < count; i++)
            list.Add(codec.Read(reader));
    }

    public override object? Describe(int row) => IsEmpty(row) ? null : _lists[row]!.ToArray();

    private List<T> ListOf(int row)
    {
        if (row >= _lists.Length)
            Array.Resize(ref _lists, Math.Max(_lists.Length * 2, row + 1));
        return _lists[row] ??= [];
    }
}

internal sealed class MapColumn<TKey, TValue>(
    MapSlot<TKey, TValue> slot, (Codec<TKey> Key, Codec<TValue> Value) codecs, CurrentRow current)
    : StateColumn(slot), IMapState<TKey, TValue>
    where TKey : notnull
{
    // Insertion order survives a restore; the order inside a hash map would not, and replays would differ.
    private OrderedDictionary<TKey, TValue>?[] _maps = new OrderedDictionary<TKey, TValue>?[8];

    public override string Schema => $"map {codecs.Key.Schema} to {codecs.Value.Schema}";

    public int Count => IsEmpty(current.Row) ? 0 : _maps[current.Row]!.Count;

    public IReadOnlyCollection<KeyValuePair<TKey, TValue>> Entries => IsEmpty(current.Row) ? [] : _maps[current.Row]!;

    public TValue this[TKey key]
    {
        get => TryGet(key, out TValue? value)
            ? value
            : throw new KeyNotFoundException($"The map state '{Slot.Name}' has no entry '{key}'.");
        set => MapOf(current.Row)[key] = value;
    }

    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        value = default;
        return !IsEmpty(current.Row) && _maps[current.Row]!.TryGetValue(key, out value);
    }

    public bool Contains(TKey key) => TryGet(key, out _);

    public bool Remove(TKey key) => !IsEmpty(current.Row) && _maps[current.Row]!.Remove(key);

    public void Clear() => Clear(current.Row);

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

    public override void Read(int row, ByteReader reader)
    {
        int count = reader.ReadCount(0);
        OrderedDictionary<TKey, TValue> map = MapOf(row);
        for (int i = 0; i < count; i++)
        {
            if (codecs.Key.Read(reader) is not { } key || !map.TryAdd(key, codecs.Value.Read(reader)))
                throw new CorruptDataException($"the map state '{Slot.Name}' holds the same key twice, or null");
        }
    }

    public override object? Describe(int row) => IsEmpty(row) ? null : _maps[row]!.ToArray();

    private OrderedDictionary<TKey, TValue> MapOf(int row)
    {
        if (row >= _maps.Length)
            Array.Resize(ref _maps, Math.Max(_maps.Length * 2, row + 1));
        return _maps[row] ??= [];
    }
}
