namespace Weir.Engine.State;

using Weir.Engine.Codecs;
using Weir.Engine.Time;

/// <summary>
/// The lists of all keys of a group, whose items expire one by one. An item is never changed and a read renews all of
/// them, so what has expired is a first part of its list.
/// </summary>
internal sealed class ExpiringListColumn<T>(StateSlot slot, ElementCodec<T> codec, CurrentRow current)
    : StateColumn(slot, current), IListState<T>
{
    private ExpiringItems<T>?[] _lists = new ExpiringItems<T>?[8];

    public override string Kind => "list";

    public override IElementCodec Elements => codec;

    public IReadOnlyList<T> Items => IsEmpty(Row) ? [] : ReadItems(Row);

    private ExpiryQueue Queue => Expiry!;

    public void Add(T item) => Add(Row, item, Clock);

    public void AddRange(IEnumerable<T> items)
    {
        foreach (T item in items.ToArray())
            Add(item);
    }

    public void Replace(IEnumerable<T> items)
    {
        T[] replacement = [.. items];
        Clear();
        foreach (T item in replacement)
            Add(item);
    }

    public void Clear() => Clear(Row);

    public override bool IsEmpty(int row) => row >= _lists.Length || _lists[row] is null;

    public override void Clear(int row)
    {
        if (!IsEmpty(row))
            RemoveFirst(row, _lists[row]!.Count);
    }

    public override void Write(int row, ByteWriter writer)
    {
        ExpiringItems<T> list = _lists[row]!;
        writer.WriteVarint((ulong)list.Count);
        for (int i = 0; i < list.Count; i++)
        {
            WriteTime(list.Node(i), writer);
            codec.Write(writer, list[i]);
        }
    }

    public override void Read(int row, ByteReader reader, bool timed)
    {
        int count = reader.ReadCount(0);
        EventTime last = EventTime.MinValue;
        for (int i = 0; i < count; i++)
        {
            EventTime updated = ReadTime(reader, timed);
            if (updated < last)
                throw new CorruptDataException($"the items of the list state '{Slot.Name}' are in no order of time");
            last = updated;
            Add(row, codec.Read(reader), updated);
        }
    }

    public override object? Describe(int row)
    {
        T[] items = IsEmpty(row) ? [] : [.. _lists[row]!.Skip(CountExpired(_lists[row]!))];
        return items.Length == 0 ? null : items;
    }

    protected override void Expire(int row, int node) => RemoveFirst(row, 1);

    private IReadOnlyList<T> ReadItems(int row)
    {
        ExpiringItems<T> list = _lists[row]!;
        int expired = CountExpired(list);
        IReadOnlyList<T> seen = expired > 0 && Queue.Lifetime.ShowsExpired ? list.ToArray() : list;
        RemoveFirst(row, expired);
        for (int i = 0; i < list.Count; i++)
            Queue.Read(list.Node(i), Clock);
        return seen;
    }

    private int CountExpired(ExpiringItems<T> list)
    {
        int expired = 0;
        while (expired < list.Count && Queue.IsExpired(list.Node(expired), Clock))
            expired++;
        return expired;
    }

    private void RemoveFirst(int row, int count)
    {
        ExpiringItems<T> list = _lists[row]!;
        for (int i = 0; i < count; i++)
        {
            Queue.Remove(list.Node(0));
            list.RemoveFirst();
        }

        if (list.Count == 0)
            _lists[row] = null;
    }

    private void Add(int row, T item, EventTime updated)
    {
        if (row >= _lists.Length)
            Array.Resize(ref _lists, Math.Max(_lists.Length * 2, row + 1));
        ExpiringItems<T> list = _lists[row] ??= new ExpiringItems<T>();
        list.Add(item, Queue.Add(row, 0, updated));
    }
}
