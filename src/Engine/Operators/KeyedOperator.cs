namespace Weir.Engine.Operators;

using Weir.Engine.Codecs;
using Weir.Engine.Errors;
using Weir.Engine.Graph;
using Weir.Engine.Snapshots;
using Weir.Engine.State;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Engine.Timers;

/// <summary>The operator of one key group, as the group's program drives it.</summary>
internal abstract class KeyedOperator : GroupOperator
{
    private const long MaxNumber = 1L << 62;

    public EventTime Watermark { get; protected set; } = EventTime.MinValue;

    public EventTime Clock { get; protected set; } = EventTime.MinValue;

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

    /// <summary>When something waits for the ingestion clock next, or the maximum.</summary>
    public virtual EventTime NextClockTimer => ClockTimers.Next;

    public override bool WaitsForClock => ClockTimers.Count > 0;

    /// <summary>As <see cref="GroupOperator.Apply"/>, for an operator whose function may wait.</summary>
    public virtual ValueTask ApplyAsync(Slice slice, int from, int to)
    {
        Apply(slice, from, to);
        return ValueTask.CompletedTask;
    }

    /// <summary>States the time without firing anything.</summary>
    public void SetTime(EventTime watermark, EventTime clock)
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
        return FireAsync(TimeDomain.Processing, clock);
    }

    /// <summary>Moves the watermark and fires what is due, in order of time.</summary>
    public override void AdvanceWatermark(EventTime watermark)
    {
        Watermark = watermark;
        while (EventTimers.TryTake(watermark, out DueTimer timer))
            OnTimer(timer, TimeDomain.Event);
        OnWatermark();
    }

    /// <summary>Moves the ingestion clock and fires what is due, in order of time.</summary>
    public override void AdvanceClock(EventTime clock)
    {
        Clock = clock;
        OnClock();
        while (ClockTimers.TryTake(clock, out DueTimer timer))
            OnTimer(timer, TimeDomain.Processing);
    }

    public sealed override void Read(SegmentReader segment) => ReadAll([segment]);

    /// <summary>Reads segments that hold different keys of one group.</summary>
    public abstract void ReadAll(IReadOnlyList<SegmentReader> segments);

    /// <summary>Every key by itself: its bytes, its number, and a segment that holds only it.</summary>
    public abstract IEnumerable<(ReadOnlyMemory<byte> Key, long Birth, byte[] Segment)> WriteEach();

    protected TimerQueue TimersOf(TimeDomain domain) => domain == TimeDomain.Event ? EventTimers : ClockTimers;

    protected abstract void OnTimer(DueTimer timer, TimeDomain domain);

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

    protected void WriteTime(ByteWriter writer)
    {
        writer.WriteSigned(Watermark.Milliseconds);
        writer.WriteSigned(Clock.Milliseconds);
        writer.WriteSigned(LateEvents);
        writer.WriteSigned(DeadLetters);
        writer.WriteSigned(CommandsTo);
        writer.WriteSigned(EventTimers.NextSequence);
        writer.WriteSigned(ClockTimers.NextSequence);
    }

    protected void ReadTime(ByteReader reader)
    {
        Watermark = new EventTime(reader.ReadSigned());
        Clock = new EventTime(reader.ReadSigned());
        LateEvents += reader.ReadSigned();
        DeadLetters += reader.ReadSigned();
        CommandsTo = Math.Max(CommandsTo, reader.ReadSigned());
        EventTimers.NextSequence = Math.Max(EventTimers.NextSequence, ReadNext(reader));
        ClockTimers.NextSequence = Math.Max(ClockTimers.NextSequence, ReadNext(reader));
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

/// <summary>
/// What all operators with keys share: the table of keys, timers, the view, and the form of a key's record in a
/// segment. Invariant: a key has a row exactly while it owns something.
/// </summary>
internal abstract class KeyedOperator<TKey, TOut> : KeyedOperator
    where TKey : notnull
{
    private readonly Codec<TKey> _keyCodec;
    private readonly KeyHasher<TKey> _hasher;
    private readonly string _name;

    protected KeyedOperator(OperatorNode<TKey, TOut> node, Stage stage)
    {
        _name = node.Name;
        _keyCodec = stage.Plan.Codecs.For<TKey>();
        _hasher = KeyHasher<TKey>.For(_keyCodec);
        Output = node.Receivers(stage);
        if (node.View is { } view)
            View = ViewColumn.Create(view, stage.Plan.Codecs);
    }

    public override int Rows => Keys.Count;

    public override long NextBirth
    {
        get => Keys.NextBirth;
        set => Keys.NextBirth = value;
    }

    private string Schema => $"keys {_keyCodec.Schema}, view {View?.Schema ?? "none"}, {StateSchema}";

    protected KeyTable<TKey> Keys { get; } = new();

    protected Receiver<TOut> Output { get; }

    protected ViewColumn? View { get; }

    /// <summary>
    /// What the bytes of a row mean, in words: state written under one schema must not be read under another.
    /// </summary>
    protected abstract string StateSchema { get; }

    /// <summary>Whether the row owns nothing beside the view.</summary>
    protected abstract bool IsRowEmpty(int row);

    protected abstract void WriteRow(int row, ByteWriter writer, RowTimers timers);

    protected abstract void ReadRow(int row, ByteReader reader, RowTimers timers);

    protected abstract void InspectRow(
        int row, List<OpenWindow> windows, List<PendingTimer> timers, List<HeldState> state);

    /// <summary>What the view shows of a row, or null.</summary>
    protected abstract ViewReading? ReadView(int row);

    /// <summary>Writes what the operator holds beside its keys.</summary>
    protected virtual void WriteShared(ByteWriter writer)
    {
    }

    protected virtual void ReadShared(ByteReader reader)
    {
    }

    /// <summary>Everything has been read.</summary>
    protected virtual void AfterRead()
    {
    }

    /// <summary>Somebody is about to look at everything: all of it has to be where it belongs.</summary>
    protected virtual void BeforeLook()
    {
    }

    /// <summary>Whether the row is in quarantine, and so must stay though it may own nothing else.</summary>
    protected virtual bool IsHeld(int row) => false;

    /// <summary>The quarantine of a row, or null.</summary>
    protected virtual QuarantinedKey? HeldOf(int row) => null;

    protected virtual void WriteHeld(int row, ByteWriter writer) => writer.WriteBool(false);

    protected virtual void ReadHeld(int row, ByteReader reader)
    {
        if (reader.ReadBool())
            throw new CorruptDataException($"'{_name}' can not hold keys in quarantine");
    }

    /// <summary>Refuses a quarantine that has been read and could not be released or discarded.</summary>
    protected virtual void CheckHeld()
    {
    }

    // A slice of another process can hold an event whose key is null; a row of null could never be restored.
    protected int RowOf(TKey key) => key is null
        ? throw new OperatorFailedException(
            new FailedCall(_name, null, EventTime.None, null),
            new CorruptDataException("an event of the slice has no key"))
        : Keys.GetOrAdd(key, _hasher.Hash(key));

    protected void RemoveRowIfEmpty(int row)
    {
        if (IsRowEmpty(row) && !IsHeld(row) && View?.IsEmpty(row) != false)
            Keys.Remove(row);
    }

    public sealed override void Write(SegmentWriter segment)
    {
        BeforeLook();
        Write(segment, Keys.InOrder(), new RowTimers(new OwnedTimers(EventTimers), new OwnedTimers(ClockTimers)));
    }

    public sealed override IEnumerable<(ReadOnlyMemory<byte> Key, long Birth, byte[] Segment)> WriteEach()
    {
        BeforeLook();
        var timers = new RowTimers(new OwnedTimers(EventTimers), new OwnedTimers(ClockTimers));
        foreach (int row in Keys.InOrder())
        {
            var key = new ByteWriter();
            _keyCodec.Write(key, Keys.Key(row));
            var segment = new SegmentWriter();
            Write(segment, [row], timers);
            yield return (key.WrittenMemory, Keys.Birth(row), segment.Finish());
        }
    }

    private void Write(SegmentWriter segment, int[] rows, RowTimers timers)
    {
        ByteWriter header = segment.Writer;
        header.WriteString(_name);
        header.WriteString(Schema);
        WriteTime(header);
        header.WriteSigned(Keys.NextBirth);
        WriteShared(header);
        segment.EndHeader();
        foreach (int row in rows)
        {
            TKey key = Keys.Key(row);
            int record = segment.BeginRecord(_hasher.Hash(key));
            _keyCodec.Write(segment.Writer, in key);
            segment.Writer.WriteSigned(Keys.Birth(row));
            View?.Write(row, segment.Writer);
            WriteHeld(row, segment.Writer);
            WriteRow(row, segment.Writer, timers);
            segment.EndRecord(record);
        }
    }

    public sealed override void ReadAll(IReadOnlyList<SegmentReader> segments)
    {
        var timers = new RowTimers(new OwnedTimers(), new OwnedTimers());
        foreach (SegmentReader segment in segments)
            Read(segment, timers);
        timers.Event.RestoreTo(EventTimers);
        timers.Clock.RestoreTo(ClockTimers);
        CheckHeld();
        AfterRead();
    }

    private void Read(SegmentReader segment, RowTimers timers)
    {
        ByteReader header = segment.Header;
        string? name = header.ReadString();
        string? schema = header.ReadString();
        if (name != _name || schema != Schema)
            throw new CorruptDataException($"the segment is of '{name}' with {schema}, not of '{_name}' with {Schema}");
        ReadTime(header);
        long next = ReadNext(header);
        Keys.NextBirth = Math.Max(Keys.NextBirth, next);
        ReadShared(header);
        if (next == 0 || header.Remaining > 0)
            throw new CorruptDataException("the header of the segment was not understood");
        long last = 0;
        foreach (ByteReader record in segment.AllRecords())
        {
            int row = AddRow(_keyCodec.Read(record), record.ReadSigned(), last);
            last = Keys.Birth(row);
            View?.Read(row, record);
            ReadHeld(row, record);
            ReadRow(row, record, timers);
        }
    }

    public sealed override ViewReading? Find(ReadOnlyMemory<byte> key) =>
        FindRow(key) is >= 0 and var row ? ReadView(row) : null;

    public sealed override KeyInspection? Inspect(ReadOnlyMemory<byte> key, int group)
    {
        int row = FindRow(key);
        if (row < 0)
            return null;
        List<OpenWindow> windows = [];
        List<PendingTimer> timers = [];
        List<HeldState> state = [];
        BeforeLook();
        InspectRow(row, windows, timers, state);
        return new KeyInspection(
            Keys.Key(row), group, Watermark, Clock,
            [.. windows.OrderBy(window => window.Window.Start)],
            [.. timers.OrderBy(timer => timer.Time)],
            state)
        {
            Quarantine = HeldOf(row),
        };
    }

    public sealed override KeyPage ViewKeys(long from, int limit)
    {
        var keys = new List<object>();
        foreach (int row in Keys.InOrder())
        {
            if (Keys.Birth(row) < from || ReadView(row) is null)
                continue;
            if (keys.Count == limit)
                return new KeyPage(keys, Keys.Birth(row));
            keys.Add(Keys.Key(row));
        }

        return new KeyPage(keys, null);
    }

    // Keys come in the order of their numbers: two with the same one would change places from restore to restore.
    private int AddRow(TKey key, long birth, long last)
    {
        if (key is null || birth <= last || birth >= Keys.NextBirth)
            throw new CorruptDataException("a key of the segment is null or has an impossible number");
        uint hash = _hasher.Hash(key);
        return Keys.Find(key, hash) < 0
            ? Keys.Add(key, hash, birth)
            : throw new CorruptDataException("the segment holds the same key twice");
    }

    /// <summary>The row of a key, or -1.</summary>
    protected int Find(TKey key) => Keys.Find(key, _hasher.Hash(key));

    /// <summary>The row of a key given as bytes, or -1.</summary>
    protected int FindRow(ReadOnlyMemory<byte> bytes)
    {
        var reader = new ByteReader(bytes);
        TKey key = _keyCodec.Read(reader);
        if (key is null || reader.Remaining > 0)
            throw new CorruptDataException($"the bytes are no key of '{_name}'");
        return Find(key);
    }
}

/// <summary>The timers of both domains while records are written or read.</summary>
internal sealed record RowTimers(OwnedTimers Event, OwnedTimers Clock);
