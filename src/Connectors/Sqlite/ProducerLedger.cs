namespace Weir.Connectors.Sqlite;

using Microsoft.Data.Sqlite;
using Weir.Connectors.Chunks;

/// <summary>
/// The entries of producers as the writer sees them: stored ones are loaded when first asked for, changed ones are
/// written once per group. Invariant: what is not marked as changed equals its row.
/// </summary>
internal sealed class ProducerLedger : IDisposable
{
    private const int MaxRemembered = 65_536;

    private const string Select = """
        SELECT epoch, recent FROM producers WHERE partition = $partition AND producer = $producer
        """;

    private const string Upsert = """
        INSERT INTO producers (partition, producer, epoch, next_sequence, stamp, last_offset, recent)
        VALUES ($partition, $producer, $epoch, $next_sequence, $stamp, $last_offset, $recent)
        ON CONFLICT (partition, producer) DO UPDATE SET epoch = excluded.epoch,
            next_sequence = excluded.next_sequence, stamp = excluded.stamp, last_offset = excluded.last_offset,
            recent = excluded.recent
        """;

    private const string DeleteExpired = """
        DELETE FROM producers WHERE partition = $partition AND stamp < $stamp AND last_offset < $first_offset
        """;

    private readonly Statement _select;
    private readonly Statement _upsert;
    private readonly Statement _deleteExpired;
    private readonly Dictionary<(long Partition, string Producer), ProducerEntry> _entries = [];
    private readonly HashSet<(long Partition, string Producer)> _changed = [];

    public ProducerLedger(SqliteConnection connection)
    {
        _select = new Statement(connection, Select);
        _upsert = new Statement(connection, Upsert);
        _deleteExpired = new Statement(connection, DeleteExpired);
    }

    public ProducerEntry? Find(long partition, string producer)
    {
        if (_entries.TryGetValue((partition, producer), out ProducerEntry? entry))
            return entry;
        using SqliteDataReader row = _select.Query(partition, producer);
        if (!row.Read())
            return null;
        entry = ProducerEntry.Decode(partition, producer, row.GetInt64(0), row.GetFieldValue<byte[]>(1));
        _entries.Add((partition, producer), entry);
        return entry;
    }

    public ProducerEntry Add(long partition, string producer)
    {
        var entry = new ProducerEntry();
        _entries.Add((partition, producer), entry);
        return entry;
    }

    public void MarkChanged(long partition, string producer) => _changed.Add((partition, producer));

    /// <summary>Writes what changed.</summary>
    public void Flush()
    {
        foreach ((long partition, string producer) in _changed)
        {
            ProducerEntry entry = _entries[(partition, producer)];
            AppendedRange last = entry.Last;
            _upsert.Run(
                partition,
                producer,
                entry.Epoch,
                entry.NextSequence,
                last.Stamp.Milliseconds,
                last.Offset + last.Count - 1,
                entry.Encode(partition, producer));
        }
        _changed.Clear();
        if (_entries.Count > MaxRemembered)
            _entries.Clear();
    }

    /// <summary>Forgets producers that last appended before a time and whose events are all removed. Memory is flushed
    /// first, so that it can be dropped.</summary>
    public void Expire(PartitionState partition, long stampBelow)
    {
        Flush();
        if (_deleteExpired.Run(partition.Id, stampBelow, partition.First) > 0)
            _entries.Clear();
    }

    public void Dispose()
    {
        _select.Dispose();
        _upsert.Dispose();
        _deleteExpired.Dispose();
    }
}
