namespace Weir.Connectors.PostgreSql;

using Npgsql;
using Weir.Connectors.Chunks;
using Weir.Engine.Time;
using Weir.Protocol.Logs;

/// <summary>
/// Removes the oldest batches. Invariant: the partition's first offset moves in the transaction that holds its row, never
/// past a pin or the end batch; rows below it are deleted after that, without the lock, so that nobody who appends waits
/// for it, and by the next removal if a process dies between.
/// </summary>
internal sealed class ChunkRemoval(LogContext log)
{
    private const int MaxChunks = 256;

    public async Task RemoveAsync(TopicPartition partition, RemovalRule rule)
    {
        Step step;
        do
        {
            step = await log.Catalog.WithAsync(
                partition, id => log.Database.TransactAsync(log.Transactions(), at => MoveAsync(at, id, partition, rule)));
            await DeleteAsync(step);
        }
        while (step.MayGoOn);
    }

    /// <summary>Applies a topic's retention to those of its partitions that have something to remove.</summary>
    public async Task RetainAsync(TopicInfo topic, EventTime now)
    {
        RemovalRule rule = RemovalRule.Retain(topic.Spec.Retention, now);
        const string Select = """
            SELECT p.number FROM partitions p JOIN topics t ON t.id = p.topic
            WHERE t.name = $1 AND (
                p.payload_bytes > $2
                OR (SELECT c.stamp FROM chunks c WHERE c.partition = p.id AND c.next_offset > p.first_offset
                    ORDER BY c.next_offset LIMIT 1) < $3
                OR EXISTS (SELECT FROM chunks c WHERE c.partition = p.id AND c.next_offset <= p.first_offset))
            ORDER BY p.number
            """;
        foreach (int number in await ReadAsync(Select, topic.Name, rule.BytesAbove, rule.StampBelow.Milliseconds))
            await RemoveAsync(new TopicPartition(topic.Name, number), rule);
        await ExpireProducersAsync(topic, now);
    }

    /// <summary>Forgets producers that last appended long ago and whose events are all removed.</summary>
    private async Task ExpireProducersAsync(TopicInfo topic, EventTime now)
    {
        TimeSpan retention = topic.Spec.Retention.Age ?? TimeSpan.Zero;
        TimeSpan expiry = retention > log.Options.ProducerExpiry ? retention : log.Options.ProducerExpiry;
        long stampBelow = (now - expiry).Milliseconds;
        const string Select = """
            SELECT p.number FROM partitions p JOIN topics t ON t.id = p.topic
            WHERE t.name = $1 AND EXISTS (
                SELECT FROM producers r WHERE r.partition = p.id AND r.stamp < $2 AND r.last_offset < p.first_offset)
            ORDER BY p.number
            """;
        const string Delete = "DELETE FROM producers WHERE partition = $1 AND stamp < $2 AND last_offset < $3";
        foreach (int number in await ReadAsync(Select, topic.Name, stampBelow))
        {
            await log.Catalog.WithAsync(new TopicPartition(topic.Name, number), id => log.Database.TransactAsync(
                log.Transactions(), async step =>
                {
                    await step.LockAsync([id]);
                    if (step.Find(id) is not { } row)
                        return null;
                    await Sql.Command(step.Connection, Delete, id, stampBelow, row.First).RunAsync();
                    return row;
                }));
        }
    }

    private async Task<Step?> MoveAsync(LogTransaction step, long id, TopicPartition name, RemovalRule rule)
    {
        await step.LockAsync([id]);
        if (step.Find(id) is not { } row)
            return null;
        const string LowestPin = "SELECT min(pinned_offset) FROM pins WHERE partition = $1";
        long pinned = await Sql.Command(step.Connection, LowestPin, id).NumberAsync() ?? long.MaxValue;
        var walk = new RemovalWalk(row.Info, rule, Math.Min(pinned, row.IsSealed ? row.Next - 1 : row.Next));
        bool mayGoOn = await WalkAsync(step, walk, (id, name));
        if (walk.First > row.First)
        {
            row.First = walk.First;
            row.Bytes = walk.Bytes;
            row.IsChanged = true;
        }

        return new Step(id, row.First, mayGoOn);
    }

    /// <summary>Walks over some chunks; whether there may be more to remove.</summary>
    private async Task<bool> WalkAsync(
        LogTransaction step, RemovalWalk walk, (long Id, TopicPartition Name) partition)
    {
        const string Heads = $"""
            SELECT {ChunkRows.Head} FROM chunks WHERE partition = $1 AND next_offset > $2 ORDER BY next_offset LIMIT $3
            """;
        var heads = new List<ChunkHead>(MaxChunks);
        await using (NpgsqlCommand command = Sql.Command(step.Connection, Heads, partition.Id, walk.First, MaxChunks))
        {
            await using NpgsqlDataReader row = await command.ExecuteReaderAsync();
            while (await row.ReadAsync())
                heads.Add(ChunkRows.ReadHead(row, 0));
        }

        foreach (ChunkHead head in heads)
        {
            if (walk.TryRemoveWhole(head))
                continue;
            if (!walk.MayRemovePart(head))
                return false;
            Chunk chunk = await ReadAsync(step, partition, head);
            if (!walk.RemovePart(chunk, await NamesAsync()))
                return false;
        }

        return heads.Count == MaxChunks;
    }

    private static async Task<Chunk> ReadAsync(
        LogTransaction step, (long Id, TopicPartition Name) partition, ChunkHead head)
    {
        const string Select = $"SELECT {ChunkRows.Whole} FROM chunks WHERE partition = $1 AND next_offset = $2";
        await using NpgsqlCommand command = Sql.Command(step.Connection, Select, partition.Id, head.Next);
        await using NpgsqlDataReader row = await command.ExecuteReaderAsync();
        await row.ReadAsync();
        return ChunkRows.Read(row, 0, partition);
    }

    /// <summary>The names of all schemas: what is stored may use them all.</summary>
    private async Task<SchemaNames> NamesAsync()
    {
        var names = new SchemaNames();
        names.Load(await SchemaNumbers.LoadAsync(log.Database));
        return names;
    }

    private async Task DeleteAsync(Step step)
    {
        const string Delete = """
            DELETE FROM chunks WHERE partition = $1 AND next_offset IN (
                SELECT next_offset FROM chunks WHERE partition = $1 AND next_offset <= $2
                ORDER BY next_offset LIMIT $3)
            """;
        while (await log.Database.RunAsync(connection =>
            Sql.Command(connection, Delete, step.Partition, step.First, MaxChunks).RunAsync()) == MaxChunks)
        {
        }
    }

    private Task<List<int>> ReadAsync(string sql, params object[] values) => log.Database.RunAsync(async connection =>
    {
        await using NpgsqlCommand command = Sql.Command(connection, sql, values);
        await using NpgsqlDataReader row = await command.ExecuteReaderAsync();
        var numbers = new List<int>();
        while (await row.ReadAsync())
            numbers.Add(row.GetInt32(0));
        return numbers;
    });

    /// <summary>How far one transaction has come.</summary>
    private sealed record Step(long Partition, long First, bool MayGoOn);
}
