namespace Weir.Engine.State;

using Weir.Engine.Codecs;

/// <summary>The lists of all keys of a group, without a time to live.</summary>
internal sealed class ListColumn<T>(StateSlot slot, ElementCodec<T> codec, CurrentRow current)
    : StateColumn(slot, current), IListState<T>
{
    private List<T>?[] _lists = new List<T>?[8];

    public override string Kind => "list";

    public override IElementCodec Elements => codec;

    public IReadOnlyList<T> Items => IsEmpty(Row) ? [] : _lists[Row]!;

    public void Add(T item) => ListOf(Row).Add(item);

    public void AddRange(IEnumerable<T> items) => ListOf(Row).AddRange(items);

    public void Replace(IEnumerable<T> items)
    {
        List<T> replacement = [.. items];
        List<T> list = ListOf(Row);
        list.Clear();
        list.AddRange(replacement);
    }

    public void Clear() => Clear(Row);

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
            codec.Write(writer, in item);
    }

    public override void Read(int row, ByteReader reader, bool timed)
    {
        int count = reader.ReadCount(0);
        List<T> list = ListOf(row);
        for (int i = 0; i < count; i++)
        {
            ReadTime(reader, timed);
            list.Add(codec.Read(reader));
        }
    }

    public override object? Describe(int row) => IsEmpty(row) ? null : _lists[row]!.ToArray();

    protected override void Expire(int row, int node)
    {
    }

    private List<T> ListOf(int row)
    {
        if (row >= _lists.Length)
            Array.Resize(ref _lists, Math.Max(_lists.Length * 2, row + 1));
        return _lists[row] ??= [];
    }
}
