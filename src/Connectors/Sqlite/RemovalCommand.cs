namespace Weir.Connectors.Sqlite;

using Microsoft.Data.Sqlite;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Protocol.Logs;

/// <summary>Which of the oldest batches go: any of the three reasons is enough.</summary>
/// <param name="Before">Batches below this offset.</param>
/// <param name="StampBelow">Batches stamped before this.</param>
/// <param name="BytesAbove">Batches as long as the partition has more payload bytes than this.</param>
internal readonly record struct RemovalRule(long Before, EventTime StampBelow, long BytesAbove)
{
    public static RemovalRule Truncate(long before) => new(before, EventTime.MinValue, long.MaxValue);

    public static RemovalRule Retain(RetentionPolicy policy, EventTime now) => new(
        Before: 0,
        policy.Age is { } age ? now - age : EventTime.MinValue,
        policy.BytesPerPartition ?? long.MaxValue);

    /// <summary>Whether a batch or chunk that ends at <paramref name="next"/> goes when the partition would keep
    /// <paramref name="bytes"/> with it.</summary>
    public bool Removes(long next, EventTime stamp, long bytes) =>
        next <= Before || stamp < StampBelow || bytes > BytesAbove;
}

/// <summary>
/// Removes the oldest batches of some partitions, a bounded number of chunks per transaction; the answer is whether to
/// go on with the same command's <see cref="Continue"/>.
/// </summary>
/// <remarks>
/// Never removed: what a pin keeps, and the end batch, because a reader that comes later must still learn of the end.
/// A boundary may lie inside a chunk: the partition's first offset moves there, the row goes when all of it is below.
/// </remarks>
internal sealed class RemovalCommand(IReadOnlyList<TopicPartition> partitions, RemovalRule rule, int start = 0)
    : WriteCommand<bool>
{
    private const int MaxChunks = 256;

    private int _position = start;

    public override bool IsAlone => true;

    public bool ExpiresProducers { get; init; }

    public RemovalCommand Continue() => new(partitions, rule, _position) { ExpiresProducers = ExpiresProducers };

    protected override bool Decide(LogStore store)
    {
        int budget = MaxChunks;
        for (; _position < partitions.Count; _position++)
        {
            PartitionState partition = store.FindPartition(partitions[_position]);
            budget -= Remove(store, partition, budget);
            if (budget <= 0)
                return true;
            if (ExpiresProducers)
                ExpireProducers(store, partition);
        }
        return false;
    }

    private static void ExpireProducers(LogStore store, PartitionState partition)
    {
        TimeSpan retention = store.FindTopic(partition.Name.Topic).Spec.Retention.Age ?? TimeSpan.Zero;
        TimeSpan expiry = retention > store.ProducerExpiry ? retention : store.ProducerExpiry;
        store.Session.Producers.Expire(partition, (store.Now - expiry).Milliseconds);
    }

    private int Remove(LogStore store, PartitionState partition, int budget)
    {
        if (partition.First == partition.Next)
            return 0;
        RetentionStatements statements = store.Session.Retention;
        long keepFrom = Math.Min(
            statements.LowestPin(partition.Id), partition.IsSealed ? partition.Next - 1 : partition.Next);
        var walk = new RemovalWalk(partition, rule, keepFrom);
        using (SqliteDataReader rows = statements.ChunksAbove(partition.Id, partition.First))
        {
            while (walk.Chunks < budget && rows.Read() && walk.TryRemove(rows, store.Names))
            {
            }
        }
        if (walk.First == partition.First)
            return 0;
        statements.DeleteChunks(partition.Id, walk.First);
        partition.First = walk.First;
        partition.Bytes = walk.Bytes;
        store.MarkChanged(partition);
        return walk.Chunks;
    }
}

/// <summary>One walk from the front of a partition over what a rule removes.</summary>
internal sealed class RemovalWalk(PartitionState partition, RemovalRule rule, long keepFrom)
{
    /// <summary>The first offset that stays.</summary>
    public long First { get; private set; } = partition.First;

    /// <summary>The payload bytes that stay.</summary>
    public long Bytes { get; private set; } = partition.Bytes;

    /// <summary>How many chunks were removed as a whole.</summary>
    public int Chunks { get; private set; }

    /// <summary>Removes what the rule removes of the next chunk; false when the walk has ended inside it.</summary>
    public bool TryRemove(SqliteDataReader row, SchemaNames names)
    {
        ChunkRow head = ChunkRow.Read(row);
        // If its last byte goes by the rule, all before it does: whole chunks need not be read.
        bool isWhole = head.From == First && head.Next <= keepFrom;
        if (isWhole && rule.Removes(head.Next, head.Stamp, Bytes - head.PayloadBytes))
        {
            First = head.Next;
            Bytes -= head.PayloadBytes;
            Chunks++;
            return true;
        }
        bool mayRemove = First < keepFrom && rule.Removes(First + 1, head.Stamp, Bytes);
        if (!mayRemove)
            return false;
        RemoveBatches(ChunkRow.ReadChunk(row, partition), names);
        if (First < head.Next)
            return false;
        Chunks++;
        return true;
    }

    private void RemoveBatches(Chunk chunk, SchemaNames names)
    {
        var decoder = new ChunkDecoder(chunk, names);
        while (decoder.TryRead(out EventBatch batch))
        {
            if (batch.Next <= First)
                continue;
            if (batch.Next > keepFrom || !rule.Removes(batch.Next, batch.Stamp, Bytes))
                return;
            First = batch.Next;
            Bytes -= batch.Payload.Length;
        }
    }
}
