namespace Weir.Engine.Operators;

using Weir.Engine.Time;
using Weir.Engine.Windows;

/// <content>
/// Tumbling windows with the default trigger, the commonest of all: an event has one window, mostly that of the event
/// before it, so neither a list of windows nor the trigger is needed. Invariant: it does what
/// <see cref="OnEvent"/> does for any windows; sliding ones as long as their slide go that way and must give the same.
/// </content>
internal sealed partial class WindowOperator<TKey, TIn, TOut>
{
    private readonly TumblingWindows? _tumbling;

    // Of the event before, with its last instant; at first one that holds nothing.
    private TimeRange _window;
    private EventTime _windowLast;

    private void OnTumblingEvent(int row, in TIn value, EventTime time)
    {
        int pane = TumblingPane(row, time);
        if (pane < 0)
        {
            TellLate(in value, time);
            RemoveRowIfEmpty(row);
            return;
        }

        _contents.Add(pane, in value, time);
        if (_windowLast > Watermark)
            return;
        _pane = pane;
        Act(TriggerResult.Fire);
    }

    private int TumblingPane(int row, EventTime time)
    {
        if (time < _window.Start || time >= _window.End)
        {
            _window = _tumbling!.WindowOf(time);
            _windowLast = _window.MaxTimestamp;
        }

        return FixedPane(row, _window);
    }
}
