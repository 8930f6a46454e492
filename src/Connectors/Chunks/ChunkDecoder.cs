namespace Weir.Connectors.Chunks;

using System.Buffers.Binary;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Protocol.Logs;

/// <summary>
/// Walks through the batches of a chunk. Payloads are slices of the chunk's body, nothing is copied. Every length is
/// checked: a chunk that contradicts itself is corrupt, although its checksum is right.
/// </summary>
internal ref struct ChunkDecoder
{
    private readonly Chunk _chunk;
    private readonly SchemaNames _names;
    private readonly int _directoryEnd;
    private int _entry;
    private int _payload;
    private long _offset;

    public ChunkDecoder(Chunk chunk, SchemaNames names)
    {
        _chunk = chunk;
        _names = names;
        _entry = ChunkEncoder.HeaderBytes;
        _offset = chunk.From;
        byte[] body = chunk.Body;
        if (body.Length <= _entry || body[0] != ChunkEncoder.Format)
            throw Damaged("is not of a known format");
        long end = _entry + (long)BinaryPrimitives.ReadUInt32LittleEndian(body.AsSpan(1));
        if (end > body.Length)
            throw Damaged("is shorter than its directory");
        _directoryEnd = (int)end;
        _payload = _directoryEnd;
    }

    /// <summary>Whether the batch that was read last stands for what was taken back.</summary>
    public bool IsGap { get; private set; }

    /// <summary>The next batch; false after the last one.</summary>
    public bool TryRead(out EventBatch batch)
    {
        if (_entry == _directoryEnd)
        {
            if (_offset != _chunk.Next || _payload != _chunk.Body.Length)
                throw Damaged("does not end where it should");
            batch = default;
            return false;
        }
        var kind = (BatchKind)_chunk.Body[_entry++];
        IsGap = kind == (BatchKind)ChunkEncoder.Gap;
        batch = kind switch
        {
            (BatchKind)ChunkEncoder.Gap => ReadGap(),
            BatchKind.Events => ReadEvents(),
            BatchKind.Tick or BatchKind.End => ReadMark(kind, default),
            BatchKind.Advance => ReadMark(kind, ReadTime()),
            _ => throw Damaged("has a batch of an unknown kind"),
        };
        _offset = batch.Next;
        return true;
    }

    private EventBatch ReadEvents()
    {
        string schema = _names.NameOf(ReadNumber());
        int count = ReadNumber();
        int length = ReadNumber();
        if (length > _chunk.Body.Length - _payload)
            throw Damaged("has a batch that is longer than its payload");
        if (count == 0 || count > length)
            throw Damaged("has a batch with a number of events that its payload can not hold");
        var payload = new ReadOnlyMemory<byte>(_chunk.Body, _payload, length);
        _payload += length;
        return new EventBatch
        {
            From = _offset,
            Next = _offset + count,
            Count = count,
            Kind = BatchKind.Events,
            Stamp = _chunk.Stamp,
            Schema = schema,
            Payload = payload,
        };
    }

    private EventBatch ReadGap()
    {
        int offsets = ReadNumber();
        if (offsets == 0)
            throw Damaged("has a gap of nothing");
        return ReadMark(BatchKind.Tick, default) with { Next = _offset + offsets };
    }

    private readonly EventBatch ReadMark(BatchKind kind, EventTime time) => new()
    {
        From = _offset,
        Next = _offset + 1,
        Kind = kind,
        Stamp = _chunk.Stamp,
        Time = time,
        Schema = "",
    };

    private int ReadNumber()
    {
        ReadOnlySpan<byte> rest = _chunk.Body.AsSpan(_entry.._directoryEnd);
        if (!Varint.TryRead(rest, out ulong value, out int length) || value > int.MaxValue)
            throw Damaged("has a number that cannot be read");
        _entry += length;
        return (int)value;
    }

    private EventTime ReadTime()
    {
        if (_directoryEnd - _entry < sizeof(long))
            throw Damaged("ends inside a time");
        long time = BinaryPrimitives.ReadInt64LittleEndian(_chunk.Body.AsSpan(_entry));
        _entry += sizeof(long);
        return new EventTime(time);
    }

    private readonly EventLogException Damaged(string what) => new(
        EventLogError.Corrupt,
        $"The chunk of offsets [{_chunk.From}, {_chunk.Next}) {what}; restore the log from a copy.");
}
