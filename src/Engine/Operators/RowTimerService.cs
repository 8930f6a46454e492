namespace Weir.Engine.Operators;

using Weir.Engine.Codecs;
using Weir.Engine.State;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Engine.Timers;

/// <summary>
/// Timers as functions see them: those of the current row, with or without a name. A name has a number, its tag in the
/// queue, that follows from the name alone; tag 0 is no name. Invariant: a row has at most one timer per name and domain.
/// </summary>
internal sealed class RowTimerService(TimerQueue eventTimers, TimerQueue clockTimers, CurrentRow current) : ITimers
{
    private readonly Dictionary<int, string> _names = [];
    private readonly Dictionary<string, int> _tags = [];
    private readonly Dictionary<(int Row, int Tag, TimeDomain Domain), EventTime> _named = [];
    private int[] _counts = new int[8];

    public void Register(EventTime time, TimeDomain domain)
    {
        if (Queue(domain).Add(time, current.Row))
            Count(current.Row, 1);
    }

    public void Delete(EventTime time, TimeDomain domain)
    {
        if (Queue(domain).Remove(time, current.Row))
            Count(current.Row, -1);
    }

    public void SetEventTime(string name, EventTime due) => Set(name, due, TimeDomain.Event);

    public void SetProcessingTime(string name, EventTime due) => Set(name, due, TimeDomain.Processing);

    public void Cancel(string name)
    {
        if (!_tags.TryGetValue(name, out int tag))
            return;
        Remove(tag, TimeDomain.Event);
        Remove(tag, TimeDomain.Processing);
    }

    public bool HasAny(int row) => row < _counts.Length && _counts[row] > 0;

    public void Count(int row, int change)
    {
        if (row >= _counts.Length)
            Array.Resize(ref _counts, Math.Max(_counts.Length * 2, row + 1));
        _counts[row] += change;
    }

    /// <summary>A timer was taken from its queue.</summary>
    public FiredTimer Fired(DueTimer timer, TimeDomain domain)
    {
        Count(timer.Owner, -1);
        if (timer.Tag != 0)
            _named.Remove((timer.Owner, timer.Tag, domain));
        return new FiredTimer(timer.Time, domain, NameOf(timer.Tag));
    }

    /// <summary>The opposite of <see cref="Fired"/>: a timer that was taken is pending all the same.</summary>
    public void Keep(DueTimer timer, TimeDomain domain)
    {
        Count(timer.Owner, 1);
        if (timer.Tag != 0)
            _named[(timer.Owner, timer.Tag, domain)] = timer.Time;
    }

    /// <summary>A timer that was added is removed again, or one that was removed is back in its queue.</summary>
    public void Undone(bool wasAdded, int owner, StoredTimer timer, TimeDomain domain)
    {
        if (!wasAdded)
            Keep(new DueTimer(timer.Time, owner, timer.Tag), domain);
        else
            Fired(new DueTimer(timer.Time, owner, timer.Tag), domain);
    }

    public IEnumerable<PendingTimer> Pending(int row)
    {
        var owned = new List<StoredTimer>();
        var pending = new List<PendingTimer>();
        foreach (TimeDomain domain in Enum.GetValues<TimeDomain>())
        {
            Queue(domain).CopyOwned(row, owned);
            pending.AddRange(owned.Select(timer => new PendingTimer(timer.Time, domain, NameOf(timer.Tag))));
        }

        return pending;
    }

    public IReadOnlyList<string> NamesInOrder => [.. _names.Values.Order(StringComparer.Ordinal)];

    public void ReadNames(IReadOnlyList<string> names)
    {
        foreach (string name in names)
        {
            if (!TryTag(name, out _))
                throw new CorruptDataException($"the timer name '{name}' can not be told from another");
        }
    }

    /// <summary>Finds the named timers again after the queues were restored.</summary>
    public void FindNamed()
    {
        foreach (TimeDomain domain in Enum.GetValues<TimeDomain>())
        {
            foreach ((int row, StoredTimer timer) in Queue(domain).All())
            {
                if (timer.Tag != 0 && !_names.ContainsKey(timer.Tag))
                    throw new CorruptDataException($"a timer has the unknown name number {timer.Tag}");
                if (timer.Tag != 0 && !_named.TryAdd((row, timer.Tag, domain), timer.Time))
                    throw new CorruptDataException($"a key has two timers of the name '{NameOf(timer.Tag)}'");
            }
        }
    }

    private void Set(string name, EventTime due, TimeDomain domain)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        int tag = TagOf(name);
        if (_named.TryGetValue((current.Row, tag, domain), out EventTime known) && known == due)
            return;
        Remove(tag, domain);
        Queue(domain).AddNew(due, current.Row, tag);
        _named[(current.Row, tag, domain)] = due;
        Count(current.Row, 1);
    }

    private void Remove(int tag, TimeDomain domain)
    {
        if (!_named.Remove((current.Row, tag, domain), out EventTime time))
            return;
        Queue(domain).Remove(time, current.Row, tag);
        Count(current.Row, -1);
    }

    private int TagOf(string name) => TryTag(name, out int tag)
        ? tag
        : throw new ArgumentException(
            $"The timer names '{name}' and '{_names[tag]}' can not be told apart: change one of them.", nameof(name));

    private bool TryTag(string name, out int tag)
    {
        if (_tags.TryGetValue(name, out tag))
            return true;
        tag = (int)(StableHash.Of(name.AsSpan()) & int.MaxValue) | 1;
        if (!_names.TryAdd(tag, name))
            return false;
        _tags.Add(name, tag);
        return true;
    }

    private string? NameOf(int tag) => tag == 0 ? null : _names[tag];

    private TimerQueue Queue(TimeDomain domain) => domain == TimeDomain.Event ? eventTimers : clockTimers;
}
