namespace Weir.Engine.Operators;

using Weir.Engine.Codecs;
using Weir.Engine.Errors;
using Weir.Engine.Graph;
using Weir.Engine.Snapshots;
using Weir.Engine.State;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Engine.Timers;

/// <summary>
/// The operator of one key group, as the group's program drives it. Invariant: of both clocks, nothing is pending that
/// was due at the last step, except what a function has set since for a time already past.
/// </summary>
internal abstract class KeyedOperator(JobPlan plan) : GroupOperator
{
    private const long MaxNumber = 1L << 62;

    public EventTime Watermark { get; protected set; } = EventTime.MinValue;

    public EventTime Clock { get; protected set; } = EventTime.MinValue;

    /// <summary>The last instant of the ingestion clock whose timers are due.</summary>
    public EventTime DueClock => plan.LastDue(Clock);

    public TimerQueue EventTimers { get; } = new();

    public TimerQueue ClockTimers { get; } = new();

    /// <summary>When the timer that fires at the moment was due; the minimum when none does.</summary>
    public EventTime Firing { get; private set; } = EventTime.MinValue;

    /// <summary>Whether timers fire because the watermark moved, and not the clock.</summary>
    public bool IsFiringByWatermark { get; private set; }

    /// <summary>Ends what a function that may wait waits for.</summary>
    public CancellationToken Cancellation { get; set; }

    /// <summary>What the next new key is numbered with.</summary>
    public abstract long NextBirth { get; set; }

    public override EventTime NextEventTimer => EventTimers.Next;

    public override EventTime NextClockTimer => ClockTimers.Next;

    public override bool WaitsForClock => ClockTimers.Count > 0;

    /// <summary>As <see cref="GroupOperator.Apply"/>, for an operator whose function may wait.</summary>
    public virtual ValueTask ApplyAsync(Slice slice, int from, int to)
    {
        Apply(slice, from, to);
        return ValueTask.CompletedTask;
    }

    public sealed override void SetTime(EventTime watermark, EventTime clock)
    {
        bool goesOn = clock > Clock;
        Watermark = watermark;
        Clock = clock;
        if (goesOn)
            OnClock();
    }

    public void SetCounts(long late, long dead)
    {
        LateEvents = late;
        DeadLetters = dead;
    }

    /// <summary>As <see cref="AdvanceWatermark"/>, for an operator whose function may wait.</summary>
    public async ValueTask AdvanceWatermarkAsync(EventTime watermark)
    {
        Watermark = watermark;
        await FireAsync(TimeDomain.Event, watermark);
        OnWatermark();
    }

    /// <summary>As <see cref="AdvanceClock"/>, for an operator whose function may wait.</summary>
    public ValueTask AdvanceClockAsync(EventTime clock)
    {
        Clock = clock;
        OnClock();
        return FireAsync(TimeDomain.Processing, DueClock);
    }

    /// <summary>Moves the watermark and fires what is due, in order of time.</summary>
    public override void AdvanceWatermark(EventTime watermark)
    {
        Watermark = watermark;
        while (TryTake(EventTimers, watermark, out DueTimer timer))
            OnTimer(timer, TimeDomain.Event);
        OnWatermark();
    }

    /// <summary>Moves the ingestion clock and fires what is due, in order of time.</summary>
    public override void AdvanceClock(EventTime clock)
    {
        Clock = clock;
        OnClock();
        EventTime due = DueClock;
        while (TryTake(ClockTimers, due, out DueTimer timer))
            OnTimer(timer, TimeDomain.Processing);
    }

    /// <summary>Time and counters, for a segment of this operator that stands alone.</summary>
    public byte[] WriteTime()
    {
        var writer = new ByteWriter();
        writer.WriteSigned(Watermark.Milliseconds);
        writer.WriteSigned(Clock.Milliseconds);
        WriteCounters(writer);
        return writer.ToArray();
    }

    public override void WriteCounters(ByteWriter writer)
    {
        base.WriteCounters(writer);
        writer.WriteSigned(EventTimers.NextSequence);
        writer.WriteSigned(ClockTimers.NextSequence);
        writer.WriteSigned(NextBirth);
    }

    public override void ReadCounters(ByteReader reader)
    {
        base.ReadCounters(reader);
        EventTimers.NextSequence = Math.Max(EventTimers.NextSequence, ReadNext(reader));
        ClockTimers.NextSequence = Math.Max(ClockTimers.NextSequence, ReadNext(reader));
        long birth = ReadNext(reader);
        if (birth == 0)
            throw new CorruptDataException("the keys of the segment have come to the impossible number 0");
        NextBirth = Math.Max(NextBirth, birth);
    }

    /// <summary>States the time as of which a segment is to be read.</summary>
    public void ReadAsOf(EventTime watermark, EventTime clock) => (Watermark, Clock) = (watermark, clock);

    /// <summary>Reads segments that stand alone and hold different keys of one group.</summary>
    public abstract void ReadEach(IReadOnlyList<SegmentReader> segments);

    /// <summary>A segment of changes of an operator that holds nothing but keys that have changed.</summary>
    /// <param name="removed">The keys that went.</param>
    public abstract ReadOnlyMemory<byte> WriteChanges(IEnumerable<(uint Hash, ReadOnlyMemory<byte> Key)> removed);

    /// <summary>Every key by itself: its bytes, its number, and a segment that holds only it.</summary>
    public abstract IEnumerable<(ReadOnlyMemory<byte> Key, long Birth, ReadOnlyMemory<byte> Segment)> WriteEach();

    /// <summary>Reads a single record of a segment.</summary>
    public abstract void ReadOne(SegmentHeader header, ReadOnlyMemory<byte> record);

    /// <summary>The hash by which the index of a segment finds a key, and the key as its record has it.</summary>
    public abstract (uint Hash, ReadOnlyMemory<byte> Key) Locate(ReadOnlyMemory<byte> key);

    protected void ReadTime(ReadOnlyMemory<byte> time)
    {
        var reader = new ByteReader(time);
        ReadAsOf(new EventTime(reader.ReadSigned()), new EventTime(reader.ReadSigned()));
        ReadCounters(reader);
        if (reader.Remaining > 0)
            throw new CorruptDataException("the header of the segment was not understood");
    }

    protected TimerQueue TimersOf(TimeDomain domain) => domain == TimeDomain.Event ? EventTimers : ClockTimers;

    protected abstract void OnTimer(DueTimer timer, TimeDomain domain);

    /// <summary>Whether keys may be left that a capture is still to copy.</summary>
    protected abstract bool IsCopying { get; }

    /// <summary>A timer is about to be taken: its key must have been copied before.</summary>
    protected abstract void BeforeTimer(DueTimer timer);

    private bool TryTake(TimerQueue timers, EventTime now, out DueTimer timer)
    {
        if (IsCopying && timers.TryPeek(now, out DueTimer next))
            BeforeTimer(next);
        return timers.TryTake(now, out timer);
    }

    /// <summary>As <see cref="OnTimer"/>, for an operator whose function may wait.</summary>
    protected virtual ValueTask OnTimerAsync(DueTimer timer, TimeDomain domain)
    {
        OnTimer(timer, domain);
        return ValueTask.CompletedTask;
    }

    private async ValueTask FireAsync(TimeDomain domain, EventTime now)
    {
        IsFiringByWatermark = domain == TimeDomain.Event;
        while (TimersOf(domain).TryTake(now, out DueTimer timer))
        {
            Firing = timer.Time;
            await OnTimerAsync(timer, domain);
        }

        Firing = EventTime.MinValue;
        IsFiringByWatermark = false;
    }

    /// <summary>The watermark rose, and the timers due at it have fired.</summary>
    protected virtual void OnWatermark()
    {
    }

    /// <summary>The ingestion clock moved; its timers have not fired yet.</summary>
    protected virtual void OnClock()
    {
    }

    /// <summary>What something is numbered with next: it must not come to the end of the numbers.</summary>
    protected static long ReadNext(ByteReader reader)
    {
        long next = reader.ReadSigned();
        return next is >= 0 and <= MaxNumber
            ? next
            : throw new CorruptDataException($"the keys or timers of the segment have come to the number {next}");
    }
}
