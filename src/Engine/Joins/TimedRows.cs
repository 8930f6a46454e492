namespace Weir.Engine.Joins;

using System.Runtime.CompilerServices;
using Weir.Engine.Codecs;
using Weir.Engine.Time;

/// <summary>
/// Events of one side of a join by row, to be searched by time and freed from the earliest on.
/// Invariant: the events of a row are ordered by time, those of equal time by arrival.
/// </summary>
/// <remarks>
/// A row that became empty gives its arrays to the next row that needs some, so that keys which come and go allocate
/// nothing. Large arrays are not kept.
/// </remarks>
internal sealed class TimedRows<T>(Codec<T> codec)
{
    private const int SpareCapacity = 64;
    private readonly Stack<Run> _spare = new();
    private Run?[] _runs = new Run?[8];

    public string Schema => codec.Schema;

    public bool IsEmpty(int row) => row >= _runs.Length || _runs[row] is null;

    public ReadOnlySpan<EventTime> Times(int row) => IsEmpty(row) ? [] : _runs[row]!.Times;

    public ReadOnlySpan<T> Values(int row) => IsEmpty(row) ? [] : _runs[row]!.Values;

    /// <summary>The index behind the last event of the row that is not later than <paramref name="time"/>.</summary>
    public int EndOf(int row, EventTime time) => IsEmpty(row) ? 0 : _runs[row]!.EndOf(time);

    /// <summary>The index of the first event of the row that is not earlier than <paramref name="time"/>.</summary>
    public int StartOf(int row, EventTime time) => EndOf(row, time.Minus(1));

    public void Add(int row, EventTime time, in T value)
    {
        Run run = RunOf(row);
        run.Insert(run.EndOf(time), time, in value);
    }

    /// <summary>Adds an event in place of one of the same time, if there is one.</summary>
    public void Set(int row, EventTime time, in T value)
    {
        Run run = RunOf(row);
        int end = run.EndOf(time);
        if (end > 0 && run.Times[end - 1] == time)
            run.Replace(end - 1, in value);
        else
            run.Insert(end, time, in value);
    }

    /// <summary>Frees the earliest events of a row.</summary>
    public void RemoveFirst(int row, int count)
    {
        if (count == 0)
            return;
        Run run = _runs[row]!;
        run.RemoveFirst(count);
        if (run.Times.Length > 0)
            return;
        _runs[row] = null;
        if (run.Capacity <= SpareCapacity)
            _spare.Push(run);
    }

    /// <summary>The events of a row, for people to look at.</summary>
    public T[] Describe(int row) => Values(row).ToArray();

    public void Write(int row, ByteWriter writer)
    {
        ReadOnlySpan<EventTime> times = Times(row);
        ReadOnlySpan<T> values = Values(row);
        writer.WriteVarint((ulong)times.Length);
        for (int i = 0; i < times.Length; i++)
        {
            writer.WriteSigned(times[i].Milliseconds);
            codec.Write(writer, in values[i]);
        }
    }

    public void Read(int row, ByteReader reader)
    {
        int count = reader.ReadCount();
        for (int i = 0; i < count; i++)
        {
            var time = new EventTime(reader.ReadSigned());
            Add(row, time, codec.Read(reader));
        }
    }

    private Run RunOf(int row)
    {
        if (row >= _runs.Length)
            Array.Resize(ref _runs, Math.Max(_runs.Length * 2, row + 1));
        return _runs[row] ??= _spare.TryPop(out Run? spare) ? spare : new Run();
    }

    /// <summary>Times and values in two arrays, with room at the end and what was freed at the front.</summary>
    private sealed class Run
    {
        private EventTime[] _times = new EventTime[4];
        private T[] _values = new T[4];
        private int _from;
        private int _count;

        public int Capacity => _times.Length;

        public ReadOnlySpan<EventTime> Times => _times.AsSpan(_from, _count);

        public ReadOnlySpan<T> Values => _values.AsSpan(_from, _count);

        public int EndOf(EventTime time)
        {
            int low = 0;
            int high = _count;

            // Most events come in order of time: look at the end first.
            if (_count == 0 || _times[_from + _count - 1] <= time)
                return _count;
            while (low < high)
            {
                int middle = (low + high) / 2;
                if (_times[_from + middle] <= time)
                    low = middle + 1;
                else
                    high = middle;
            }

            return low;
        }

        public void Insert(int at, EventTime time, in T value)
        {
            if (_from + _count == _times.Length)
                MakeRoom();
            int place = _from + at;
            int behind = _count - at;
            if (behind > 0)
            {
                Array.Copy(_times, place, _times, place + 1, behind);
                Array.Copy(_values, place, _values, place + 1, behind);
            }

            _times[place] = time;
            _values[place] = value;
            _count++;
        }

        public void Replace(int at, in T value) => _values[_from + at] = value;

        public void RemoveFirst(int count)
        {
            if (RuntimeHelpers.IsReferenceOrContainsReferences<T>())
                Array.Clear(_values, _from, count);
            _count -= count;
            _from = _count == 0 ? 0 : _from + count;
        }

        // Moving to the front is paid for by the events that were freed there: at least as many as are moved.
        private void MakeRoom()
        {
            EventTime[] times = _times;
            T[] values = _values;
            bool move = _from >= _count;
            if (!move)
            {
                _times = new EventTime[times.Length * 2];
                _values = new T[times.Length * 2];
            }

            Array.Copy(times, _from, _times, 0, _count);
            Array.Copy(values, _from, _values, 0, _count);
            if (move && RuntimeHelpers.IsReferenceOrContainsReferences<T>())
                Array.Clear(_values, _count, _from);
            _from = 0;
        }
    }
}
