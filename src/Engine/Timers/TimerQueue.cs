namespace Weir.Engine.Timers;

using System.Runtime.InteropServices;
using Weir.Engine.Time;

/// <summary>
/// A timer that came due. <paramref name="Owner"/> and <paramref name="Tag"/> are what it was added with.
/// </summary>
internal readonly record struct DueTimer(EventTime Time, int Owner, int Tag, long Sequence = 0);

/// <summary>A timer with its place among those of equal time, as a snapshot keeps it.</summary>
internal readonly record struct StoredTimer(EventTime Time, int Tag, long Sequence)
{
    public static readonly Comparison<StoredTimer> InOrder = static (left, right) => left.Time != right.Time
        ? left.Time.CompareTo(right.Time)
        : left.Sequence.CompareTo(right.Sequence);
}

/// <summary>
/// The timers of one key group in one time domain. Identity is (time, owner, tag): adding twice is one timer. They come
/// out by time, equal times in the order in which they were added. Invariant: a timer is in the chain of its time and in
/// that of its owner.
/// </summary>
/// <remarks>
/// A heap orders the distinct times only: a million windows that end together cost one heap entry. Added at 20, 10, 10:
/// the heap holds 10 and 20, the chain of 10 has two timers. The timers of one owner are found without looking at any
/// other, and an owner of many has an index. Times without timers are dropped from the heap when they outnumber those
/// with some, so timers that move about need no more memory than timers that stay.
/// </remarks>
internal sealed class TimerQueue
{
    private const int Slack = 64;
    private const int IndexAbove = 16;
    private const int None = -1;
    private readonly Dictionary<long, int> _chainOf = [];
    private readonly PriorityQueue<int, long> _times = new();
    private readonly Dictionary<(int Owner, int Tag, long Time), int> _index = [];
    private Chain[] _chains = new Chain[4];
    private Node[] _nodes = new Node[16];
    private Owned[] _owners = new Owned[8];
    private int _used;
    private int _free = None;
    private int _usedChains;
    private int _freeChain = None;

    // The chain that was added to last: windows that end together come one behind the other.
    private int _lastChain;
    private List<(bool WasAdded, int Owner, StoredTimer Timer)>? _attempted;
    private long _sequenceBefore;

    /// <summary>Number of timers.</summary>
    public int Count { get; private set; }

    /// <summary>Distinct times of timers.</summary>
    public int Times => _chainOf.Count;

    /// <summary>Distinct times that are held in order, with or without timers.</summary>
    public int HeldTimes => _times.Count;

    /// <summary>
    /// What the next timer is numbered with; part of a snapshot, so that a restored queue goes on alike.
    /// </summary>
    public long NextSequence { get; set; }

    /// <summary>Adds a timer; false if it was there.</summary>
    public bool Add(EventTime time, int owner, int tag = 0)
    {
        if (Find(time.Milliseconds, owner, tag) != None)
            return false;
        AddNew(time, owner, tag);
        return true;
    }

    /// <summary>Adds a timer that its owner knows not to be there, without looking.</summary>
    public void AddNew(EventTime time, int owner, int tag = 0)
    {
        var timer = new StoredTimer(time, tag, NextSequence++);
        _attempted?.Add((true, owner, timer));
        Restore(timer, owner);
    }

    /// <summary>Adds a timer of a snapshot. Those of equal time must come in the order of their sequence.</summary>
    public void Restore(StoredTimer timer, int owner)
    {
        int node = NewNode(timer, owner);
        ref Chain chain = ref _chains[_nodes[node].Chain];
        Insert(ref chain, node, chain.Last);
    }

    /// <summary>Puts back a timer that was taken or removed, in its old place among those of equal time.</summary>
    public void PutBack(StoredTimer timer, int owner)
    {
        int node = NewNode(timer, owner);
        ref Chain chain = ref _chains[_nodes[node].Chain];
        int before = None;
        for (int at = chain.First; at != None && _nodes[at].Sequence < timer.Sequence; at = _nodes[at].Next)
            before = at;
        Insert(ref chain, node, before);
    }

    /// <summary>Removes a timer; false if there was none.</summary>
    public bool Remove(EventTime time, int owner, int tag = 0)
    {
        int node = Find(time.Milliseconds, owner, tag);
        if (node == None)
            return false;
        _attempted?.Add((false, owner, StoredOf(node)));
        Take(node);
        return true;
    }

    /// <summary>From here on it remembers what is added and removed, to undo it.</summary>
    public void Begin()
    {
        (_attempted ??= []).Clear();
        _sequenceBefore = NextSequence;
    }

    /// <summary>Undoes what was added and removed since <see cref="Begin"/>, the last first.</summary>
    /// <param name="undone">Told of each: whether it had been added, its owner, the timer.</param>
    public void Undo(Action<bool, int, StoredTimer> undone)
    {
        List<(bool WasAdded, int Owner, StoredTimer Timer)> attempted = _attempted ?? [];
        _attempted = null;
        for (int i = attempted.Count - 1; i >= 0; i--)
        {
            (bool wasAdded, int owner, StoredTimer timer) = attempted[i];
            if (wasAdded)
                Remove(timer.Time, owner, timer.Tag);
            else
                PutBack(timer, owner);
            undone(wasAdded, owner, timer);
        }

        NextSequence = _sequenceBefore;
    }

    /// <summary>The earliest time, or the maximum if there is no timer.</summary>
    public EventTime Next
    {
        get
        {
            int chain = FirstChain();
            return chain == None ? EventTime.MaxValue : new EventTime(_chains[chain].Time);
        }
    }

    /// <summary>Takes the first timer that is due at <paramref name="now"/>.</summary>
    public bool TryTake(EventTime now, out DueTimer timer)
    {
        int first = FirstDue(now, out timer);
        if (first == None)
            return false;
        Take(first);
        return true;
    }

    /// <summary>Shows the timer that <see cref="TryTake"/> would take.</summary>
    public bool TryPeek(EventTime now, out DueTimer timer) => FirstDue(now, out timer) != None;

    /// <summary>All timers with their owners, in no particular order.</summary>
    public IEnumerable<(int Owner, StoredTimer Timer)> All()
    {
        for (int node = 0; node < _used; node++)
        {
            if (_nodes[node].Owner != None)
                yield return (_nodes[node].Owner, StoredOf(node));
        }
    }

    /// <summary>Replaces what a list holds by the timers of one owner, in order of time and sequence.</summary>
    public void CopyOwned(int owner, List<StoredTimer> into)
    {
        into.Clear();
        if (owner >= _owners.Length)
            return;
        for (int node = _owners[owner].First - 1; node != None; node = _nodes[node].NextOwned)
            into.Add(StoredOf(node));
        if (into.Count > 1)
            into.Sort(StoredTimer.InOrder);
    }

    private int FirstDue(EventTime now, out DueTimer timer)
    {
        timer = default;
        if (Count == 0)
            return None;
        ref readonly Chain chain = ref _chains[FirstChain()];
        var next = new EventTime(chain.Time);
        if (next > now)
            return None;
        ref readonly Node node = ref _nodes[chain.First];
        timer = new DueTimer(next, node.Owner, node.Tag, node.Sequence);
        return chain.First;
    }

    private int Find(long time, int owner, int tag)
    {
        if (owner >= _owners.Length)
            return None;
        if (_owners[owner].IsIndexed)
            return _index.TryGetValue((owner, tag, time), out int known) ? known : None;
        int node = _owners[owner].First - 1;
        while (node != None && (TimeOf(node) != time || _nodes[node].Tag != tag))
            node = _nodes[node].NextOwned;
        return node;
    }

    private long TimeOf(int node) => _chains[_nodes[node].Chain].Time;

    private StoredTimer StoredOf(int node) => new(new EventTime(TimeOf(node)), _nodes[node].Tag, _nodes[node].Sequence);

    /// <summary>The chain of the earliest time, or -1. What the heap says of a chain that has gone is dropped.</summary>
    private int FirstChain()
    {
        while (_times.TryPeek(out int chain, out long time))
        {
            if (_chains[chain].Holds(time))
                return chain;
            _times.Dequeue();
        }

        return None;
    }

    private int ChainOf(long time)
    {
        if (_chains[_lastChain].Holds(time))
            return _lastChain;
        ref int chain = ref CollectionsMarshal.GetValueRefOrAddDefault(_chainOf, time, out bool known);
        if (!known)
            chain = NewChain(time);
        return _lastChain = chain;
    }

    private int NewChain(long time)
    {
        int chain = _freeChain != None ? _freeChain : _usedChains++;
        if (chain == _chains.Length)
            Array.Resize(ref _chains, chain * 2);
        if (_freeChain != None)
            _freeChain = _chains[chain].Last;
        if (_times.Count >= 2 * _chainOf.Count + Slack)
            DropEmptyTimes();
        _chains[chain] = new Chain { Time = time, First = None, Last = None, IsUsed = true };
        _times.Enqueue(chain, time);
        return chain;
    }

    private void DropChain(int chain)
    {
        _chainOf.Remove(_chains[chain].Time);
        _chains[chain] = new Chain { First = None, Last = _freeChain };
        _freeChain = chain;
    }

    private void DropEmptyTimes()
    {
        _times.Clear();
        foreach ((long time, int chain) in _chainOf)
        {
            // The time that is being added has no chain yet.
            if (_chains[chain].Holds(time))
                _times.Enqueue(chain, time);
        }
    }

    private int NewNode(StoredTimer timer, int owner)
    {
        int node = _free != None ? _free : _used++;
        if (node == _nodes.Length)
            Array.Resize(ref _nodes, node * 2);
        if (_free != None)
            _free = _nodes[node].Next;
        if (owner >= _owners.Length)
            Array.Resize(ref _owners, Math.Max(_owners.Length * 2, owner + 1));
        _nodes[node] = new Node
        {
            Chain = ChainOf(timer.Time.Milliseconds),
            Sequence = timer.Sequence,
            Owner = owner,
            Tag = timer.Tag,
            NextOwned = _owners[owner].First - 1,
            BeforeOwned = None,
        };
        if (_nodes[node].NextOwned != None)
            _nodes[_nodes[node].NextOwned].BeforeOwned = node;
        _owners[owner].First = node + 1;
        CountOwned(owner, node);
        Count++;
        return node;
    }

    private void CountOwned(int owner, int added)
    {
        ref Owned owned = ref _owners[owner];
        owned.Count++;
        if (owned.IsIndexed)
        {
            _index[(owner, _nodes[added].Tag, TimeOf(added))] = added;
        }
        else if (owned.Count > IndexAbove)
        {
            owned.IsIndexed = true;
            for (int node = owned.First - 1; node != None; node = _nodes[node].NextOwned)
                _index[(owner, _nodes[node].Tag, TimeOf(node))] = node;
        }
    }

    private void Insert(ref Chain chain, int node, int before)
    {
        int after = before == None ? chain.First : _nodes[before].Next;
        _nodes[node].Before = before;
        _nodes[node].Next = after;
        if (before == None)
            chain.First = node;
        else
            _nodes[before].Next = node;
        if (after == None)
            chain.Last = node;
        else
            _nodes[after].Before = node;
    }

    /// <summary>Takes a node out of both of its chains.</summary>
    private void Take(int node)
    {
        ref Node taken = ref _nodes[node];
        ref Chain chain = ref _chains[taken.Chain];
        long time = chain.Time;
        if (taken.Before == None)
            chain.First = taken.Next;
        else
            _nodes[taken.Before].Next = taken.Next;
        if (taken.Next == None)
            chain.Last = taken.Before;
        else
            _nodes[taken.Next].Before = taken.Before;
        if (chain.First == None)
            DropChain(taken.Chain);
        ref Owned owned = ref _owners[taken.Owner];
        if (taken.BeforeOwned == None)
            owned.First = taken.NextOwned + 1;
        else
            _nodes[taken.BeforeOwned].NextOwned = taken.NextOwned;
        if (taken.NextOwned != None)
            _nodes[taken.NextOwned].BeforeOwned = taken.BeforeOwned;
        if (owned.IsIndexed)
            _index.Remove((taken.Owner, taken.Tag, time));
        if (--owned.Count == 0)
            owned.IsIndexed = false;
        taken.Owner = None;
        taken.Next = _free;
        _free = node;
        Count--;
    }

    private struct Chain
    {
        public long Time;
        public int First;

        // Of a chain that is not used, the next one that is not.
        public int Last;
        public bool IsUsed;

        public readonly bool Holds(long time) => IsUsed && Time == time;
    }

    private struct Owned
    {
        // Node number + 1, so that 0 means none.
        public int First;
        public int Count;
        public bool IsIndexed;
    }

    private struct Node
    {
        public long Sequence;
        public int Chain;
        public int Owner;
        public int Tag;
        public int Next;
        public int Before;
        public int NextOwned;
        public int BeforeOwned;
    }
}
