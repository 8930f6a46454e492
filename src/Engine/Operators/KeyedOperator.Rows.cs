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
