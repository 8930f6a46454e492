namespace Weir.Engine.Keys;

using Weir.Engine.Codecs;
using Weir.Engine.Operators;

/// <summary>One key's events of the slice at hand.</summary>
internal sealed class KeyShare(int row)
{
    private Slice? _events;

    public int Row => row;

    /// <summary>The edge that the events came over, or -1 if there are none.</summary>
    public int Edge => _events?.Target.Edge ?? -1;

    public int Channel => _events?.Target.Channel ?? 0;

    /// <summary>The number of each event among the steps of the slice.</summary>
    public List<int> Steps { get; } = [];

    public void Add<T>(Slice<T> from, int index, int step)
    {
        _events ??= from.NewLike();
        ((Slice<T>)_events).Add(in from.Values[index], from.Times[index], from.OffsetAt(index));
        Steps.Add(step);
    }

    public int CountBefore(int step)
    {
        int at = Steps.BinarySearch(step);
        return at < 0 ? ~at : at;
    }

    public ReadOnlyMemory<byte> Encode()
    {
        if (_events is null)
            return default;
        var writer = new ByteWriter();
        _events.Encode(writer);
        _events.Release();
        return writer.WrittenMemory;
    }
}

/// <summary>Finds a key's share of the slice at hand, for the edge that splits it.</summary>
internal interface IKeyShares<in TKey>
{
    KeyShare ShareOf(TKey key);
}
