namespace Weir.Connectors.Chunks;

using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Protocol.Logs;

/// <summary>The head of a stored chunk: everything but its body.</summary>
internal readonly record struct ChunkHead(long From, long Next, EventTime Stamp, long PayloadBytes);

/// <summary>
/// One walk from the front of a partition over what a rule removes. Invariant: it never passes
/// <paramref name="keepFrom"/>, and ends between two batches.
/// </summary>
/// <remarks>A boundary may lie inside a chunk: the partition's first offset moves there, the chunk goes when all of it is
/// below.</remarks>
/// <param name="extent">What the partition holds.</param>
/// <param name="rule">What goes.</param>
/// <param name="keepFrom">What stays in any case, from this offset on.</param>
internal sealed class RemovalWalk(PartitionInfo extent, RemovalRule rule, long keepFrom)
{
    /// <summary>The first offset that stays.</summary>
    public long First { get; private set; } = extent.First;

    /// <summary>The payload bytes that stay.</summary>
    public long Bytes { get; private set; } = extent.Bytes;

    /// <summary>How many chunks were removed as a whole.</summary>
    public int Chunks { get; private set; }

    /// <summary>Removes the next chunk if all of it goes. If its last byte goes by the rule, all before it does: whole
    /// chunks need not be read.</summary>
    public bool TryRemoveWhole(ChunkHead head)
    {
        bool isWhole = head.From == First && head.Next <= keepFrom;
        if (!isWhole || !rule.Removes(head.Next, head.Stamp, Bytes - head.PayloadBytes))
            return false;
        First = head.Next;
        Bytes -= head.PayloadBytes;
        Chunks++;
        return true;
    }

    /// <summary>Whether a part of the next chunk may go, so that it has to be read.</summary>
    public bool MayRemovePart(ChunkHead head) => First < keepFrom && rule.Removes(First + 1, head.Stamp, Bytes);

    /// <summary>Removes what goes of the next chunk; false when the walk has ended inside it.</summary>
    public bool RemovePart(Chunk chunk, SchemaNames names)
    {
        var decoder = new ChunkDecoder(chunk, names);
        while (decoder.TryRead(out EventBatch batch))
        {
            if (batch.Next <= First)
                continue;
            if (batch.Next > keepFrom || !rule.Removes(batch.Next, batch.Stamp, Bytes))
                break;
            First = batch.Next;
            Bytes -= batch.Payload.Length;
        }

        if (First < chunk.Next)
            return false;
        Chunks++;
        return true;
    }
}
