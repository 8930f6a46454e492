namespace Weir.Engine.State;

/// <summary>The reduced values of all keys of a group: each addition is folded in at once.</summary>
internal sealed class ReducingColumn<T>(ReducingSlot<T> slot, ElementCodec<T> codec, CurrentRow current)
    : CellColumn<T>(slot, codec, current), IReducingState<T>
{
    private readonly Func<T, T, T> _reduce = slot.Reduce;

    public override string Kind => "reducing";

    public T? Value => TryRead(Row, out T value) ? value : default;

    public void Add(T value)
    {
        int row = Row;
        Put(row, TryGoOn(row, out T known) ? _reduce(known, value) : value);
    }
}
