namespace Weir.Connectors.Sqlite;

using Microsoft.Data.Sqlite;

/// <summary>A connection that only reads, with its prepared commands. Used by one caller at a time.</summary>
internal sealed class ReadConnection : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly Statement _chunks;
    private readonly Statement _firstOffset;
    private readonly Statement _nextSequence;
    private readonly Statement _producers;

    public ReadConnection(SqliteConnection connection)
    {
        _connection = connection;
        _chunks = new Statement(connection, $"""
            SELECT {ChunkRow.Columns} FROM chunks
            WHERE partition = $partition AND next_offset > $offset ORDER BY next_offset
            """);
        _firstOffset = new Statement(connection, "SELECT first_offset FROM partitions WHERE id = $id");
        _nextSequence = new Statement(connection, """
            SELECT next_sequence FROM producers WHERE partition = $partition AND producer = $producer
            """);
        _producers = new Statement(connection, """
            SELECT producer FROM producers WHERE partition = $partition AND producer >= $prefix ORDER BY producer
            """);
    }

    public IReadOnlyList<string> Producers(long partition, string prefix)
    {
        var names = new List<string>();
        using SqliteDataReader row = _producers.Query(partition, prefix);
        while (row.Read() && row.GetString(0).StartsWith(prefix, StringComparison.Ordinal))
            names.Add(row.GetString(0));
        names.Sort(StringComparer.Ordinal);
        return names;
    }

    /// <summary>The chunks from the one that holds an offset on; the columns are those of <see cref="ChunkRow"/>.
    /// </summary>
    public SqliteDataReader ChunksAbove(long partition, long offset) => _chunks.Query(partition, offset);

    public long? FirstOffset(long partition) => _firstOffset.QueryNumber(partition);

    public long? NextSequence(long partition, string producer) => _nextSequence.QueryNumber(partition, producer);

    public void Dispose()
    {
        _chunks.Dispose();
        _firstOffset.Dispose();
        _nextSequence.Dispose();
        _producers.Dispose();
        _connection.Dispose();
    }
}
