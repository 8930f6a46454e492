namespace Weir.Engine.Operators;

using Weir.Engine.State;
using Weir.Engine.Time;
using Weir.Engine.Windows;

/// <content>
/// Events that were added up before they came to a tumbling window, see <see cref="CombiningRouter{TKey, T, TAccumulator}"/>.
/// They come only where an event does nothing but add to an open window: there is no lateness allowed, and nobody looks
/// at those that are late.
/// </content>
internal sealed partial class WindowOperator<TKey, TIn, TOut> : IPartialPanes<TKey>
{
    protected override void ApplyPartials(Slice slice, int from, int to) => _contents.AddPartials(slice, from, to, this);

    void IPartialPanes<TKey>.LookAhead(ReadOnlySpan<uint> hashes)
    {
        if (Keys.Count >= ReadAhead.FewestKeys)
            LookAhead(hashes);
    }

    int IPartialPanes<TKey>.PaneOf(TKey key, uint hash, EventTime time, int events)
    {
        int row = RowOf(key, hash);
        int pane = TumblingPane(row, time);
        if (pane >= 0)
            return pane;
        LateEvents += events;
        RemoveRowIfEmpty(row);
        return -1;
    }

    OperatorFailedException IPartialPanes<TKey>.Failed(
        TKey key, EventTime time, (int Channel, long Offset) origin, Exception fault) => Failed(key, time, origin, fault);
}
