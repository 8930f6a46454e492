namespace Weir.Engine.Operators;

using Weir.Engine.Codecs;
using Weir.Engine.Snapshots;
using Weir.Engine.Timers;

/// <content>
/// Keys in segments. A record is the key as a blob, its number, what the view shows of it, its quarantine, and what the
/// kind of operator keeps of a row. A segment of changes has the whole records of keys that were touched since the last
/// capture, and the names of those that went.
/// </content>
internal abstract partial class KeyedOperator<TKey, TOut>
{
    private readonly ByteWriter _keyBytes = new();
    private byte[]? _schema;
    private long _captures;

    public override bool HasChanges => Keys.HasChanges || IsSharedTouched || NeedsBase;

    /// <summary>Whether what all keys share has changed since the last capture.</summary>
    protected bool IsSharedTouched { get; set; }

    private string Schema => $"keys {_keyCodec.Schema}, view {View?.Schema ?? "none"}, {StateSchema}";

    /// <summary>Names of timers, in order of their letters.</summary>
    protected virtual IReadOnlyList<string> TimerNames => [];

    /// <summary>
    /// Writes what a record's bytes mean beyond <see cref="StateSchema"/>, and what decides when its contents expire.
    /// </summary>
    protected virtual void WriteSchema(ByteWriter writer)
    {
    }

    protected virtual void ReadSchema(ByteReader reader)
    {
    }

    /// <summary>Takes over names of timers beside those that are known.</summary>
    protected virtual void ReadTimerNames(IReadOnlyList<string> names)
    {
        if (names.Count > 0)
            throw new CorruptDataException($"'{_name}' has no names of timers, and the segment has '{names[0]}'");
    }

    /// <summary>Writes what the operator holds beside its keys.</summary>
    protected virtual void WriteShared(ByteWriter writer)
    {
    }

    protected virtual void ReadShared(ByteReader reader)
    {
    }

    /// <summary>What is there has been captured or has just been read; changes count from here on.</summary>
    protected virtual void EndCapture()
    {
        Keys.EndCapture();
        IsSharedTouched = false;
        NeedsBase = false;
    }

    public sealed override bool IsOwn(SegmentHeader header) => header.Schema.Span.SequenceEqual(OwnSchema());

    public sealed override (uint Hash, ReadOnlyMemory<byte> Key) Locate(ReadOnlyMemory<byte> key)
    {
        TKey value = KeyFrom(key);
        return (_hasher.Hash(value), BytesOf(value));
    }

    public sealed override ReadOnlyMemory<byte> WriteSegment(ReadOnlyMemory<byte> time)
    {
        var segment = new SegmentWriter();
        Write(segment, time, Keys.InOrder());
        WriteOthers(segment, isBase: true);
        return segment.Finish();
    }

    public sealed override SegmentCopy Capture(bool isBase)
    {
        // What the capture before has not copied is still as it was then.
        FinishCopying();
        BeforeLook();
        var segment = new SegmentWriter(isBase);
        BeginSegment(segment, default);
        foreach ((TKey key, uint hash) in isBase ? [] : Keys.Removed)
        {
            // A key that came back has a record of its own.
            if (Keys.Find(key, hash) < 0)
                AddRemoval(segment, key, hash);
        }

        WriteOthers(segment, isBase);
        SegmentCopy copy = CopyOf(segment, isBase);
        EndCapture();
        return copy;
    }

    public sealed override ReadOnlyMemory<byte> WriteChanges(IEnumerable<(uint Hash, ReadOnlyMemory<byte> Key)> removed)
    {
        var segment = new SegmentWriter(isBase: false);
        Write(segment, default, Keys.InOrder());
        foreach ((uint hash, ReadOnlyMemory<byte> key) in removed)
            segment.AddRemoval(hash, key.Span);
        return segment.Finish();
    }

    public sealed override IEnumerable<(ReadOnlyMemory<byte> Key, long Birth, ReadOnlyMemory<byte> Segment)> WriteEach()
    {
        BeforeLook();
        var timers = new RowTimers(new OwnedTimers(EventTimers), new OwnedTimers(ClockTimers));
        byte[] time = WriteTime();
        foreach (int row in Keys.InOrder())
        {
            var segment = new SegmentWriter();
            BeginSegment(segment, time);
            WriteRecord(segment, row, timers);
            yield return (BytesOf(Keys.Key(row)), Keys.Birth(row), segment.Finish());
        }
    }

    public sealed override void Read(IReadOnlyList<SegmentReader> chain)
    {
        ReadHeader(SegmentHeader.OfChain(chain));
        var timers = new RowTimers(new OwnedTimers(), new OwnedTimers());
        var reader = new ByteReader();
        ReadRecords(chain, reader, timers);
        EndRead(timers);
    }

    public sealed override void ReadEach(IReadOnlyList<SegmentReader> segments)
    {
        var timers = new RowTimers(new OwnedTimers(), new OwnedTimers());
        var reader = new ByteReader();
        foreach (SegmentReader segment in segments)
        {
            SegmentHeader header = SegmentHeader.Read(segment);
            ReadTime(header.Time);
            ReadHeader(header);
            ReadRecords([segment], reader, timers);
        }

        EndRead(timers);
    }

    public sealed override void ReadOne(SegmentHeader header, ReadOnlyMemory<byte> record)
    {
        ReadHeader(header);
        var timers = new RowTimers(new OwnedTimers(), new OwnedTimers());
        var reader = new ByteReader();
        var stored = StoredRecord.Read(0, record, reader);
        ReadRecord(in stored, reader, 0, timers);
        EndRead(timers);
    }

    private SegmentCopy CopyOf(SegmentWriter segment, bool isBase)
    {
        // The next capture begins when all of this one has been copied.
        long number = ++_captures;
        var copy = new SegmentCopy(segment, most => number == _captures && Keys.CopyNext(most));
        var timers = new RowTimers(new OwnedTimers(EventTimers), new OwnedTimers(ClockTimers));
        Keys.BeginCopying(isBase, row =>
        {
            try
            {
                WriteRecord(segment, row, timers);
            }
            catch (Exception fault) when (fault is not OutOfMemoryException)
            {
                // It is not the fault of the event that the key is copied for.
                Keys.StopCopying();
                copy.Fail(fault);
            }
        });
        return copy;
    }

    private void Write(SegmentWriter segment, ReadOnlyMemory<byte> time, int[] rows)
    {
        BeforeLook();
        BeginSegment(segment, time);
        var timers = new RowTimers(new OwnedTimers(EventTimers), new OwnedTimers(ClockTimers));
        foreach (int row in rows)
            WriteRecord(segment, row, timers);
    }

    private void BeginSegment(SegmentWriter segment, ReadOnlyMemory<byte> time)
    {
        var shared = new ByteWriter();
        WriteShared(shared);
        new SegmentHeader(time, OwnSchema(), TimerNames, shared.WrittenMemory).Write(segment.Writer);
        segment.EndHeader();
    }

    /// <summary>Adds the records of keys that have no row, and the names of those that went.</summary>
    /// <param name="segment">Its header has been written.</param>
    /// <param name="isBase">Whether of all, or of what changed since the last capture.</param>
    protected virtual void WriteOthers(SegmentWriter segment, bool isBase)
    {
    }

    protected void BeginRecord(SegmentWriter segment, TKey key, long birth)
    {
        int blob = segment.Writer.BeginFrame();
        _keyCodec.Write(segment.Writer, in key);
        segment.Writer.EndFrame(blob);
        segment.Writer.WriteVarint((ulong)birth);
    }

    protected void AddRemoval(SegmentWriter segment, TKey key, uint hash) =>
        segment.AddRemoval(hash, BytesOf(key).Span);

    private void WriteRecord(SegmentWriter segment, int row, RowTimers timers)
    {
        BeginRecord(segment, Keys.Key(row), Keys.Birth(row));
        View?.Write(row, segment.Writer);
        WriteHeld(row, segment.Writer);
        WriteRow(row, segment.Writer, timers);
        segment.EndRecord(Keys.Hash(row));
    }

    // Rows are taken in the order in which the keys once came.
    private void ReadRecords(IReadOnlyList<SegmentReader> chain, ByteReader reader, RowTimers timers)
    {
        StoredRecord[] records = [.. SegmentChain.Records(chain)];
        Array.Sort(records, static (left, right) => left.Birth.CompareTo(right.Birth));
        long last = 0;
        foreach (ref readonly StoredRecord record in records.AsSpan())
            last = ReadRecord(in record, reader, last, timers);
    }

    // Two keys with the same number would change places from restore to restore.
    private long ReadRecord(in StoredRecord record, ByteReader reader, long last, RowTimers timers)
    {
        TKey key = KeyFrom(record.Key, reader);
        if (key is null || record.Birth <= last || record.Birth >= Keys.NextBirth)
            throw new CorruptDataException("a key of the segment is null or has an impossible number");
        uint hash = _hasher.Hash(key);
        if (Keys.Find(key, hash) >= 0)
            throw new CorruptDataException("the segment holds the same key twice");
        int row = Keys.Add(key, hash, record.Birth);
        reader.Reset(record.Bytes);
        reader.ReadBlob();
        reader.ReadVarint();
        View?.Read(row, reader);
        ReadHeld(row, reader);
        ReadRow(row, reader, timers);
        if (reader.Remaining > 0)
            throw new CorruptDataException($"{reader.Remaining} bytes of a key's record were not understood");
        return record.Birth;
    }

    private void EndRead(RowTimers timers)
    {
        bool needsBase = NeedsBase;
        EndCapture();
        NeedsBase = needsBase;
        timers.Event.RestoreTo(EventTimers);
        timers.Clock.RestoreTo(ClockTimers);
        CheckHeld();
        AfterRead();
    }

    private void ReadHeader(SegmentHeader header)
    {
        var reader = new ByteReader(header.Schema);
        string? name = reader.ReadString();
        string? schema = reader.ReadString();
        if (name != _name || schema != Schema)
            throw new CorruptDataException($"the segment is of '{name}' with {schema}, not of '{_name}' with {Schema}");
        ReadSchema(reader);
        ReadTimerNames(header.Names);
        var shared = new ByteReader(header.Shared);
        ReadShared(shared);
        if (reader.Remaining > 0 || shared.Remaining > 0)
            throw new CorruptDataException("the header of the segment was not understood");
        NeedsBase |= !IsOwn(header);
    }

    private byte[] OwnSchema()
    {
        if (_schema is not null)
            return _schema;
        var writer = new ByteWriter();
        writer.WriteString(_name);
        writer.WriteString(Schema);
        WriteSchema(writer);
        return _schema = writer.ToArray();
    }

    private ReadOnlyMemory<byte> BytesOf(TKey key)
    {
        _keyBytes.Clear();
        _keyCodec.Write(_keyBytes, in key);
        return _keyBytes.ToArray();
    }

    private TKey KeyFrom(ReadOnlyMemory<byte> bytes, ByteReader reader)
    {
        reader.Reset(bytes);
        TKey key = _keyCodec.Read(reader);
        return reader.Remaining == 0
            ? key
            : throw new CorruptDataException($"the bytes of a key go on behind a key of '{_name}'");
    }
}

/// <summary>The timers of both domains while records are written or read.</summary>
internal sealed record RowTimers(OwnedTimers Event, OwnedTimers Clock);
