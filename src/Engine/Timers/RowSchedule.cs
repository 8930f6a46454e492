namespace Weir.Engine.Timers;

using Weir.Engine.Time;

/// <summary>When a row is due, and its place among those due at the same time.</summary>
internal readonly record struct Due(EventTime Time, long Order) : IComparable<Due>
{
    public static readonly Due Never = new(EventTime.MaxValue, long.MaxValue);

    public int CompareTo(Due other) =>
        Time != other.Time ? Time.CompareTo(other.Time) : Order.CompareTo(other.Order);
}

/// <summary>
/// When rows are next to be looked at, earliest first. Unlike timers it is no state: its owner can tell from the row
/// when the row is due, and says so again after a restore. Invariant: a row has one due time that counts, the earliest
/// that was asked for since it was last taken.
/// </summary>
/// <remarks>
/// An entry that an earlier one overtook stays in the heap and is skipped when it comes up: asked for 20 and then for
/// 10, the row is taken at 10, and at 20 only if that was asked for again.
/// </remarks>
internal sealed class RowSchedule
{
    private readonly PriorityQueue<int, Due> _queue = new();
    private Due[] _due = [];

    /// <summary>When the next row is due, or the maximum.</summary>
    public EventTime Next
    {
        get
        {
            while (_queue.TryPeek(out int row, out Due due))
            {
                if (_due[row] == due)
                    return due.Time;
                _queue.Dequeue();
            }

            return EventTime.MaxValue;
        }
    }

    /// <summary>Asks for a row to be taken, at the latest at this time.</summary>
    public void Ask(int row, EventTime time, long order = 0)
    {
        var due = new Due(time, order);
        if (row >= _due.Length)
            Grow(row);
        if (due.CompareTo(_due[row]) >= 0)
            return;
        _due[row] = due;
        _queue.Enqueue(row, due);
    }

    /// <summary>Nothing that was asked for a row counts any more.</summary>
    public void Forget(int row)
    {
        if (row < _due.Length)
            _due[row] = Due.Never;
    }

    /// <summary>Takes the first row that is due.</summary>
    public bool TryTake(EventTime now, out int row)
    {
        while (_queue.TryPeek(out row, out Due due) && due.Time <= now)
        {
            _queue.Dequeue();
            if (_due[row] != due)
                continue;
            _due[row] = Due.Never;
            return true;
        }

        row = -1;
        return false;
    }

    private void Grow(int row)
    {
        int known = _due.Length;
        Array.Resize(ref _due, Math.Max(Math.Max(known * 2, 8), row + 1));
        Array.Fill(_due, Due.Never, known, _due.Length - known);
    }
}
