namespace Weir.Engine.Windows;

using Weir.Engine.Codecs;
using Weir.Engine.Operators;
using Weir.Engine.State;
using Weir.Engine.Time;

/// <summary>
/// The state of a function over windows: a table per key and another per pane, with the same slots. Sessions have none
/// per pane, because two panes that merge would need their state to.
/// </summary>
internal sealed class WindowSlots
{
    private readonly string _operator;
    private readonly StateTable _ofKeys;
    private readonly StateTable? _ofWindows;

    public WindowSlots(string operatorName, IReadOnlyList<StateSlot> slots, CodecRegistry codecs, bool merges)
    {
        _operator = operatorName;
        _ofKeys = new StateTable(operatorName, slots, codecs);
        _ofWindows = merges ? null : new StateTable(operatorName, slots, codecs);
    }

    /// <summary>When the ingestion clock next removes something that has expired, or the maximum.</summary>
    public EventTime NextExpiry => EventTime.Min(_ofKeys.NextExpiry, _ofWindows?.NextExpiry ?? EventTime.MaxValue);

    public void Begin(int row, int pane)
    {
        _ofKeys.Current.Row = row;
        if (_ofWindows is not null)
            _ofWindows.Current.Row = pane;
    }

    public StateColumn OfKey(StateSlot slot) => _ofKeys.Of(slot);

    public StateColumn OfWindow(StateSlot slot) => _ofWindows is { } windows
        ? windows.Of(slot)
        : throw new InvalidOperationException(
            $"The state '{slot.Name}' of '{_operator}' can not belong to a window, because sessions merge and their "
            + "state can not: use KeyState, or windows that do not merge.");

    public bool IsKeyEmpty(int row) => _ofKeys.IsEmpty(row);

    public bool IsWindowEmpty(int pane) => _ofWindows?.IsEmpty(pane) != false;

    public void ClearWindow(int pane) => _ofWindows?.Clear(pane);

    /// <summary>From here on it saves what it holds before it is used; see <see cref="Undo"/>.</summary>
    public void BeginUndo(ByteWriter undo)
    {
        _ofKeys.Begin(undo);
        _ofWindows?.Begin(undo);
    }

    /// <summary>Brings back what a failed call has changed.</summary>
    public void Undo(ByteReader reader)
    {
        _ofKeys.Undo(reader);
        _ofWindows?.Undo(reader);
    }

    /// <summary>Whether <see cref="AdvanceClock"/> to this time, and what expires then, changes anything.</summary>
    public bool ChangesBy(EventTime clock) => _ofKeys.ChangesBy(clock) || _ofWindows?.ChangesBy(clock) == true;

    /// <summary>
    /// The clock goes on; what expires by it is to be taken out. True if that changed what is held of any row.
    /// </summary>
    public bool AdvanceClock(EventTime clock)
    {
        bool changed = _ofKeys.AdvanceClock(clock);
        return (_ofWindows?.AdvanceClock(clock) ?? false) || changed;
    }

    public bool TryExpireOfKey(out int row) => _ofKeys.TryExpire(out row);

    public bool TryExpireOfWindow(out int pane)
    {
        pane = -1;
        return _ofWindows?.TryExpire(out pane) == true;
    }

    public void WriteHeader(ByteWriter writer)
    {
        _ofKeys.WriteHeader(writer);
        _ofWindows?.WriteHeader(writer);
        _ofKeys.WriteLifetimes(writer);
    }

    public void ReadHeader(ByteReader reader, EventTime clock)
    {
        _ofKeys.ReadHeader(reader, clock);
        _ofWindows?.ReadHeader(reader, clock);
        StateTable.ReadLifetimes(reader);
    }

    public void EndRead()
    {
        _ofKeys.EndRead();
        _ofWindows?.EndRead();
    }

    public void WriteKey(int row, ByteWriter writer) => _ofKeys.WriteRow(row, writer);

    public void ReadKey(int row, ByteReader reader) => _ofKeys.ReadRow(row, reader);

    public void WriteWindow(int pane, ByteWriter writer) => _ofWindows?.WriteRow(pane, writer);

    public void ReadWindow(int pane, ByteReader reader) => _ofWindows?.ReadRow(pane, reader);

    public HeldState[] DescribeKey(int row) => [.. _ofKeys.Describe(row)];

    public HeldState[] DescribeWindow(int pane) => _ofWindows is { } windows ? [.. windows.Describe(pane)] : [];
}
