namespace Weir.Engine.Operators;

using Weir.Engine.Codecs;
using Weir.Engine.Graph;
using Weir.Engine.Snapshots;
using Weir.Engine.State;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Engine.Timers;

/// <summary>The operator of one key group, as the group's program drives it.</summary>
internal abstract class KeyedOperator
{
    private const long MaxNumber = 1L << 62;

    /// <summary>Events that came too late and went nowhere or to the late output.</summary>
    public long LateEvents { get; protected set; }

    public EventTime Watermark { get; private set; } = EventTime.MinValue;

    public EventTime Clock { get; private set; } = EventTime.MinValue;

    public TimerQueue EventTimers { get; } = new();

    public TimerQueue ClockTimers { get; } = new();

    /// <summary>Number of keys with any state.</summary>
    public abstract int Rows { get; }

    /// <summary>Applies events <c>[from, to)</c> of a slice.</summary>
    public abstract void Apply(Slice slice, int from, int to);

    /// <summary>Moves the watermark and fires what is due, in order of time.</summary>
    public void AdvanceWatermark(EventTime watermark)
    {
        Watermark = watermark;
        while (EventTimers.TryTake(watermark, out DueTimer timer))
            OnTimer(timer, TimeDomain.Event);
    }

    /// <summary>Moves the ingestion clock and fires what is due, in order of time.</summary>
    public void AdvanceClock(EventTime clock)
    {
        Clock = clock;
        while (ClockTimers.TryTake(clock, out DueTimer timer))
            OnTimer(timer, TimeDomain.Processing);
    }

    public abstract void Write(SegmentWriter segment);

    public abstract void Read(SegmentReader segment);

    public abstract ViewReading? Find(ReadOnlyMemory<byte> key);

    public abstract KeyInspection? Inspect(ReadOnlyMemory<byte> key, int group);

    public abstract KeyPage ViewKeys(long from, int limit);

    protected TimerQueue TimersOf(TimeDomain domain) => domain == TimeDomain.Event ? EventTimers : ClockTimers;

    protected abstract void OnTimer(DueTimer timer, TimeDomain domain);

    protected void WriteTime(ByteWriter writer)
    {
        writer.WriteSigned(Watermark.Milliseconds);
        writer.WriteSigned(Clock.Milliseconds);
        writer.WriteSigned(LateEvents);
        writer.WriteSigned(EventTimers.NextSequence);
        writer.WriteSigned(ClockTimers.NextSequence);
    }

    protected void ReadTime(ByteReader reader)
    {
        Watermark = new EventTime(reader.ReadSigned());
        Clock = new EventTime(reader.ReadSigned());
        LateEvents = reader.ReadSigned();
        EventTimers.NextSequence = ReadNext(reader);
        ClockTimers.NextSequence = ReadNext(reader);
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

    // A slice of another process can hold an event whose key is null; a row of null could never be restored.
    protected int RowOf(TKey key) => key is null
        ? throw new OperatorFailedException(
            _name, key, EventTime.None, new CorruptDataException("an event of the slice has no key"))
        : Keys.GetOrAdd(key, _hasher.Hash(key));

    protected void RemoveRowIfEmpty(int row)
    {
        if (IsRowEmpty(row) && View?.IsEmpty(row) != false)
            Keys.Remove(row);
    }

    public sealed override void Write(SegmentWriter segment)
    {
        ByteWriter header = segment.Writer;
        header.WriteString(_name);
        header.WriteString(Schema);
        WriteTime(header);
        header.WriteSigned(Keys.NextBirth);
        WriteShared(header);
        segment.EndHeader();

        var timers = new RowTimers(new OwnedTimers(EventTimers), new OwnedTimers(ClockTimers));
        foreach (int row in Keys.InOrder())
        {
            TKey key = Keys.Key(row);
            int record = segment.BeginRecord(_hasher.Hash(key));
            _keyCodec.Write(segment.Writer, in key);
            segment.Writer.WriteSigned(Keys.Birth(row));
            View?.Write(row, segment.Writer);
            WriteRow(row, segment.Writer, timers);
            segment.EndRecord(record);
        }
    }

    public sealed override void Read(SegmentReader segment)
    {
        ByteReader header = segment.Header;
        string? name = header.ReadString();
        string? schema = header.ReadString();
        if (name != _name || schema != Schema)
            throw new CorruptDataException($"the segment is of '{name}' with {schema}, not of '{_name}' with {Schema}");
        ReadTime(header);
        Keys.NextBirth = ReadNext(header);
        ReadShared(header);
        if (Keys.NextBirth == 0 || header.Remaining > 0)
            throw new CorruptDataException("the header of the segment was not understood");

        var timers = new RowTimers(new OwnedTimers(), new OwnedTimers());
        long last = 0;
        foreach (ByteReader record in segment.AllRecords())
        {
            int row = AddRow(_keyCodec.Read(record), record.ReadSigned(), last);
            last = Keys.Birth(row);
            View?.Read(row, record);
            ReadRow(row, record, timers);
        }

        timers.Event.RestoreTo(EventTimers);
        timers.Clock.RestoreTo(ClockTimers);
        AfterRead();
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
        InspectRow(row, windows, timers, state);
        return new KeyInspection(
            Keys.Key(row), group, Watermark, Clock,
            [.. windows.OrderBy(window => window.Window.Start)],
            [.. timers.OrderBy(timer => timer.Time)],
            state);
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

    private int FindRow(ReadOnlyMemory<byte> bytes)
    {
        var reader = new ByteReader(bytes);
        TKey key = _keyCodec.Read(reader);
        if (key is null || reader.Remaining > 0)
            throw new CorruptDataException($"the bytes are no key of '{_name}'");
        return Keys.Find(key, _hasher.Hash(key));
    }
}

/// <summary>The timers of both domains while records are written or read.</summary>
internal sealed record RowTimers(OwnedTimers Event, OwnedTimers Clock);
