namespace Weir.Engine.State;

/// <summary>The values of all keys of a group.</summary>
internal sealed class ValueColumn<T>(StateSlot slot, ElementCodec<T> codec, CurrentRow current)
    : CellColumn<T>(slot, codec, current), IValueState<T>
{
    public override string Kind => "value";

    public T? Value
    {
        get => TryRead(Row, out T value) ? value : default;
        set => Put(Row, value);
    }
}
