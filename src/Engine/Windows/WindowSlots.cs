namespace Weir.Engine.Windows;

using Weir.Engine.Codecs;
using Weir.Engine.Operators;
using Weir.Engine.State;

/// <summary>
/// The state of a function over windows: each slot is a column per pane and another per key. Sessions have none per
/// pane, because two panes that merge would need their state to.
/// </summary>
internal sealed class WindowSlots
{
    private readonly string _operator;
    private readonly bool _merges;
    private readonly CurrentRow _pane = new();
    private readonly CurrentRow _row = new();
    private readonly StateColumn[] _ofWindows;
    private readonly StateColumn[] _ofKeys;

    public WindowSlots(string operatorName, IReadOnlyList<StateSlot> slots, CodecRegistry codecs, bool merges)
    {
        _operator = operatorName;
        _merges = merges;
        _ofKeys = [.. slots.Select(slot => slot.CreateColumn(codecs, _row))];
        _ofWindows = merges ? [] : [.. slots.Select(slot => slot.CreateColumn(codecs, _pane))];
    }

    /// <summary>What the bytes mean, in words; empty without slots.</summary>
    public string Schema => _ofKeys.Length == 0
        ? ""
        : $", state {Names(_ofKeys)} {(_merges ? "per key" : "per window and key")}";

    public void Begin(int row, int pane)
    {
        _row.Row = row;
        _pane.Row = pane;
    }

    public StateColumn OfKey(StateSlot slot) => Find(_ofKeys, slot);

    public StateColumn OfWindow(StateSlot slot) => _merges
        ? throw new InvalidOperationException(
            $"The state '{slot.Name}' of '{_operator}' can not belong to a window, because sessions merge and their "
            + "state can not: use KeyState, or windows that do not merge.")
        : Find(_ofWindows, slot);

    public bool IsKeyEmpty(int row) => AreEmpty(_ofKeys, row);

    public bool IsWindowEmpty(int pane) => AreEmpty(_ofWindows, pane);

    public void ClearWindow(int pane)
    {
        foreach (StateColumn column in _ofWindows)
            column.Clear(pane);
    }

    public void WriteKey(int row, ByteWriter writer) => Write(_ofKeys, row, writer);

    public void ReadKey(int row, ByteReader reader) => Read(_ofKeys, row, reader);

    public void WriteWindow(int pane, ByteWriter writer) => Write(_ofWindows, pane, writer);

    public void ReadWindow(int pane, ByteReader reader) => Read(_ofWindows, pane, reader);

    public IReadOnlyList<HeldState> DescribeKey(int row) => Describe(_ofKeys, row);

    public IReadOnlyList<HeldState> DescribeWindow(int pane) => Describe(_ofWindows, pane);

    private static string Names(StateColumn[] columns) =>
        $"[{string.Join(", ", columns.Select(column => $"{column.Slot.Name}: {column.Schema}"))}]";

    // Asked for every event and pane: a loop needs no closure.
    private static bool AreEmpty(StateColumn[] columns, int row)
    {
        foreach (StateColumn column in columns)
        {
            if (!column.IsEmpty(row))
                return false;
        }

        return true;
    }

    private static void Write(StateColumn[] columns, int row, ByteWriter writer)
    {
        foreach (StateColumn column in columns)
        {
            writer.WriteBool(!column.IsEmpty(row));
            if (!column.IsEmpty(row))
                column.Write(row, writer);
        }
    }

    private static void Read(StateColumn[] columns, int row, ByteReader reader)
    {
        foreach (StateColumn column in columns)
        {
            if (reader.ReadBool())
                column.Read(row, reader);
        }
    }

    private static IReadOnlyList<HeldState> Describe(StateColumn[] columns, int row) => AreEmpty(columns, row)
        ? []
        :
        [
            .. columns
                .Where(column => !column.IsEmpty(row))
                .Select(column => new HeldState(column.Slot.Name, column.Describe(row))),
        ];

    private StateColumn Find(StateColumn[] columns, StateSlot slot)
    {
        foreach (StateColumn column in columns)
        {
            if (ReferenceEquals(column.Slot, slot))
                return column;
        }

        throw new InvalidOperationException(
            $"The state '{slot.Name}' is not among the slots of '{_operator}': make it a static field of the "
            + "function, or name it in Slots.");
    }
}
