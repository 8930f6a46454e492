namespace Weir.Engine.Operators;

using Weir.Engine.Graph;
using Weir.Engine.State;
using Weir.Engine.Streams;

/// <summary>Broadcast events and their state, which belongs to the group and not to a key.</summary>
internal partial class ProcessOperator<TKey, TIn, TOut> : IBroadcastContext<TKey, TOut>
{
    private const int NoRow = -1;
    private const int SharedRow = 0;

    int IBroadcastContext<TKey, TOut>.Group => _group;

    public override void ApplyAside(Edge edge, Slice slice, int from, int to)
    {
        if (!_node.Broadcasts.TryGetValue(edge, out BroadcastHandler<TKey, TOut>? handler))
        {
            base.ApplyAside(edge, slice, from, to);
            return;
        }

        IsSharedTouched = true;
        for (int i = from; i < to; i++)
        {
            Begin(NoRow, handler.TimeOf(slice, i));
            try
            {
                handler.Handle(slice, i, this);
            }
            catch (Exception fault) when (fault is not OperatorFailedException)
            {
                throw new OperatorFailedException(
                    new FailedCall(_node.Name, null, Time, _plan.OriginOf(slice.Target, handler.OffsetOf(slice, i))), fault);
            }
        }
    }

    public IReadOnlyMapState<TMapKey, TValue> State<TMapKey, TValue>(BroadcastSlot<TMapKey, TValue> slot)
        where TMapKey : notnull => MapOf(slot);

    IMapState<TMapKey, TValue> IBroadcastContext<TKey, TOut>.State<TMapKey, TValue>(
        BroadcastSlot<TMapKey, TValue> slot) => MapOf(slot).Writable;

    void IBroadcastContext<TKey, TOut>.ForEachKey(Action<IKeyContext<TKey, TOut>> visit)
    {
        ArgumentNullException.ThrowIfNull(visit);
        foreach (int row in Keys.InOrder())
        {
            Keys.Touch(row);
            Begin(row, Time);
            try
            {
                visit(this);
            }
            catch (Exception fault) when (fault is not OperatorFailedException)
            {
                throw new OperatorFailedException(
                    new FailedCall(_node.Name, _plan.KeyText(Key), Time, null), fault);
            }

            RemoveRowIfEmpty(row);
        }

        Begin(NoRow, Time);
    }

    void IBroadcastContext<TKey, TOut>.Emit(TOut result) => Output.OnEvent(in result, Time);

    private BroadcastMap<TMapKey, TValue> MapOf<TMapKey, TValue>(BroadcastSlot<TMapKey, TValue> slot)
        where TMapKey : notnull
    {
        foreach (BroadcastMap map in _broadcast)
        {
            if (ReferenceEquals(map.Slot, slot))
                return (BroadcastMap<TMapKey, TValue>)map;
        }

        throw StateTable.Unknown(_node.Name, slot);
    }
}
