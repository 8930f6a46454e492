namespace Weir.Engine.Timers;

using Weir.Engine.Time;

/// <summary>
/// A timer that came due. <paramref name="Owner"/> and <paramref name="Tag"/> are what it was added with.
/// </summary>
internal readonly record struct DueTimer(EventTime Time, int Owner, int Tag, long Sequence = 0);

/// <summary>A timer with its place among those of equal time, as a snapshot keeps it.</summary>
internal readonly record struct StoredTimer(EventTime Time, int Tag, long Sequence);

/// <summary>
/// The timers of one key group in one time domain. Identity is (time, owner, tag): adding twice is one timer. They come
/// out by time, equal times in the order in which they were added.
/// </summary>
/// <remarks>
/// Timers of equal time share a bucket and a heap orders the distinct times only: a million windows that end together
/// cost one heap entry. Added at 20, 10, 10: the heap holds 10 and 20, the bucket of 10 holds two. Times without timers
/// and holes in buckets are dropped when they outnumber what lives, so timers that move about need no more memory than
/// timers that stay.
/// </remarks>
internal sealed class TimerQueue
{
    private const int Slack = 64;
    private readonly Dictionary<long, Bucket> _buckets = [];
    private readonly PriorityQueue<long, long> _times = new();
    private List<(bool WasAdded, int Owner, StoredTimer Timer)>? _attempted;
    private long _sequenceBefore;

    /// <summary>Number of timers.</summary>
    public int Count { get; private set; }

    /// <summary>Distinct times that are held in order, with or without timers.</summary>
    public int HeldTimes => _times.Count;

    /// <summary>
    /// What the next timer is numbered with; part of a snapshot, so that a restored queue goes on alike.
    /// </summary>
    public long NextSequence { get; set; }

    /// <summary>Adds a timer; false if it was there.</summary>
    public bool Add(EventTime time, int owner, int tag = 0)
    {
        Bucket bucket = BucketOf(time);
        if (bucket.Find(owner, tag) >= 0)
            return false;
        Append(bucket, Numbered(time, owner, tag));
        return true;
    }

    /// <summary>Adds a timer that its owner knows not to be there, without looking.</summary>
    public void AddNew(EventTime time, int owner, int tag = 0) =>
        Append(BucketOf(time), Numbered(time, owner, tag));

    /// <summary>Adds a timer of a snapshot. Those of equal time must come in the order of their sequence.</summary>
    public void Restore(StoredTimer timer, int owner) =>
        Append(BucketOf(timer.Time), new Entry(owner, timer.Tag, timer.Sequence));

    /// <summary>Puts back a timer that was taken or removed, in its old place among those of equal time.</summary>
    public void PutBack(StoredTimer timer, int owner)
    {
        BucketOf(timer.Time).Insert(new Entry(owner, timer.Tag, timer.Sequence));
        Count++;
    }

    /// <summary>Removes a timer; false if there was none.</summary>
    public bool Remove(EventTime time, int owner, int tag = 0)
    {
        if (!_buckets.TryGetValue(time.Milliseconds, out Bucket? bucket)
            || bucket.Remove(owner, tag) is not { } sequence)
            return false;
        _attempted?.Add((false, owner, new StoredTimer(time, tag, sequence)));
        Count--;
        if (bucket.Live == 0)
            _buckets.Remove(time.Milliseconds);
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
            while (_times.TryPeek(out long time, out _))
            {
                if (_buckets.ContainsKey(time))
                    return new EventTime(time);
                _times.Dequeue();
            }

            return EventTime.MaxValue;
        }
    }

    /// <summary>Takes the first timer that is due at <paramref name="now"/>.</summary>
    public bool TryTake(EventTime now, out DueTimer timer)
    {
        timer = default;
        if (Count == 0)
            return false;
        EventTime next = Next;
        if (next > now || !_buckets.TryGetValue(next.Milliseconds, out Bucket? bucket))
            return false;
        Entry entry = bucket.Take();
        Count--;
        if (bucket.Live == 0)
            _buckets.Remove(next.Milliseconds);
        timer = new DueTimer(next, entry.Owner, entry.Tag, entry.Sequence);
        return true;
    }

    /// <summary>All timers with their owners, in no particular order.</summary>
    public IEnumerable<(int Owner, StoredTimer Timer)> All()
    {
        foreach ((long time, Bucket bucket) in _buckets)
        {
            foreach (Entry entry in bucket.Entries)
                yield return (entry.Owner, new StoredTimer(new EventTime(time), entry.Tag, entry.Sequence));
        }
    }

    private Bucket BucketOf(EventTime time)
    {
        if (_buckets.TryGetValue(time.Milliseconds, out Bucket? bucket))
            return bucket;
        bucket = new Bucket();
        _buckets.Add(time.Milliseconds, bucket);
        if (_times.Count >= 2 * _buckets.Count + Slack)
            DropEmptyTimes();
        else
            _times.Enqueue(time.Milliseconds, time.Milliseconds);
        return bucket;
    }

    private void DropEmptyTimes()
    {
        _times.Clear();
        _times.EnqueueRange(_buckets.Keys.Select(time => (time, time)));
    }

    private Entry Numbered(EventTime time, int owner, int tag)
    {
        var entry = new Entry(owner, tag, NextSequence++);
        _attempted?.Add((true, owner, new StoredTimer(time, tag, entry.Sequence)));
        return entry;
    }

    private void Append(Bucket bucket, Entry entry)
    {
        bucket.Append(entry);
        Count++;
    }

    private readonly record struct Entry(int Owner, int Tag, long Sequence);

    /// <summary>
    /// Timers of one time in order; removed ones leave a hole. Large buckets get an index when first searched.
    /// </summary>
    private sealed class Bucket
    {
        private const int Hole = -1;
        private const int IndexAbove = 16;
        private readonly List<Entry> _entries = [];
        private Dictionary<(int Owner, int Tag), int>? _index;
        private int _head;

        public int Live { get; private set; }

        public IEnumerable<Entry> Entries => _entries.Skip(_head).Where(entry => entry.Owner != Hole);

        public void Append(Entry entry)
        {
            if (_entries.Count >= 2 * Live + Slack)
                DropHoles();
            _index?.Add((entry.Owner, entry.Tag), _entries.Count);
            _entries.Add(entry);
            Live++;
        }

        public int Find(int owner, int tag)
        {
            if (_index is null && _entries.Count - _head > IndexAbove)
                BuildIndex();
            if (_index is not null)
                return _index.TryGetValue((owner, tag), out int at) ? at : -1;
            for (int i = _head; i < _entries.Count; i++)
            {
                if (_entries[i].Owner == owner && _entries[i].Tag == tag)
                    return i;
            }

            return -1;
        }

        /// <summary>Inserts a timer in the order of sequence; a hole has a lower one than any timer.</summary>
        public void Insert(Entry entry)
        {
            int at = _head;
            while (at < _entries.Count && _entries[at].Sequence < entry.Sequence)
                at++;
            _entries.Insert(at, entry);
            Live++;
            if (_index is not null)
                BuildIndex();
        }

        /// <summary>The sequence of the timer that was removed, or null if there was none.</summary>
        public long? Remove(int owner, int tag)
        {
            int at = Find(owner, tag);
            if (at < 0)
                return null;
            long sequence = _entries[at].Sequence;
            _index?.Remove((owner, tag));
            _entries[at] = new Entry(Hole, 0, -1);
            Live--;
            return sequence;
        }

        public Entry Take()
        {
            while (_entries[_head].Owner == Hole)
                _head++;
            Entry entry = _entries[_head++];
            _index?.Remove((entry.Owner, entry.Tag));
            Live--;
            return entry;
        }

        private void DropHoles()
        {
            _entries.RemoveRange(0, _head);
            _entries.RemoveAll(static entry => entry.Owner == Hole);
            _head = 0;
            if (_index is not null)
                BuildIndex();
        }

        private void BuildIndex()
        {
            _index ??= [];
            _index.Clear();
            for (int i = _head; i < _entries.Count; i++)
            {
                if (_entries[i].Owner != Hole)
                    _index.Add((_entries[i].Owner, _entries[i].Tag), i);
            }
        }
    }
}
