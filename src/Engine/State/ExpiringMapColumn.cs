namespace Weir.Engine.State;

using System.Diagnostics.CodeAnalysis;
using Weir.Engine.Codecs;
using Weir.Engine.Time;

/// <summary>
/// The maps of all keys of a group, whose entries expire one by one. Setting an entry that has expired makes a new one,
/// at the end of its map: whether the old one was cleaned up already can not be seen.
/// </summary>
internal sealed class ExpiringMapColumn<TKey, TValue>(
    StateSlot slot, (Codec<TKey> Key, ElementCodec<TValue> Value) codecs, CurrentRow current)
    : StateColumn(slot, current), IMapState<TKey, TValue>
    where TKey : notnull
{
    private ExpiringEntries<TKey, TValue>?[] _maps = new ExpiringEntries<TKey, TValue>?[8];

    public override string Kind => MapSlot.Kind(codecs.Key);

    public override IElementCodec Elements => codecs.Value;

    public int Count
    {
        get
        {
            int row = Row;
            if (!Queue.Lifetime.ShowsExpired)
                RemoveExpired(row);
            return IsEmpty(row) ? 0 : _maps[row]!.Count;
        }
    }

    public IReadOnlyCollection<KeyValuePair<TKey, TValue>> Entries => IsEmpty(Row) ? [] : ReadEntries(Row);

    private ExpiryQueue Queue => Expiry!;

    public TValue this[TKey key]
    {
        get => TryGet(key, out TValue? value) ? value : throw MapSlot.NoEntry(Slot, key);
        set => Set(Row, key, value);
    }

    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        int row = Row;
        value = default;
        int place = Find(row, key);
        if (place < 0)
            return false;
        ExpiringEntries<TKey, TValue> map = _maps[row]!;
        value = map.Value(place);
        if (Queue.Read(map.Node(place), Clock))
            return true;
        Remove(row, place);
        if (Queue.Lifetime.ShowsExpired)
            return true;
        value = default;
        return false;
    }

    public bool Contains(TKey key)
    {
        int row = Row;
        int place = Find(row, key);
        if (place < 0)
            return false;
        if (Queue.Read(_maps[row]!.Node(place), Clock) || Queue.Lifetime.ShowsExpired)
            return true;
        Remove(row, place);
        return false;
    }

    public bool Remove(TKey key)
    {
        int row = Row;
        int place = Find(row, key);
        if (place < 0)
            return false;
        bool seen = Queue.Lifetime.ShowsExpired || !Queue.IsExpired(_maps[row]!.Node(place), Clock);
        Remove(row, place);
        return seen;
    }

    public void Clear() => Clear(Row);

    public override bool IsEmpty(int row) => row >= _maps.Length || _maps[row] is null;

    public override void Clear(int row)
    {
        if (IsEmpty(row))
            return;
        ExpiringEntries<TKey, TValue> map = _maps[row]!;
        for (int place = map.First; place >= 0; place = map.After(place))
            Queue.Remove(map.Node(place));
        _maps[row] = null;
    }

    public override void Write(int row, ByteWriter writer)
    {
        ExpiringEntries<TKey, TValue> map = _maps[row]!;
        writer.WriteVarint((ulong)map.Count);
        for (int place = map.First; place >= 0; place = map.After(place))
        {
            WriteTime(map.Node(place), writer);
            codecs.Key.Write(writer, map.Key(place));
            codecs.Value.Write(writer, in map.Value(place));
        }
    }

    public override void Read(int row, ByteReader reader, bool timed)
    {
        int count = reader.ReadCount(0);
        for (int i = 0; i < count; i++)
        {
            EventTime updated = ReadTime(reader, timed);
            if (codecs.Key.Read(reader) is not { } key || !TryAdd(row, key, codecs.Value.Read(reader), updated))
                throw MapSlot.Twice(Slot);
        }
    }

    public override object? Describe(int row)
    {
        if (IsEmpty(row))
            return null;
        ExpiringEntries<TKey, TValue> map = _maps[row]!;
        var entries = map.Where(entry => !Queue.IsExpired(map.Node(map.Find(entry.Key)), Clock)).ToArray();
        return entries.Length == 0 ? null : entries;
    }

    protected override void Expire(int row, int node) => Remove(row, Queue.Place(node));

    private IReadOnlyCollection<KeyValuePair<TKey, TValue>> ReadEntries(int row)
    {
        ExpiringEntries<TKey, TValue> map = _maps[row]!;
        bool holds = Queue.Lifetime.ShowsExpired && Queue.HasExpired(Clock);
        IReadOnlyCollection<KeyValuePair<TKey, TValue>> seen = holds ? map.ToArray() : map;
        RemoveExpired(row);
        for (int place = map.First; place >= 0; place = map.After(place))
            Queue.Read(map.Node(place), Clock);
        return seen;
    }

    private void RemoveExpired(int row)
    {
        if (IsEmpty(row) || !Queue.HasExpired(Clock))
            return;
        ExpiringEntries<TKey, TValue> map = _maps[row]!;
        for (int place = map.First; place >= 0;)
        {
            int after = map.After(place);
            if (Queue.IsExpired(map.Node(place), Clock))
                Remove(row, place);
            place = after;
        }
    }

    private int Find(int row, TKey key) => IsEmpty(row) ? -1 : _maps[row]!.Find(key);

    private void Set(int row, TKey key, TValue value)
    {
        int place = Find(row, key);
        if (place >= 0 && Queue.IsExpired(_maps[row]!.Node(place), Clock))
        {
            Remove(row, place);
            place = -1;
        }

        if (place < 0)
        {
            TryAdd(row, key, value, Clock);
            return;
        }

        _maps[row]!.Value(place) = value;
        Queue.Touch(_maps[row]!.Node(place), Clock);
    }

    private bool TryAdd(int row, TKey key, TValue value, EventTime updated)
    {
        if (row >= _maps.Length)
            Array.Resize(ref _maps, Math.Max(_maps.Length * 2, row + 1));
        ExpiringEntries<TKey, TValue> map = _maps[row] ??= new ExpiringEntries<TKey, TValue>();
        int place = map.Add(key, value);
        if (place < 0)
            return false;
        map.Node(place) = Queue.Add(row, place, updated);
        return true;
    }

    private void Remove(int row, int place)
    {
        ExpiringEntries<TKey, TValue> map = _maps[row]!;
        Queue.Remove(map.Node(place));
        map.Remove(place);
        if (map.Count == 0)
            _maps[row] = null;
    }
}
