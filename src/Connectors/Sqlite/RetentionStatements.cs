namespace Weir.Connectors.Sqlite;

using Microsoft.Data.Sqlite;

/// <summary>The writer's commands that find and remove old chunks.</summary>
internal sealed class RetentionStatements(Func<string, Statement> prepare)
{
    private readonly Statement _selectChunks = prepare($"""
        SELECT {ChunkRow.Columns} FROM chunks
        WHERE partition = $partition AND next_offset > $offset ORDER BY next_offset
        """);

    private readonly Statement _deleteChunks = prepare("""
        DELETE FROM chunks WHERE partition = $partition AND next_offset <= $first_offset
        """);

    private readonly Statement _lowestPin = prepare("""
        SELECT min(offset) FROM pins WHERE partition = $partition
        """);

    private readonly Statement _firstDropped = prepare("SELECT min(partition) FROM dropped_partitions");

    private readonly Statement _forgetDropped = prepare("DELETE FROM dropped_partitions WHERE partition = $partition");

    private readonly Statement _deleteDroppedChunks = prepare("""
        DELETE FROM chunks WHERE id IN (SELECT id FROM chunks WHERE partition = $partition LIMIT $limit)
        """);

    /// <summary>The chunks above an offset, lowest first; the reader's columns are those of <see cref="ChunkRow"/>.
    /// </summary>
    public SqliteDataReader ChunksAbove(long partition, long offset) => _selectChunks.Query(partition, offset);

    public void DeleteChunks(long partition, long firstOffset) => _deleteChunks.Run(partition, firstOffset);

    public long LowestPin(long partition) => _lowestPin.QueryNumber(partition) ?? long.MaxValue;

    /// <summary>Removes some chunks of deleted topics; false when none are left.</summary>
    public bool SweepDropped(int maxChunks)
    {
        if (_firstDropped.QueryNumber() is not { } partition)
            return false;
        if (_deleteDroppedChunks.Run(partition, maxChunks) < maxChunks)
            _forgetDropped.Run(partition);
        return true;
    }
}
