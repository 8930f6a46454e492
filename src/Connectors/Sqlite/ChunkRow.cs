namespace Weir.Connectors.Sqlite;

using Microsoft.Data.Sqlite;
using SQLitePCL;
using Weir.Connectors.Chunks;
using Weir.Engine.Time;
using Weir.Protocol.Logs;

/// <summary>
/// The row of a stored chunk. The body is last among the columns and is read only when asked for: SQLite then does
/// not touch its pages.
/// </summary>
internal static class ChunkRow
{
    public const string Columns = "from_offset, next_offset, stamp, payload_bytes, checksum, body";

    public static ChunkHead Read(SqliteDataReader row) =>
        new(row.GetInt64(0), row.GetInt64(1), new EventTime(row.GetInt64(2)), row.GetInt64(3));

    /// <summary>The whole chunk, after its checksum was compared.</summary>
    public static Chunk ReadChunk(SqliteDataReader row, PartitionState partition)
    {
        ChunkHead head = Read(row);
        var chunk = new Chunk
        {
            Partition = partition.Id,
            From = head.From,
            Next = head.Next,
            Stamp = head.Stamp,
            PayloadBytes = head.PayloadBytes,
            Body = BodyOf(row),
        };
        return chunk.Checksum() == row.GetInt64(4) ? chunk : throw new EventLogException(
            EventLogError.Corrupt,
            $"The stored batches of {partition.Name} at offsets [{head.From}, {head.Next}) do not match their "
            + "checksum; restore the log from a copy.");
    }

    // A megabyte often: in an array that is not filled with zeros before.
    private static byte[] BodyOf(SqliteDataReader row)
    {
        ReadOnlySpan<byte> stored = raw.sqlite3_column_blob(row.Handle, 5);
        byte[] body = GC.AllocateUninitializedArray<byte>(stored.Length);
        stored.CopyTo(body);
        return body;
    }
}
