namespace Weir.Engine.Operators;

using Weir.Engine.Codecs;
using Weir.Engine.State;
using Weir.Engine.Time;
using Weir.Engine.Timers;

/// <summary>
/// Timers as functions see them: those of the current row, with or without a name. A name has a number, its tag in the
/// queue; tag 0 is no name. Invariant: a row has at most one timer per name and domain.
/// </summary>
internal sealed class RowTimerService(TimerQueue eventTimers, TimerQueue clockTimers, CurrentRow current) : ITimers
{
    private readonly List<string> _names = [];
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

    public IEnumerable<PendingTimer> Pending(int row) => Enum.GetValues<TimeDomain>().SelectMany(domain => Queue(domain)
        .All()
        .Where(each => each.Owner == row)
        .Select(each => new PendingTimer(each.Timer.Time, domain, NameOf(each.Timer.Tag))));

    /// <summary>Names that timers have had; the tags are from 1 to this.</summary>
    public int NameCount => _names.Count;

    public void WriteNames(ByteWriter writer)
    {
        writer.WriteVarint((ulong)_names.Count);
        foreach (string name in _names)
            writer.WriteString(name);
    }

    public void ReadNames(ByteReader reader)
    {
        int count = reader.ReadCount();
        for (int i = 0; i < count; i++)
        {
            if (reader.ReadString() is not { Length: > 0 } name || TagOf(name) != i + 1)
                throw new CorruptDataException("a timer has no name, or the same as another");
        }
    }

    /// <summary>Finds the named timers again after the queues were restored.</summary>
    public void FindNamed()
    {
        foreach (TimeDomain domain in Enum.GetValues<TimeDomain>())
        {
            foreach ((int row, StoredTimer timer) in Queue(domain).All())
            {
                if (timer.Tag > 0 && !_named.TryAdd((row, timer.Tag, domain), timer.Time))
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

    private int TagOf(string name)
    {
        if (_tags.TryGetValue(name, out int tag))
            return tag;
        _names.Add(name);
        _tags.Add(name, _names.Count);
        return _names.Count;
    }

    private string? NameOf(int tag) => tag == 0 ? null : _names[tag - 1];

    private TimerQueue Queue(TimeDomain domain) => domain == TimeDomain.Event ? eventTimers : clockTimers;
}
