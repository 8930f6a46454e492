namespace Weir.Connectors.Sqlite;

using Weir.Engine.Time;
using Weir.Protocol.Logs;

/// <summary>The writer's commands for topics and pins.</summary>
internal sealed class TopicStatements(Func<string, Statement> prepare)
{
    private readonly Statement _insertTopic = prepare("""
        INSERT INTO topics (name, partition_count, schema, retention_age_ticks, retention_bytes, checksum)
        VALUES ($name, $partition_count, $schema, $retention_age_ticks, $retention_bytes, $checksum)
        RETURNING id
        """);

    private readonly Statement _insertPartition = prepare("""
        INSERT INTO partitions (topic, number, first_offset, next_offset, stamp, payload_bytes, is_sealed, checksum)
        VALUES ($topic, $number, 0, 0, $stamp, 0, 0, $checksum)
        RETURNING id
        """);

    private readonly Statement _sealTopic = prepare("UPDATE topics SET is_sealed = 1, checksum = $checksum WHERE id = $id");

    private readonly Statement[] _deleteTopic =
    [
        prepare("INSERT INTO dropped_partitions SELECT id FROM partitions WHERE topic = $topic"),
        prepare("DELETE FROM chunk_origins WHERE partition IN (SELECT id FROM partitions WHERE topic = $topic)"),
        prepare("DELETE FROM producers WHERE partition IN (SELECT id FROM partitions WHERE topic = $topic)"),
        prepare("DELETE FROM pins WHERE partition IN (SELECT id FROM partitions WHERE topic = $topic)"),
        prepare("DELETE FROM partitions WHERE topic = $topic"),
        prepare("DELETE FROM topics WHERE id = $topic"),
    ];

    private readonly Statement _pin = prepare("""
        INSERT INTO pins (name, partition, offset) VALUES ($name, $partition, $offset)
        ON CONFLICT (name, partition) DO UPDATE SET offset = excluded.offset
        """);

    private readonly Statement _releasePin = prepare("DELETE FROM pins WHERE name = $name");

    public TopicState Insert(TopicSpec spec)
    {
        long id = _insertTopic.QueryNumber(
            spec.Name,
            spec.Partitions,
            spec.Schema,
            spec.Retention.Age?.Ticks,
            spec.Retention.BytesPerPartition,
            RowChecksum.OfTopic(spec, isSealed: false))!.Value;
        var partitions = new PartitionState[spec.Partitions];
        var empty = new PartitionInfo(First: 0, Next: 0, EventTime.None, Bytes: 0, IsSealed: false);
        for (int number = 0; number < partitions.Length; number++)
        {
            var name = new TopicPartition(spec.Name, number);
            long partition = _insertPartition.QueryNumber(
                id, number, empty.Stamp.Milliseconds, RowChecksum.OfPartition(name, empty))!.Value;
            partitions[number] = new PartitionState(partition, name, empty);
        }
        return new TopicState(id, spec, isSealed: false, partitions);
    }

    public void Seal(TopicState topic) => _sealTopic.Run(RowChecksum.OfTopic(topic.Spec, isSealed: true), topic.Id);

    /// <summary>Removes all but the chunks, of which there may be too many for one transaction.</summary>
    public void Delete(long topic)
    {
        foreach (Statement statement in _deleteTopic)
            statement.Run(topic);
    }

    public void Pin(string name, long partition, long offset) => _pin.Run(name, partition, offset);

    public void ReleasePin(string name) => _releasePin.Run(name);
}
