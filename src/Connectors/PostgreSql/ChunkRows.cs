namespace Weir.Connectors.PostgreSql;

using Npgsql;
using Weir.Connectors.Chunks;
using Weir.Engine.Time;
using Weir.Protocol.Logs;

/// <summary>Rows of stored chunks.</summary>
internal static class ChunkRows
{
    public const string Head = "from_offset, next_offset, stamp, payload_bytes";
    public const string Whole = $"{Head}, checksum, body";

    /// <summary>The head, which begins at a column.</summary>
    public static ChunkHead ReadHead(NpgsqlDataReader row, int column) => new(
        row.GetInt64(column),
        row.GetInt64(column + 1),
        new EventTime(row.GetInt64(column + 2)),
        row.GetInt64(column + 3));

    /// <summary>The whole chunk, after its checksum was compared.</summary>
    public static Chunk Read(NpgsqlDataReader row, int column, (long Id, TopicPartition Name) partition)
    {
        ChunkHead head = ReadHead(row, column);
        var chunk = new Chunk
        {
            Partition = partition.Id,
            From = head.From,
            Next = head.Next,
            Stamp = head.Stamp,
            PayloadBytes = head.PayloadBytes,
            Body = row.GetFieldValue<byte[]>(column + 5),
        };
        return chunk.Checksum() == row.GetInt64(column + 4) ? chunk : throw new EventLogException(
            EventLogError.Corrupt,
            $"The stored batches of {partition.Name} at offsets [{head.From}, {head.Next}) do not match their "
            + "checksum; restore the database from a copy.");
    }
}
