namespace Weir.Connectors.Chunks;

using Weir.Engine.Streams;
using Weir.Protocol.Logs;

/// <summary>What a chunk becomes when some of it is taken back.</summary>
/// <param name="By">The chunk that takes its place.</param>
/// <param name="PayloadBytes">How many of the partition's payload bytes go; what lies below its first offset does not
/// count any more.</param>
/// <param name="Offsets">How many offsets go that were not gone before.</param>
/// <param name="IsWhole">Whether nothing of it stays.</param>
internal sealed record ChunkReplacement(Chunk By, long PayloadBytes, long Offsets, bool IsWhole);

/// <summary>The beginning of a chunk.</summary>
internal static class ChunkCut
{
    /// <summary>
    /// Takes back what a chunk holds from a sequence on. Example: a chunk of offsets [10, 16) whose last is sequence 25
    /// holds sequence 22 at offset 12; taken back from 22 on, it keeps 2 offsets and has a gap of 4.
    /// </summary>
    public static ChunkReplacement TakeBack(
        Chunk chunk, ChunkOrigin origin, long fromSequence, (long First, ChunkEncoder Encoder, SchemaNames Names) partition)
    {
        long keep = Math.Max(chunk.From, origin.Next - (origin.NextSequence - fromSequence));
        (List<NewBatch> kept, long end) = Keep(chunk, keep, partition.Names);
        Chunk by = partition.Encoder.EncodeCut(chunk, kept);
        long bytes = BytesFrom(chunk, partition.First, partition.Names) - BytesFrom(by, partition.First, partition.Names);
        return new ChunkReplacement(by, bytes, Math.Max(0, end - keep), IsWhole: keep == chunk.From);
    }

    private static long BytesFrom(Chunk chunk, long first, SchemaNames names)
    {
        if (first <= chunk.From)
            return chunk.PayloadBytes;
        long bytes = 0;
        var decoder = new ChunkDecoder(chunk, names);
        while (decoder.TryRead(out EventBatch batch))
            bytes += batch.From < first ? 0 : batch.Payload.Length;
        return bytes;
    }

    /// <summary>What a chunk holds below an offset, and where its content ends, which is where its gap begins if it has
    /// one. A batch that goes beyond is cut.</summary>
    public static (List<NewBatch> Kept, long End) Keep(Chunk chunk, long below, SchemaNames names)
    {
        var kept = new List<NewBatch>();
        long end = chunk.From;
        var decoder = new ChunkDecoder(chunk, names);
        while (decoder.TryRead(out EventBatch batch))
        {
            if (decoder.IsGap)
                continue;
            end = batch.Next;
            if (batch.From < below)
                kept.Add(Cut(batch, below));
        }

        return (kept, end);
    }

    private static NewBatch Cut(in EventBatch batch, long below)
    {
        int count = (int)Math.Min(batch.Count, below - batch.From);
        return new NewBatch
        {
            Kind = batch.Kind,
            Count = batch.Kind == BatchKind.Events ? count : 0,
            Time = batch.Time,
            Schema = batch.Schema,
            Payload = count == batch.Count ? batch.Payload : First(batch, count),
        };
    }

    private static ReadOnlyMemory<byte> First(in EventBatch batch, int events)
    {
        int bytes = 0;
        ReadOnlySpan<byte> payload = batch.Payload.Span;
        for (int i = 0; i < events; i++)
        {
            ReadOnlySpan<byte> rest = payload[bytes..];
            if (!Varint.TryRead(rest, out ulong size, out int length) || size > (ulong)(rest.Length - length))
                throw new EventLogException(
                    EventLogError.Corrupt,
                    $"The batch at offset {batch.From} can not be taken back in part: its event {i} does not begin with its "
                    + "length in bytes; take back the whole batch.");
            bytes += length + (int)size;
        }

        return batch.Payload[..bytes];
    }
}
