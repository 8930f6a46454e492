namespace Weir.Connectors.PostgreSql;

using Npgsql;
using Weir.Connectors.Chunks;
using Weir.Engine.Time;
using Weir.Protocol.Logs;

/// <summary>A partition whose row a transaction has locked, with the transaction's changes.</summary>
internal sealed class PartitionRow(LogTransaction transaction) : IAppendPlace
{
    public const string Columns = "id, first_offset, next_offset, stamp, payload_bytes, is_sealed, revision";

    public required long Id { get; init; }

    public required long First { get; set; }

    public required long Next { get; set; }

    public required EventTime LastStamp { get; set; }

    public required long Bytes { get; set; }

    public required bool IsSealed { get; set; }

    /// <summary>Grows when stored chunks are changed.</summary>
    public required long Revision { get; set; }

    public bool IsChanged { get; set; }

    public PartitionInfo Info => new(First, Next, LastStamp, Bytes, IsSealed);

    public EventTime Stamp => EventTime.Max(LastStamp, transaction.Now);

    public ChunkEncoder Encoder => transaction.Encoder;

    public static PartitionRow Read(NpgsqlDataReader row, LogTransaction transaction) => new(transaction)
    {
        Id = row.GetInt64(0),
        First = row.GetInt64(1),
        Next = row.GetInt64(2),
        LastStamp = new EventTime(row.GetInt64(3)),
        Bytes = row.GetInt64(4),
        IsSealed = row.GetBoolean(5),
        Revision = row.GetInt64(6),
    };

    public static PartitionInfo ReadInfo(NpgsqlDataReader row) => new(
        row.GetInt64(1), row.GetInt64(2), new EventTime(row.GetInt64(3)), row.GetInt64(4), row.GetBoolean(5));

    public ProducerEntry? FindProducer(string producer) => transaction.Producers.Find((Id, producer));

    public ProducerEntry AddProducer(string producer) => transaction.Producers.Add((Id, producer));

    public void MarkChanged(string producer) => transaction.Producers.MarkChanged((Id, producer));

    public void Append(Chunk chunk, ChunkOrigin? origin)
    {
        transaction.Insert(chunk, origin);
        Next = chunk.Next;
        LastStamp = chunk.Stamp;
        Bytes += chunk.PayloadBytes;
        IsChanged = true;
    }
}
