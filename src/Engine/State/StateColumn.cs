namespace Weir.Engine.State;

using Weir.Engine.Codecs;
using Weir.Engine.Time;

/// <summary>
/// Which row the running callback belongs to, and when it runs; shared by all columns of an operator.
/// </summary>
internal sealed class CurrentRow
{
    public int Row { get; set; } = -1;

    /// <summary>The ingestion clock of the operator.</summary>
    public EventTime Clock { get; set; } = EventTime.MinValue;
}

/// <summary>
/// One piece of state of all keys of a group, indexed by row. It also is what user code sees of it: the state of the
/// current row. Invariant: with a time to live, every element is in the queue of what expires.
/// </summary>
internal abstract class StateColumn(StateSlot slot, CurrentRow current)
{
    public StateSlot Slot => slot;

    /// <summary>What kind of state it is, with all of its form that no upgrade can change.</summary>
    public abstract string Kind { get; }

    /// <summary>How its elements are written.</summary>
    public abstract IElementCodec Elements { get; }

    /// <summary>The elements in the order in which they expire, or null if they do not.</summary>
    public ExpiryQueue? Expiry { get; } = slot.Lifetime is null ? null : new ExpiryQueue(slot.Lifetime);

    /// <summary>How the state is stored by this job.</summary>
    public StoredState Stored => new(slot.Name, Kind, Elements.Schema, Elements.Version, Expiry is not null);

    protected int Row => current.Row;

    protected EventTime Clock => current.Clock;

    /// <summary>Whether the row holds nothing, not even something that has expired.</summary>
    public abstract bool IsEmpty(int row);

    public abstract void Clear(int row);

    /// <summary>Reads ahead what rows hold, see <see cref="ReadAhead"/>.</summary>
    public virtual int Foresee(ReadOnlySpan<int> rows) => 0;

    /// <summary>Writes what the row holds; not called when it is empty.</summary>
    public abstract void Write(int row, ByteWriter writer);

    /// <summary>Reads what a row held that was stored with times of updates, or without.</summary>
    public abstract void Read(int row, ByteReader reader, bool timed);

    /// <summary>What the row holds and has not expired, for people to look at; null if that is nothing.</summary>
    public abstract object? Describe(int row);

    /// <summary>
    /// Removes one element that the clock has made expire, if there is any, and says which row it was of.
    /// </summary>
    public bool TryExpire(out int row)
    {
        row = -1;
        if (Expiry is null || !Expiry.HasExpired(Clock))
            return false;
        int node = Expiry.First;
        row = Expiry.Row(node);
        Expire(row, node);
        return true;
    }

    /// <summary>Removes the element of a node of the queue.</summary>
    protected abstract void Expire(int row, int node);

    protected void WriteTime(int node, ByteWriter writer) =>
        writer.WriteSigned(Expiry!.Updated(node).Milliseconds);

    /// <summary>When the element that comes next was last updated; now, if that was not stored.</summary>
    protected EventTime ReadTime(ByteReader reader, bool timed)
    {
        if (!timed)
            return Clock;
        var updated = new EventTime(reader.ReadSigned());
        return updated <= Clock
            ? updated
            : throw new CorruptDataException($"the state '{slot.Name}' was updated at {updated}, after {Clock}");
    }
}
