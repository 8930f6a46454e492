namespace Weir.Engine.State;

using Weir.Engine.Codecs;
using Weir.Engine.Operators;
using Weir.Engine.Time;

/// <summary>
/// All keyed state of an operator: a column per slot, their form in a segment, and what the clock makes expire.
/// Invariant: a segment names each state and frames what a row holds of it, so that every state is matched by name and
/// one that is given up can be left out.
/// </summary>
/// <remarks>
/// In a segment the header says for each state its name, kind, schema, version and whether it has times; a row says for
/// each of them, in that order, whether it holds something, and if so a frame with its bytes.
/// </remarks>
internal sealed class StateTable
{
    private readonly string _operatorName;
    private readonly StateColumn[] _columns;
    private readonly StateColumn[] _cleaned;
    private readonly HashSet<string> _dropped;
    private readonly List<(StateColumn Column, int Row, int At)> _touched = [];
    private (StateColumn? Column, bool IsTimed)[] _stored = [];
    private ByteWriter? _undo;

    public StateTable(string operatorName, IReadOnlyList<StateSlot> slots, CodecRegistry codecs)
    {
        _operatorName = operatorName;
        _columns = [.. slots.Select(slot => slot.CreateColumn(codecs, Current)).OfType<StateColumn>()];
        _cleaned = [.. _columns.Where(column => column.Expiry?.Lifetime.Options.Cleanup == true)];
        _dropped = [.. slots.OfType<DroppedSlot>().Select(slot => slot.Name)];
    }

    /// <summary>The row and the time that the state is used for.</summary>
    public CurrentRow Current { get; } = new();

    /// <summary>When the ingestion clock next removes something that has expired, or the maximum.</summary>
    public EventTime NextExpiry
    {
        get
        {
            EventTime next = EventTime.MaxValue;
            foreach (StateColumn column in _cleaned)
                next = EventTime.Min(next, column.Expiry!.Next);
            return next;
        }
    }

    /// <summary>Whether the ingestion clock must go on to remove what will expire.</summary>
    public bool WaitsForClock => NextExpiry != EventTime.MaxValue;

    public StateColumn Of(StateSlot slot)
    {
        foreach (StateColumn column in _columns)
        {
            if (!ReferenceEquals(column.Slot, slot))
                continue;
            if (_undo is not null)
                Save(column, Current.Row);
            return column;
        }

        throw Unknown(_operatorName, slot);
    }

    public static InvalidOperationException Unknown(string operatorName, StateSlot slot) => new(
        $"The state '{slot.Name}' is not among the slots of '{operatorName}': make it a static field of the function, "
        + "or name it in Slots.");

    /// <summary>Reads ahead what rows hold, see <see cref="ReadAhead"/>.</summary>
    public int Foresee(ReadOnlySpan<int> rows)
    {
        int read = 0;
        foreach (StateColumn column in _columns)
            read ^= column.Foresee(rows);
        return read;
    }

    public bool IsEmpty(int row)
    {
        foreach (StateColumn column in _columns)
        {
            if (!column.IsEmpty(row))
                return false;
        }

        return true;
    }

    public void Clear(int row)
    {
        foreach (StateColumn column in _columns)
        {
            if (_undo is not null)
                Save(column, row);
            column.Clear(row);
        }
    }

    /// <summary>From here on it saves what a row holds before it is used, to undo what a failed call did.</summary>
    public void Begin(ByteWriter undo)
    {
        _undo = undo;
        _touched.Clear();
    }

    /// <summary>Brings back what was saved since <see cref="Begin"/>.</summary>
    public void Undo(ByteReader reader)
    {
        foreach ((StateColumn column, int row, int at) in _touched)
        {
            column.Clear(row);
            reader.Reset(_undo!.WrittenMemory[at..]);
            if (reader.ReadBool())
                column.Read(row, reader, column.Expiry is not null);
            column.Expiry?.Sort();
        }

        _touched.Clear();
    }

    public IEnumerable<HeldState> Describe(int row) =>
        from column in _columns
        let held = column.Describe(row)
        where held is not null
        select new HeldState(column.Slot.Name, held);

    /// <summary>Whether <see cref="AdvanceClock"/> to this time, and what expires then, changes rows.</summary>
    public bool ChangesBy(EventTime clock) => !Current.Clock.HasValue || NextExpiry <= clock;

    /// <summary>
    /// The clock goes on; <see cref="TryExpire"/> is to be asked until it has nothing more. True if the clock begins, so
    /// that what was there before counts from now: that changes rows that nobody has touched.
    /// </summary>
    public bool AdvanceClock(EventTime clock)
    {
        bool begins = !Current.Clock.HasValue;
        bool changed = false;
        foreach (StateColumn column in _columns)
        {
            if (!begins || column.Expiry is not { First: >= 0 } expiry)
                continue;
            expiry.Begin(clock);
            changed = true;
        }

        Current.Clock = clock;
        return changed;
    }

    /// <summary>
    /// Removes one element that has expired, where it is cleaned up, and says which row it was of; false if there is
    /// none. All of them go before anything else happens at the new time, so that it can not be seen at which steps the
    /// clock advanced: a job that reads its input in larger pieces has the same state.
    /// </summary>
    public bool TryExpire(out int row)
    {
        foreach (StateColumn column in _cleaned)
        {
            if (column.TryExpire(out row))
                return true;
        }

        row = -1;
        return false;
    }

    public void WriteHeader(ByteWriter writer)
    {
        writer.WriteVarint((ulong)_columns.Length);
        foreach (StoredState stored in _columns.Select(column => column.Stored))
        {
            writer.WriteString(stored.Name);
            writer.WriteString(stored.Kind);
            writer.WriteString(stored.Schema);
            writer.WriteVarint((ulong)stored.Version);
            writer.WriteBool(stored.IsTimed);
        }
    }

    /// <summary>Writes how long state lives: what was stored when it lived longer may have to go at once.</summary>
    public void WriteLifetimes(ByteWriter writer)
    {
        writer.WriteVarint((ulong)_columns.Length);
        foreach (StateColumn column in _columns)
        {
            writer.WriteSigned(column.Expiry?.Lifetime.Milliseconds ?? -1);
            writer.WriteBool(column.Expiry?.Lifetime.Options.Cleanup == true);
        }
    }

    /// <summary>Passes over what <see cref="WriteLifetimes"/> wrote: only that it differs matters.</summary>
    public static void ReadLifetimes(ByteReader reader)
    {
        for (int left = reader.ReadCount(2); left > 0; left--)
        {
            reader.ReadSigned();
            reader.ReadBool();
        }
    }

    /// <summary>Begins to read a segment.</summary>
    /// <exception cref="StateSchemaException">A stored state does not fit.</exception>
    public void ReadHeader(ByteReader reader, EventTime clock)
    {
        Current.Clock = clock;
        _stored = new (StateColumn? Column, bool IsTimed)[reader.ReadCount()];
        for (int i = 0; i < _stored.Length; i++)
        {
            StoredState stored = ReadStored(reader);
            StateColumn? column = Array.Find(_columns, each => each.Slot.Name == stored.Name);
            if (column is null && !_dropped.Contains(stored.Name))
                throw StateSchemaException.Missing(_operatorName, stored);
            if (column is not null && !CanRead(column, stored))
                throw StateSchemaException.Changed(_operatorName, stored, column.Stored);
            _stored[i] = (column, stored.IsTimed);
        }
    }

    public void WriteRow(int row, ByteWriter writer)
    {
        foreach (StateColumn column in _columns)
        {
            bool isEmpty = column.IsEmpty(row);
            writer.WriteBool(!isEmpty);
            if (isEmpty)
                continue;
            int start = writer.BeginFrame();
            column.Write(row, writer);
            writer.EndFrame(start);
        }
    }

    public void ReadRow(int row, ByteReader reader)
    {
        foreach ((StateColumn? column, bool isTimed) in _stored)
        {
            if (!reader.ReadBool())
                continue;
            int outer = reader.EnterFrame();
            column?.Read(row, reader, isTimed);
            if (column is not null && reader.Remaining > 0)
                throw new CorruptDataException(
                    $"{reader.Remaining} bytes of the state '{column.Slot.Name}' were not understood");
            reader.LeaveFrame(outer);
        }
    }

    /// <summary>All rows have been read.</summary>
    public void EndRead()
    {
        foreach (StateColumn column in _columns)
            column.Expiry?.Sort();
    }

    private void Save(StateColumn column, int row)
    {
        foreach ((StateColumn known, int of, _) in _touched)
        {
            if (ReferenceEquals(known, column) && of == row)
                return;
        }

        _touched.Add((column, row, _undo!.Length));
        _undo.WriteBool(!column.IsEmpty(row));
        if (!column.IsEmpty(row))
            column.Write(row, _undo);
    }

    private static bool CanRead(StateColumn column, StoredState stored) =>
        column.Kind == stored.Kind && column.Elements.TryReadAs(stored.Schema, stored.Version);

    private static StoredState ReadStored(ByteReader reader) => new(
        reader.ReadString() ?? "",
        reader.ReadString() ?? "",
        reader.ReadString() ?? "",
        (int)Math.Min(reader.ReadVarint(), int.MaxValue),
        reader.ReadBool());
}
