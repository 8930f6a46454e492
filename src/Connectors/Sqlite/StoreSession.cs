namespace Weir.Connectors.Sqlite;

using Microsoft.Data.Sqlite;
using SQLitePCL;
using Weir.Connectors.Chunks;

/// <summary>The writer's connection and its prepared commands; one lasts until a failure.</summary>
internal sealed class StoreSession : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly List<Statement> _statements = [];
    private readonly Statement _insertChunk;
    private readonly Statement _replaceChunk;
    private readonly Statement _updatePartition;
    private readonly Statement _insertName;
    private readonly SchemaNames _names;

    public StoreSession(SqliteConnection connection, SchemaNames names)
    {
        _connection = connection;
        _names = names;
        Begin = Prepare("BEGIN IMMEDIATE");
        Commit = Prepare("COMMIT");
        _insertChunk = Prepare("""
            INSERT INTO chunks (partition, next_offset, from_offset, stamp, payload_bytes, checksum, body)
            VALUES ($partition, $next_offset, $from_offset, $stamp, $payload_bytes, $checksum, $body)
            """);
        _replaceChunk = Prepare("""
            UPDATE chunks SET payload_bytes = $payload_bytes, checksum = $checksum, body = $body
            WHERE partition = $partition AND next_offset = $next_offset
            """);
        _updatePartition = Prepare("""
            UPDATE partitions SET first_offset = $first_offset, next_offset = $next_offset, stamp = $stamp,
                payload_bytes = $payload_bytes, is_sealed = $is_sealed, checksum = $checksum
            WHERE id = $id
            """);
        _insertName = Prepare("INSERT INTO batch_schemas (id, name, checksum) VALUES ($id, $name, $checksum)");
        Producers = new ProducerLedger(connection);
        Origins = new OriginStatements(Prepare);
        Topics = new TopicStatements(Prepare);
        Retention = new RetentionStatements(Prepare);
        Encoder = new ChunkEncoder(NumberOf);
    }

    public Statement Begin { get; }

    public Statement Commit { get; }

    public ProducerLedger Producers { get; }

    public OriginStatements Origins { get; }

    public TopicStatements Topics { get; }

    public RetentionStatements Retention { get; }

    public ChunkEncoder Encoder { get; }

    public void InsertChunk(Chunk chunk) => _insertChunk.Run(
        chunk.Partition,
        chunk.Next,
        chunk.From,
        chunk.Stamp.Milliseconds,
        chunk.PayloadBytes,
        chunk.Checksum(),
        chunk.Body);

    /// <summary>Writes a chunk over the one that covers the same offsets.</summary>
    public void ReplaceChunk(Chunk chunk) => _replaceChunk.Run(
        chunk.PayloadBytes, chunk.Checksum(), chunk.Body, chunk.Partition, chunk.Next);

    public void UpdatePartition(PartitionState partition) => _updatePartition.Run(
        partition.First,
        partition.Next,
        partition.Stamp.Milliseconds,
        partition.Bytes,
        partition.IsSealed,
        RowChecksum.OfPartition(partition),
        partition.Id);

    /// <summary>The pages that were written since this was last asked.</summary>
    public int TakePagesWritten()
    {
        raw.sqlite3_db_status(_connection.Handle, raw.SQLITE_DBSTATUS_CACHE_WRITE, out int pages, out _, resetFlg: 1);
        return pages;
    }

    public void Restart(WriteAheadCopier copier) => copier.Restart(_connection);

    public void Dispose()
    {
        foreach (Statement statement in _statements)
            statement.Dispose();
        Producers.Dispose();
        _connection.Dispose();
    }

    private Statement Prepare(string sql)
    {
        var statement = new Statement(_connection, sql);
        _statements.Add(statement);
        return statement;
    }

    /// <summary>The number of a schema, which is stored with the first chunk that uses it.</summary>
    private int NumberOf(string name)
    {
        if (_names.TryGetNumber(name, out int number))
            return number;
        _insertName.Run(_names.NextNumber, name, RowChecksum.OfSchema(_names.NextNumber, name));
        return _names.Add(name);
    }
}
