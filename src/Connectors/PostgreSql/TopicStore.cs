namespace Weir.Connectors.PostgreSql;

using Npgsql;
using Weir.Connectors.Chunks;
using Weir.Protocol.Logs;

/// <summary>
/// Topics and pins. Invariant: who needs the row of a topic and those of its partitions locks them in this order, the
/// partitions by their identifiers.
/// </summary>
internal sealed class TopicStore(LogContext log)
{
    private const int SweptChunks = 256;

    private const string Columns = "name, partition_count, schema, retention_age_ticks, retention_bytes, is_sealed";

    public async Task<TopicInfo> CreateAsync(TopicSpec spec)
    {
        while (true)
        {
            if (await log.Database.TransactAsync(log.Transactions(), step => TryCreateAsync(step, spec)))
                return new TopicInfo(spec, IsSealed: false);
            if (await FindAsync(spec.Name) is not { } found)
                continue;
            if (found.Partitions != spec.Partitions || found.Spec.Schema != spec.Schema)
                throw new EventLogException(
                    EventLogError.TopicConflict,
                    $"The topic '{spec.Name}' exists with {found.Partitions} partitions of '{found.Spec.Schema}', "
                    + $"not {spec.Partitions} of '{spec.Schema}'; use another name or delete it.");
            return found;
        }
    }

    public Task<TopicInfo?> FindAsync(string topic, CancellationToken cancellation = default) =>
        !Sql.IsText(topic)
            ? Task.FromResult<TopicInfo?>(null)
            : log.Database.RunAsync(async connection =>
            {
                await using NpgsqlCommand command = Sql.Command(
                    connection, $"SELECT {Columns} FROM topics WHERE name = $1", topic);
                await using NpgsqlDataReader row = await command.ExecuteReaderAsync();
                return await row.ReadAsync() ? Read(row) : null;
            }, cancellation);

    public Task<IReadOnlyList<TopicInfo>> ListAsync(CancellationToken cancellation = default) =>
        log.Database.RunAsync<IReadOnlyList<TopicInfo>>(async connection =>
        {
            await using NpgsqlCommand command = Sql.Command(connection, $"SELECT {Columns} FROM topics");
            await using NpgsqlDataReader row = await command.ExecuteReaderAsync();
            var topics = new List<TopicInfo>();
            while (await row.ReadAsync())
                topics.Add(Read(row));
            topics.Sort((one, other) => string.CompareOrdinal(one.Name, other.Name));
            return topics;
        }, cancellation);

    /// <summary>Removes all but the chunks, of which there may be too many for one transaction.</summary>
    public async Task DeleteAsync(string topic)
    {
        log.Catalog.Forget(topic);
        await log.Database.TransactAsync(log.Transactions(), async step =>
        {
            await step.BeginAsync();
            if (await FindToLockAsync(step, topic) is not { } found)
                return false;
            await step.LockTopicAsync(found.Id);
            string[] statements =
            [
                "INSERT INTO dropped_partitions SELECT id FROM partitions WHERE topic = $1",
                "DELETE FROM producers WHERE partition IN (SELECT id FROM partitions WHERE topic = $1)",
                "DELETE FROM pins WHERE partition IN (SELECT id FROM partitions WHERE topic = $1)",
                "DELETE FROM partitions WHERE topic = $1",
                "DELETE FROM topics WHERE id = $1",
            ];
            foreach (string statement in statements)
                await Sql.Command(step.Connection, statement, found.Id).RunAsync();
            return true;
        });
        log.Catalog.Forget(topic);
        await SweepAsync();
    }

    /// <summary>Removes the chunks of deleted topics, those of a partition in one process at a time.</summary>
    public async Task SweepAsync()
    {
        while (await log.Database.TransactAsync(log.Transactions(), SweepAsync))
        {
        }
    }

    public async Task SealAsync(string topic)
    {
        long moment = 0;
        LogTransaction sealing = await log.Database.TransactAsync(log.Transactions(), async step =>
        {
            await step.BeginAsync();
            (long id, bool isSealed) = await FindToLockAsync(step, topic) ?? throw TopicCatalog.UnknownTopic(topic);
            if (isSealed)
                return step;
            await step.LockTopicAsync(id);
            foreach (PartitionRow row in step.Rows)
            {
                row.Append(ChunkEncoder.EncodeEnd(new ChunkPlace(row.Id, row.Next, row.Stamp)), origin: null);
                row.IsSealed = true;
            }

            await Sql.Command(step.Connection, "UPDATE topics SET is_sealed = true WHERE id = $1", id).RunAsync();
            moment = LogTails.Now;
            return step;
        });
        log.Note(sealing, moment);
        await log.TellAsync(sealing);
    }

    public Task PinAsync(string pin, TopicPartition partition, long offset) => log.Catalog.WithAsync(
        partition, id => log.Database.TransactAsync(log.Transactions(), async step =>
        {
            await step.LockAsync([id]);
            if (step.Find(id) is not { } row)
                return null;
            if (offset < row.First)
                throw new EventLogException(
                    EventLogError.OffsetExpired,
                    $"The pin '{pin}' at offset {offset} of {partition} is too late: the first retained offset is "
                    + $"{row.First}; pin that or a later one.");
            const string Upsert = """
                INSERT INTO pins (name, partition, pinned_offset) VALUES ($1, $2, $3)
                ON CONFLICT (name, partition) DO UPDATE SET pinned_offset = excluded.pinned_offset
                """;
            await Sql.Command(step.Connection, Upsert, pin, id, offset).RunAsync();
            return row;
        }));

    public Task ReleasePinAsync(string pin) => log.Database.RunAsync(
        connection => Sql.Command(connection, "DELETE FROM pins WHERE name = $1", pin).RunAsync());

    private static async Task<bool> TryCreateAsync(LogTransaction step, TopicSpec spec)
    {
        const string InsertTopic = """
            INSERT INTO topics (name, partition_count, schema, retention_age_ticks, retention_bytes)
            VALUES ($1, $2, $3, $4, $5) ON CONFLICT (name) DO NOTHING RETURNING id
            """;
        const string InsertPartitions = """
            INSERT INTO partitions (topic, number, stamp) SELECT $1, n, $3 FROM generate_series(0, $2 - 1) AS n
            """;
        await step.BeginAsync();
        long? id = await Sql.Command(
            step.Connection,
            InsertTopic,
            spec.Name,
            spec.Partitions,
            spec.Schema,
            Sql.Long(spec.Retention.Age?.Ticks),
            Sql.Long(spec.Retention.BytesPerPartition)).NumberAsync();
        if (id is null)
            return false;
        await Sql.Command(
            step.Connection, InsertPartitions, id, spec.Partitions, Engine.Time.EventTime.None.Milliseconds).RunAsync();
        return true;
    }

    private static async Task<(long Id, bool IsSealed)?> FindToLockAsync(LogTransaction step, string topic)
    {
        if (!Sql.IsText(topic))
            return null;
        await using NpgsqlCommand command = Sql.Command(
            step.Connection, "SELECT id, is_sealed FROM topics WHERE name = $1 FOR UPDATE", topic);
        await using NpgsqlDataReader row = await command.ExecuteReaderAsync();
        return await row.ReadAsync() ? (row.GetInt64(0), row.GetBoolean(1)) : null;
    }

    private static async Task<bool> SweepAsync(LogTransaction step)
    {
        const string First = """
            SELECT partition FROM dropped_partitions ORDER BY partition LIMIT 1 FOR UPDATE SKIP LOCKED
            """;
        const string DeleteChunks = """
            DELETE FROM chunks WHERE partition = $1 AND next_offset IN (
                SELECT next_offset FROM chunks WHERE partition = $1 ORDER BY next_offset LIMIT $2)
            """;
        await step.BeginAsync();
        if (await Sql.Command(step.Connection, First).NumberAsync() is not { } partition)
            return false;
        if (await Sql.Command(step.Connection, DeleteChunks, partition, SweptChunks).RunAsync() < SweptChunks)
            await Sql.Command(
                step.Connection, "DELETE FROM dropped_partitions WHERE partition = $1", partition).RunAsync();
        return true;
    }

    private static TopicInfo Read(NpgsqlDataReader row) => new(
        new TopicSpec
        {
            Name = row.GetString(0),
            Partitions = row.GetInt32(1),
            Schema = row.GetString(2),
            Retention = new RetentionPolicy
            {
                Age = row.NumberOrNull(3) is { } ticks ? new TimeSpan(ticks) : null,
                BytesPerPartition = row.NumberOrNull(4),
            },
        },
        row.GetBoolean(5));
}
