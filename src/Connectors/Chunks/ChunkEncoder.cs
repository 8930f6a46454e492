namespace Weir.Connectors.Chunks;

using System.Buffers.Binary;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Protocol.Logs;

/// <summary>
/// Packs the batches of an append into chunks, so that hundreds of small batches cost one row.
/// Invariant: a chunk holds whole batches, and only a chunk of a single batch is larger than
/// <see cref="MaxChunkBytes"/>. Used by the writer alone; the directory's buffer is reused.
/// </summary>
/// <remarks>
/// A body is: format (1 byte), length of the directory (4 bytes, little endian), the directory, the payloads one after
/// the other. An entry of the directory is the kind (1 byte) and, for events, the schema's number, the count and the
/// length of the payload as varints; for an advance, its time (8 bytes); for a gap, which can only be the last, the number
/// of its offsets as a varint. Example: one batch of 2 events in 6 bytes
/// with schema 1 is <c>01 04000000 00 01 02 06</c> and the 6 bytes.
/// </remarks>
internal sealed class ChunkEncoder(Func<string, int> schemaNumber)
{
    public const byte Format = 1;

    /// <summary>The kind of an entry for offsets that were taken back, behind the kinds of batches.</summary>
    public const byte Gap = 4;

    public const int HeaderBytes = 1 + sizeof(int);
    public const int MaxChunkBytes = 1 << 20;

    private const int MaxEntryBytes = 1 + (3 * Varint.MaxBytes);

    private byte[] _directory = new byte[4096];
    private int _directoryBytes;

    /// <summary>
    /// Packs as many batches as fit, beginning at <paramref name="index"/>, which is moved behind them.
    /// </summary>
    public Chunk Encode(TrimmedBatches batches, ref int index, ChunkPlace place)
    {
        _directoryBytes = 0;
        int begin = index;
        int payload = 0;
        long next = place.From;
        for (; index < batches.Count; index++)
        {
            NewBatch batch = batches[index];
            int size = HeaderBytes + _directoryBytes + MaxEntryBytes + payload + batch.Payload.Length;
            if (index > begin && size > MaxChunkBytes)
                break;
            AddEntry(batch);
            payload += batch.Payload.Length;
            next += AppendCheck.OffsetsOf(batch);
        }
        byte[] body = Pack(batches.Range(begin, index), payload);
        return new Chunk
        {
            Partition = place.Partition,
            From = place.From,
            Next = next,
            Stamp = place.Stamp,
            PayloadBytes = payload,
            Body = body,
        };
    }

    /// <summary>
    /// The beginning of a chunk again, and a gap up to its end. Example: of a chunk of offsets 10 to 15 in batches of 2
    /// and 3 events, kept below 13, a batch of 2, one of 1 event and a gap of 2 offsets.
    /// </summary>
    /// <param name="chunk">The chunk.</param>
    /// <param name="kept">Its batches as far as they stay.</param>
    public Chunk EncodeCut(Chunk chunk, IReadOnlyList<NewBatch> kept)
    {
        _directoryBytes = 0;
        int payload = 0;
        long next = chunk.From;
        foreach (NewBatch batch in kept)
        {
            AddEntry(batch);
            payload += batch.Payload.Length;
            next += AppendCheck.OffsetsOf(batch);
        }

        Reserve();
        _directory[_directoryBytes++] = Gap;
        AddVarint((ulong)(chunk.Next - next));
        return new Chunk
        {
            Partition = chunk.Partition,
            From = chunk.From,
            Next = chunk.Next,
            Stamp = chunk.Stamp,
            PayloadBytes = payload,
            Body = Pack(kept, payload),
        };
    }

    /// <summary>The chunk of an end batch.</summary>
    public static Chunk EncodeEnd(ChunkPlace place) => new()
    {
        Partition = place.Partition,
        From = place.From,
        Next = place.From + 1,
        Stamp = place.Stamp,
        PayloadBytes = 0,
        Body = [Format, 1, 0, 0, 0, (byte)BatchKind.End],
    };

    private byte[] Pack(IEnumerable<NewBatch> batches, int payloadBytes)
    {
        byte[] body = GC.AllocateUninitializedArray<byte>(HeaderBytes + _directoryBytes + payloadBytes);
        body[0] = Format;
        BinaryPrimitives.WriteInt32LittleEndian(body.AsSpan(1), _directoryBytes);
        _directory.AsSpan(0, _directoryBytes).CopyTo(body.AsSpan(HeaderBytes));
        Span<byte> target = body.AsSpan(HeaderBytes + _directoryBytes);
        foreach (NewBatch batch in batches)
        {
            ReadOnlySpan<byte> payload = batch.Payload.Span;
            payload.CopyTo(target);
            target = target[payload.Length..];
        }

        return body;
    }

    private void Reserve()
    {
        if (_directory.Length < _directoryBytes + MaxEntryBytes)
            Array.Resize(ref _directory, _directory.Length * 2);
    }

    private void AddEntry(in NewBatch batch)
    {
        Reserve();
        _directory[_directoryBytes++] = (byte)batch.Kind;
        if (batch.Kind == BatchKind.Events)
        {
            AddVarint((ulong)schemaNumber(batch.Schema ?? ""));
            AddVarint((ulong)batch.Count);
            AddVarint((ulong)batch.Payload.Length);
        }
        else if (batch.Kind == BatchKind.Advance)
        {
            BinaryPrimitives.WriteInt64LittleEndian(_directory.AsSpan(_directoryBytes), batch.Time.Milliseconds);
            _directoryBytes += sizeof(long);
        }
    }

    private void AddVarint(ulong value) =>
        _directoryBytes += Varint.Write(_directory.AsSpan(_directoryBytes), value);
}

/// <summary>Where a chunk begins and when it was appended.</summary>
internal readonly record struct ChunkPlace(long Partition, long From, EventTime Stamp);
