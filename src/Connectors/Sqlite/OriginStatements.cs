namespace Weir.Connectors.Sqlite;

using Microsoft.Data.Sqlite;
using Weir.Connectors.Chunks;
using Weir.Protocol.Logs;

/// <summary>The writer's commands for the origins of chunks.</summary>
internal sealed class OriginStatements(Func<string, Statement> prepare)
{
    private readonly Statement _insert = prepare("""
        INSERT INTO chunk_origins (partition, next_offset, producer, next_sequence, checksum)
        VALUES ($partition, $next_offset, $producer, $next_sequence, $checksum)
        """);

    // Without an index by producer, which every append would pay for: few ever take anything back.
    private readonly Statement _select = prepare("""
        SELECT next_offset, next_sequence, checksum FROM chunk_origins
        WHERE partition = $partition AND producer = $producer AND next_sequence > $sequence ORDER BY next_offset
        """);

    private readonly Statement _delete = prepare("""
        DELETE FROM chunk_origins WHERE partition = $partition AND next_offset = $next_offset
        """);

    private readonly Statement _deleteBelow = prepare("""
        DELETE FROM chunk_origins WHERE partition = $partition AND next_offset <= $first_offset
        """);

    public void Insert(long partition, ChunkOrigin origin) => _insert.Run(
        partition, origin.Next, origin.Producer, origin.NextSequence, origin.Checksum(partition));

    /// <summary>The chunks of a producer that hold a sequence or a later one.</summary>
    public List<ChunkOrigin> Above(PartitionState partition, string producer, long sequence)
    {
        var origins = new List<ChunkOrigin>();
        using SqliteDataReader row = _select.Query(partition.Id, producer, sequence);
        while (row.Read())
        {
            var origin = new ChunkOrigin(row.GetInt64(0), producer, row.GetInt64(1));
            if (origin.Checksum(partition.Id) != row.GetInt64(2))
                throw new EventLogException(
                    EventLogError.Corrupt,
                    $"The stored origin of the batches of {partition.Name} before offset {origin.Next} does not match its "
                    + "checksum; restore the log from a copy.");
            origins.Add(origin);
        }

        return origins;
    }

    public void Delete(long partition, long next) => _delete.Run(partition, next);

    public void DeleteBelow(long partition, long firstOffset) => _deleteBelow.Run(partition, firstOffset);
}
