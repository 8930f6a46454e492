namespace Weir.Engine.Snapshots;

using Weir.Engine.Codecs;
using Weir.Engine.Time;
using Weir.Engine.Timers;

/// <summary>
/// The timers of one queue, found by owner while keys are written one by one, or gathered while keys are read and put
/// back in their order at the end.
/// </summary>
internal sealed class OwnedTimers
{
    private readonly List<(int Owner, StoredTimer Timer)> _timers;
    private readonly Dictionary<int, (int From, int Count)> _ranges = [];

    /// <summary>For reading: nothing yet.</summary>
    public OwnedTimers() => _timers = [];

    /// <summary>For writing: all timers of a queue.</summary>
    public OwnedTimers(TimerQueue queue)
    {
        _timers = [.. queue.All()];
        _timers.Sort(static (left, right) => left.Owner != right.Owner
            ? left.Owner.CompareTo(right.Owner)
            : Compare(left.Timer, right.Timer));
        for (int i = 0; i < _timers.Count;)
        {
            int from = i;
            while (i < _timers.Count && _timers[i].Owner == _timers[from].Owner)
                i++;
            _ranges.Add(_timers[from].Owner, (from, i - from));
        }
    }

    public void Write(int owner, ByteWriter writer)
    {
        (int from, int count) = _ranges.GetValueOrDefault(owner);
        writer.WriteVarint((ulong)count);
        foreach ((_, StoredTimer timer) in _timers.GetRange(from, count))
        {
            writer.WriteSigned(timer.Time.Milliseconds);
            writer.WriteSigned(timer.Tag);
            writer.WriteSigned(timer.Sequence);
        }
    }

    /// <summary>Writes the timers with one tag, as if they had none, and leaves out the others.</summary>
    public void WriteTagged(int owner, int tag, ByteWriter writer)
    {
        (int from, int count) = _ranges.GetValueOrDefault(owner);
        List<(int Owner, StoredTimer Timer)> timers = _timers.GetRange(from, count);
        timers.RemoveAll(each => each.Timer.Tag != tag);
        writer.WriteVarint((ulong)timers.Count);
        foreach ((_, StoredTimer timer) in timers)
        {
            writer.WriteSigned(timer.Time.Milliseconds);
            writer.WriteSigned(0);
            writer.WriteSigned(timer.Sequence);
        }
    }

    public int Read(int owner, ByteReader reader)
    {
        int count = reader.ReadCount(3);
        for (int i = 0; i < count; i++)
        {
            var time = new EventTime(reader.ReadSigned());
            int tag = checked((int)Math.Clamp(reader.ReadSigned(), int.MinValue, int.MaxValue));
            _timers.Add((owner, new StoredTimer(time, tag, reader.ReadSigned())));
        }

        return count;
    }

    public void RestoreTo(TimerQueue queue)
    {
        // Keys that were written one by one number their timers one by one.
        _timers.Sort(static (left, right) => Compare(left.Timer, right.Timer) is var order && order != 0
            ? order
            : left.Owner.CompareTo(right.Owner));
        foreach ((int owner, StoredTimer timer) in _timers)
            queue.Restore(timer, owner);
    }

    private static int Compare(StoredTimer left, StoredTimer right) => left.Time != right.Time
        ? left.Time.CompareTo(right.Time)
        : left.Sequence.CompareTo(right.Sequence);
}
