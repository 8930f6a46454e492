namespace Weir.Engine.Snapshots;

using System.Runtime.InteropServices;
using Weir.Engine.Codecs;
using Weir.Engine.Time;
using Weir.Engine.Timers;

/// <summary>
/// The timers of one queue while keys are written one by one, or gathered while keys are read and put back in their
/// order at the end.
/// </summary>
internal sealed class OwnedTimers
{
    private readonly TimerQueue? _queue;
    private readonly List<StoredTimer> _owned = [];
    private readonly List<(int Owner, StoredTimer Timer)> _timers = [];

    /// <summary>For reading: nothing yet.</summary>
    public OwnedTimers()
    {
    }

    /// <summary>For writing: the timers of a queue.</summary>
    public OwnedTimers(TimerQueue queue) => _queue = queue;

    /// <summary>The timers that were read, with their owners.</summary>
    public ReadOnlySpan<(int Owner, StoredTimer Timer)> Gathered => CollectionsMarshal.AsSpan(_timers);

    /// <summary>Writes the timers of an owner that has none.</summary>
    public static void WriteNone(ByteWriter writer) => writer.WriteVarint(0);

    /// <summary>Writes the timers of an owner that has one.</summary>
    public static void WriteOne(EventTime time, long sequence, ByteWriter writer)
    {
        writer.WriteVarint(1);
        writer.WriteSigned(time.Milliseconds);
        writer.WriteSigned(0);
        writer.WriteSigned(sequence);
    }

    /// <exception cref="CorruptDataException">The queue has never come to the timer's number.</exception>
    public static void CheckNumber(StoredTimer timer, TimerQueue queue)
    {
        if (timer.Sequence < 0 || timer.Sequence >= queue.NextSequence)
            throw new CorruptDataException($"a timer has the impossible number {timer.Sequence}");
    }

    public void Add(int owner, StoredTimer timer) => _timers.Add((owner, timer));

    /// <summary>Forgets the timers that were read last, from one on.</summary>
    public void Forget(int from) => _timers.RemoveRange(from, _timers.Count - from);

    public void Write(int owner, ByteWriter writer)
    {
        if (_queue!.Count == 0)
        {
            WriteNone(writer);
            return;
        }

        _queue.CopyOwned(owner, _owned);
        writer.WriteVarint((ulong)_owned.Count);
        foreach (StoredTimer timer in _owned)
        {
            writer.WriteSigned(timer.Time.Milliseconds);
            writer.WriteSigned(timer.Tag);
            writer.WriteSigned(timer.Sequence);
        }
    }

    /// <summary>Writes the timers with one tag, as if they had none, and leaves out the others.</summary>
    public void WriteTagged(int owner, int tag, ByteWriter writer)
    {
        _queue!.CopyOwned(owner, _owned);
        int count = 0;
        foreach (StoredTimer timer in _owned)
            count += timer.Tag == tag ? 1 : 0;
        writer.WriteVarint((ulong)count);
        foreach (StoredTimer timer in _owned)
        {
            if (timer.Tag != tag)
                continue;
            writer.WriteSigned(timer.Time.Milliseconds);
            writer.WriteSigned(0);
            writer.WriteSigned(timer.Sequence);
        }
    }

    /// <summary>Reads the timers of an owner, which have tags or none.</summary>
    public int Read(int owner, bool hasTags, ByteReader reader)
    {
        int first = _timers.Count;
        int count = reader.ReadCount(3);
        for (int i = 0; i < count; i++)
        {
            var time = new EventTime(reader.ReadSigned());
            long tag = reader.ReadSigned();
            if (tag < 0 || tag > (hasTags ? int.MaxValue : 0))
                throw new CorruptDataException($"a timer has the unknown name number {tag}");
            var timer = new StoredTimer(time, (int)tag, reader.ReadSigned());
            CheckOrder(first, timer);
            _timers.Add((owner, timer));
        }

        return count;
    }

    public void RestoreTo(TimerQueue queue)
    {
        // Keys that were written one by one number their timers one by one.
        _timers.Sort(static (left, right) => StoredTimer.InOrder(left.Timer, right.Timer) is var order && order != 0
            ? order
            : left.Owner.CompareTo(right.Owner));
        foreach ((int owner, StoredTimer timer) in _timers)
        {
            CheckNumber(timer, queue);
            queue.Restore(timer, owner);
        }
    }

    // An owner's timers come by time and number. Two of the same time and tag would be one timer twice.
    private void CheckOrder(int first, StoredTimer timer)
    {
        if (_timers.Count > first && StoredTimer.InOrder(_timers[^1].Timer, timer) >= 0)
            throw new CorruptDataException("the timers of a key are not in order");
        for (int i = _timers.Count - 1; i >= first && _timers[i].Timer.Time == timer.Time; i--)
        {
            if (_timers[i].Timer.Tag == timer.Tag)
                throw new CorruptDataException($"a key has the same timer at {timer.Time} twice");
        }
    }
}
