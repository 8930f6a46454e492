namespace Weir.Connectors.Sqlite;

using System.Collections.Immutable;
using Microsoft.Data.Sqlite;
using Weir.Connectors.Chunks;
using Weir.Engine.Time;
using Weir.Protocol.Logs;

/// <summary>
/// Reads all topics and the tails of their partitions, and checks that each tail agrees with the newest chunk: a
/// database that lost one of the two is corrupt.
/// </summary>
internal static class CatalogLoader
{
    private const string SelectTopics = """
        SELECT id, name, partition_count, schema, retention_age_ticks, retention_bytes, is_sealed, checksum
        FROM topics ORDER BY id
        """;

    private const string SelectPartitions = """
        SELECT id, number, first_offset, next_offset, stamp, payload_bytes, is_sealed,
            (SELECT max(next_offset) FROM chunks WHERE chunks.partition = partitions.id), checksum
        FROM partitions WHERE topic = $topic ORDER BY number
        """;

    public static ImmutableSortedDictionary<string, TopicState> Load(SqliteConnection connection)
    {
        var topics = ImmutableSortedDictionary.CreateBuilder<string, TopicState>(StringComparer.Ordinal);
        using var selectTopics = new Statement(connection, SelectTopics);
        using var selectPartitions = new Statement(connection, SelectPartitions);
        using SqliteDataReader row = selectTopics.Query();
        while (row.Read())
        {
            var spec = new TopicSpec
            {
                Name = row.GetString(1),
                Partitions = row.GetInt32(2),
                Schema = row.GetString(3),
                Retention = new RetentionPolicy
                {
                    Age = row.IsDBNull(4) ? null : new TimeSpan(row.GetInt64(4)),
                    BytesPerPartition = row.IsDBNull(5) ? null : row.GetInt64(5),
                },
            };
            CheckRow(row, 7, RowChecksum.OfTopic(spec, row.GetBoolean(6)), $"topic '{spec.Name}'");
            PartitionState[] partitions = LoadPartitions(selectPartitions, row.GetInt64(0), spec);
            topics.Add(spec.Name, new TopicState(row.GetInt64(0), spec, row.GetBoolean(6), partitions));
        }
        return topics.ToImmutable();
    }

    /// <summary>The names of schemas in the order of their numbers, which are 1, 2, 3 and so on.</summary>
    public static List<string> LoadSchemas(SqliteConnection connection)
    {
        var names = new List<string>();
        using var select = new Statement(connection, "SELECT id, name, checksum FROM batch_schemas ORDER BY id");
        using SqliteDataReader row = select.Query();
        while (row.Read())
        {
            names.Add(row.GetString(1));
            if (row.GetInt64(0) != names.Count)
                throw Damaged($"schema {names.Count} is missing before '{names[^1]}'");
            CheckRow(row, 2, RowChecksum.OfSchema(names.Count, names[^1]), $"schema '{names[^1]}'");
        }
        return names;
    }

    private static PartitionState[] LoadPartitions(Statement select, long topic, TopicSpec spec)
    {
        var partitions = new List<PartitionState>(spec.Partitions);
        using SqliteDataReader row = select.Query(topic);
        while (row.Read())
        {
            var name = new TopicPartition(spec.Name, row.GetInt32(1));
            var info = new PartitionInfo(
                row.GetInt64(2), row.GetInt64(3), new EventTime(row.GetInt64(4)), row.GetInt64(5), row.GetBoolean(6));
            long newest = row.IsDBNull(7) ? info.First : row.GetInt64(7);
            if (name.Partition != partitions.Count || newest != info.Next || info.First > info.Next)
                throw Damaged($"partition {name} covers [{info.First}, {info.Next}) but its chunks end at {newest}");
            CheckRow(row, 8, RowChecksum.OfPartition(name, info), $"partition {name}");
            partitions.Add(new PartitionState(row.GetInt64(0), name, info));
        }
        return partitions.Count == spec.Partitions
            ? [.. partitions]
            : throw Damaged($"topic '{spec.Name}' has {partitions.Count} of {spec.Partitions} partitions");
    }

    /// <summary>
    /// Looks at the tables that are small, and at every entry of a producer: one that can not be found any more would be
    /// taken for a new producer, whose events are then stored twice.
    /// </summary>
    public static void Check(SqliteConnection connection)
    {
        foreach (string table in (string[])["topics", "partitions", "batch_schemas", "producers", "pins"])
        {
            using var check = new Statement(connection, $"PRAGMA quick_check({table})");
            using SqliteDataReader row = check.Query();
            if (!row.Read() || row.GetString(0) != "ok")
                throw Damaged($"the table of {table}");
        }

        using var select = new Statement(
            connection, "SELECT partition, producer, epoch, next_sequence, recent FROM producers");
        using SqliteDataReader producer = select.Query();
        while (producer.Read())
        {
            ProducerEntry entry = ProducerEntry.Decode(
                producer.GetInt64(0), producer.GetString(1), producer.GetInt64(2), producer.GetFieldValue<byte[]>(4));
            if (entry.NextSequence != producer.GetInt64(3))
                throw Damaged($"the entry of producer '{producer.GetString(1)}'");
        }
    }

    private static void CheckRow(SqliteDataReader row, int column, long checksum, string what)
    {
        if (!row.IsDBNull(column) && row.GetInt64(column) != checksum)
            throw Damaged($"the row of {what} does not match its checksum");
    }

    private static EventLogException Damaged(string what) => new(
        EventLogError.Corrupt, $"The event log is damaged: {what}; restore the file from a copy.");
}
