namespace Weir.Engine.State;

using Weir.Engine.Time;

/// <summary>
/// The entries of one column in the order of their last update. All live equally long, so they expire in that order
/// and what has expired is always at the head: nothing that lives is looked at to find it.
/// Invariant: times never fall from head to tail.
/// </summary>
/// <remarks>
/// A linked list over numbered nodes; a removed number is used again. Life 100: a, b and c are updated at 10, 20 and
/// 30, then a at 40. The queue is b 20, c 30, a 40; at 120 b leaves it, at 130 c.
/// </remarks>
internal sealed class ExpiryQueue(Lifetime lifetime)
{
    private Node[] _nodes = new Node[8];
    private int _used;
    private int _free = -1;
    private int _last = -1;

    public Lifetime Lifetime => lifetime;

    /// <summary>The node that expires first, or -1.</summary>
    public int First { get; private set; } = -1;

    /// <summary>When the next entry expires; the maximum if none ever does.</summary>
    public EventTime Next => First < 0 ? EventTime.MaxValue : ExpiryOf(First);

    /// <summary>The row that the entry belongs to.</summary>
    public int Row(int node) => _nodes[node].Row;

    /// <summary>Which entry of its row it is, as whoever added it said.</summary>
    public int Place(int node) => _nodes[node].Place;

    public EventTime Updated(int node) => _nodes[node].Updated;

    public bool IsExpired(int node, EventTime clock) => ExpiryOf(node) <= clock;

    /// <summary>Whether anything at all has expired and is still here.</summary>
    public bool HasExpired(EventTime clock) => First >= 0 && IsExpired(First, clock);

    /// <summary>Counts a read of an entry; false if it has expired.</summary>
    public bool Read(int node, EventTime clock)
    {
        if (IsExpired(node, clock))
            return false;
        if (lifetime.RenewedByReads)
            Touch(node, clock);
        return true;
    }

    /// <summary>Adds an entry that was updated now.</summary>
    public int Add(int row, int place, EventTime updated)
    {
        int node = _free >= 0 ? _free : _used++;
        if (node == _nodes.Length)
            Array.Resize(ref _nodes, node * 2);
        if (_free >= 0)
            _free = _nodes[node].After;
        _nodes[node] = new Node { Row = row, Place = place, Updated = updated };
        Append(node);
        return node;
    }

    /// <summary>An entry was updated now.</summary>
    public void Touch(int node, EventTime now)
    {
        _nodes[node].Updated = now;
        if (node == _last)
            return;
        Unlink(node);
        Append(node);
    }

    public void Remove(int node)
    {
        Unlink(node);
        _nodes[node] = new Node { Row = -1, After = _free };
        _free = node;
    }

    /// <summary>The clock begins: entries from before it count from now.</summary>
    public void Begin(EventTime clock)
    {
        for (int node = First; node >= 0 && !Updated(node).HasValue; node = _nodes[node].After)
            _nodes[node].Updated = clock;
    }

    /// <summary>
    /// Puts entries in order that were added as they were read from a segment. Those of equal time stay in the order
    /// of reading: they leave the queue at the same advance of the clock, so no more than their time is stored.
    /// </summary>
    public void Sort()
    {
        List<int> nodes = [];
        for (int node = First; node >= 0; node = _nodes[node].After)
            nodes.Add(node);
        (First, _last) = (-1, -1);
        foreach (int node in nodes.OrderBy(node => _nodes[node].Updated))
            Append(node);
    }

    private EventTime ExpiryOf(int node) => _nodes[node].Updated.Plus(lifetime.Milliseconds);

    private void Append(int node)
    {
        _nodes[node].Before = _last;
        _nodes[node].After = -1;
        if (_last >= 0)
            _nodes[_last].After = node;
        else
            First = node;
        _last = node;
    }

    private void Unlink(int node)
    {
        (int before, int after) = (_nodes[node].Before, _nodes[node].After);
        if (before >= 0)
            _nodes[before].After = after;
        else
            First = after;
        if (after >= 0)
            _nodes[after].Before = before;
        else
            _last = before;
    }

    private struct Node
    {
        public int Row;
        public int Place;
        public int Before;
        public int After;
        public EventTime Updated;
    }
}
