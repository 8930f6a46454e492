namespace Weir.Connectors.PostgreSql;

using Npgsql;
using Weir.Connectors.Chunks;

/// <summary>The entries of producers in one transaction; changed ones are written at its end, each once.</summary>
internal sealed class ProducerRows
{
    public const string Select = """
        SELECT p.partition, p.producer, p.epoch, p.recent
        FROM unnest($1::int8[], $2::text[]) AS k (partition, producer)
        JOIN producers p ON p.partition = k.partition AND p.producer = k.producer
        """;

    private const string Upsert = """
        INSERT INTO producers (partition, producer, epoch, next_sequence, stamp, last_offset, recent)
        SELECT * FROM unnest($1::int8[], $2::text[], $3::int8[], $4::int8[], $5::int8[], $6::int8[], $7::bytea[])
        ON CONFLICT (partition, producer) DO UPDATE SET epoch = excluded.epoch,
            next_sequence = excluded.next_sequence, stamp = excluded.stamp, last_offset = excluded.last_offset,
            recent = excluded.recent
        """;

    private readonly Dictionary<(long Partition, string Producer), (long Epoch, byte[] Recent)> _stored = [];
    private readonly Dictionary<(long Partition, string Producer), ProducerEntry> _entries = [];
    private readonly HashSet<(long Partition, string Producer)> _changed = [];

    public bool HasChanges => _changed.Count > 0;

    public void Read(NpgsqlDataReader row) =>
        _stored[(row.GetInt64(0), row.GetString(1))] = (row.GetInt64(2), row.GetFieldValue<byte[]>(3));

    /// <summary>The producer's entry, if it was among those that were read. A damaged one is found here, so that it
    /// fails nobody else.</summary>
    public ProducerEntry? Find((long Partition, string Producer) key)
    {
        if (_entries.TryGetValue(key, out ProducerEntry? entry))
            return entry;
        if (!_stored.TryGetValue(key, out (long Epoch, byte[] Recent) stored))
            return null;
        entry = ProducerEntry.Decode(key.Partition, key.Producer, stored.Epoch, stored.Recent);
        _entries.Add(key, entry);
        return entry;
    }

    public ProducerEntry Add((long Partition, string Producer) key)
    {
        var entry = new ProducerEntry();
        _entries.Add(key, entry);
        return entry;
    }

    public void MarkChanged((long Partition, string Producer) key) => _changed.Add(key);

    /// <summary>Adds the statement that writes what changed, if anything did.</summary>
    public void Write(NpgsqlBatch batch)
    {
        if (_changed.Count == 0)
            return;
        (long Partition, string Producer)[] keys = [.. _changed];
        ProducerEntry[] entries = [.. keys.Select(key => _entries[key])];
        batch.Add(
            Upsert,
            Array.ConvertAll(keys, key => key.Partition),
            Array.ConvertAll(keys, key => key.Producer),
            Array.ConvertAll(entries, entry => entry.Epoch),
            Array.ConvertAll(entries, entry => entry.NextSequence),
            Array.ConvertAll(entries, entry => entry.Last.Stamp.Milliseconds),
            Array.ConvertAll(entries, entry => entry.Last.Offset + entry.Last.Count - 1),
            keys.Select((key, i) => entries[i].Encode(key.Partition, key.Producer)).ToArray());
    }
}
