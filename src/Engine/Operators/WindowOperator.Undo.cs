namespace Weir.Engine.Operators;

using Weir.Engine.Codecs;
using Weir.Engine.Time;
using Weir.Engine.Timers;
using Weir.Engine.Windows;

/// <content>How the panes of a key are brought back after a call that failed.</content>
internal sealed partial class WindowOperator<TKey, TIn, TOut>
{
    private readonly List<PaneTable.SavedPane> _saved = [];
    private readonly List<object?> _kept = [];

    protected override int RowOfTimer(int owner, int tag) =>
        tag == _panes.Generation(owner) ? _panes.KeyRow(owner) : -1;

    protected override void SaveRow(int row)
    {
        _panes.Save(row, _saved);
        _kept.Clear();
        foreach (PaneTable.SavedPane each in _saved)
        {
            _kept.Add(_contents.Keep(each.Number, Undo!));
            _cells.Write(each.Number, Undo!);
        }

        _state.BeginUndo(Undo!);
    }

    protected override void UndoRow(int row, ByteReader reader)
    {
        for (int pane = _panes.First(row); pane >= 0; pane = _panes.Next(pane))
            ClearPane(pane);
        _panes.Restore(row, _saved);
        for (int i = 0; i < _saved.Count; i++)
        {
            _contents.Restore(_saved[i].Number, _kept[i], reader);
            _cells.Read(_saved[i].Number, reader);
        }

        _state.Undo(reader);
    }

    protected override void OnTimerUndone(bool wasAdded, int owner, StoredTimer timer, TimeDomain domain)
    {
        // Nothing but the queues knows of a window's timers.
    }

    protected override void KeepTimer(DueTimer timer, TimeDomain domain)
    {
        // As above.
    }

    // A window whose last timer is given up would stay open for ever.
    protected override void DropTimer(DueTimer timer, TimeDomain domain)
    {
        if (!IsCleanup(timer, domain))
            return;
        ClearPane(timer.Owner);
        _state.ClearWindow(timer.Owner);
        _panes.Close(timer.Owner);
    }

    private void ClearPane(int pane)
    {
        _contents.Clear(pane);
        _cells.Clear(pane);
    }

    private bool IsCleanup(DueTimer timer, TimeDomain domain) =>
        domain == CleanupDomain && timer.Time == CleanupTime(_panes.Window(timer.Owner));
}
