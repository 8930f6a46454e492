namespace Weir.Connectors.Sqlite;

using Microsoft.Data.Sqlite;
using Weir.Connectors.Chunks;
using Weir.Protocol.Logs;

/// <summary>
/// Removes the oldest batches of some partitions, a bounded number of chunks per transaction; the answer is whether to
/// go on with the same command's <see cref="Continue"/>.
/// </summary>
/// <remarks>
/// Never removed: what a pin keeps, and the end batch, because a reader that comes later must still learn of the end.
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
        var walk = new RemovalWalk(partition.Working, rule, keepFrom);
        using (SqliteDataReader rows = statements.ChunksAbove(partition.Id, partition.First))
        {
            while (walk.Chunks < budget && rows.Read() && TryRemove(walk, rows, partition, store.Names))
            {
            }
        }
        if (walk.First == partition.First)
            return 0;
        statements.DeleteChunks(partition.Id, walk.First);
        store.Session.Origins.DeleteBelow(partition.Id, walk.First);
        partition.First = walk.First;
        partition.Bytes = walk.Bytes;
        store.MarkChanged(partition);
        return walk.Chunks;
    }

    /// <summary>Removes what the rule removes of the next chunk; false when the walk has ended inside it.</summary>
    private static bool TryRemove(RemovalWalk walk, SqliteDataReader row, PartitionState partition, SchemaNames names)
    {
        ChunkHead head = ChunkRow.Read(row);
        return walk.TryRemoveWhole(head)
            || (walk.MayRemovePart(head) && walk.RemovePart(ChunkRow.ReadChunk(row, partition), names));
    }
}
