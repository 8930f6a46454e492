namespace Weir.Engine.Operators;

using System.Runtime.InteropServices;
using Weir.Engine.State;
using Weir.Engine.Time;
using Weir.Engine.Windows;

/// <content>
/// Events that were added up before they came, see <see cref="CombiningRouter{TKey, T, TAccumulator}"/>. They come only
/// where an event does nothing but add to open windows: there is no lateness allowed, and nobody looks at those that are
/// late.
/// </content>
internal sealed partial class WindowOperator<TKey, TIn, TOut> : IPartialPanes<TKey>
{
    private readonly List<int> _partialPanes = [];

    protected override void ApplyPartials(Slice slice, int from, int to)
    {
        while (from < to && _tables is not null)
            from = AddToTable(slice, from, to);
        if (from < to)
            _contents.AddPartials(slice, from, to, this);
    }

    void IPartialPanes<TKey>.LookAhead(ReadOnlySpan<uint> hashes) => LookAhead(hashes);

    ReadOnlySpan<int> IPartialPanes<TKey>.PanesOf(TKey key, uint hash, EventTime time, int events)
    {
        if (_tables is not null)
            return PaneInTable(key, hash, events);
        int row = RowOf(key, hash);
        _partialPanes.Clear();
        if (_tumbling is not null)
        {
            AddIfOpen(TumblingPane(row, time));
        }
        else
        {
            _assigned.Clear();
            _assigner.Assign(time, _assigned);
            foreach (TimeRange window in _assigned)
                AddIfOpen(FixedPane(row, window));
        }

        if (_partialPanes.Count == 0)
        {
            LateEvents += events;
            RemoveRowIfEmpty(row);
        }

        return CollectionsMarshal.AsSpan(_partialPanes);
    }

    private void AddIfOpen(int pane)
    {
        if (pane >= 0)
            _partialPanes.Add(pane);
    }

    OperatorFailedException IPartialPanes<TKey>.Failed(
        TKey key, EventTime time, (int Channel, long Offset) origin, Exception fault) => Failed(key, time, origin, fault);
}
