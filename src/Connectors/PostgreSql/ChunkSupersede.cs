namespace Weir.Connectors.PostgreSql;

using Npgsql;
using Weir.Connectors.Chunks;
using Weir.Engine.Time;
using Weir.Protocol.Logs;

/// <summary>
/// Takes back what a producer has appended from a sequence on, in one transaction: readers see all of it or nothing.
/// Chunks keep their place and extent: what goes becomes a gap at their end, so that the chunks of a partition stay
/// contiguous and a missing row is still found.
/// </summary>
internal sealed class ChunkSupersede(LogContext log)
{
    /// <summary>How many chunks are in memory at a time.</summary>
    private const int MaxChunks = 32;

    private const string Select = $"""
        SELECT {ChunkRows.Whole}, producer_next, producer_checksum FROM chunks
        WHERE partition = $1 AND producer = $2 AND producer_next > $3 AND next_offset > $4
        ORDER BY next_offset LIMIT $5
        """;

    private const string Replace = """
        UPDATE chunks SET payload_bytes = $3, checksum = $4, body = $5 WHERE partition = $1 AND next_offset = $2
        """;

    public async Task<long> SupersedeAsync(SupersedeRequest request)
    {
        var names = new SchemaNames();
        names.Load(await SchemaNumbers.LoadAsync(log.Database));
        var encoder = new ChunkEncoder(name => names.TryGetNumber(name, out int number) ? number : 0);
        Outcome outcome = await log.Catalog.WithAsync(
            request.Partition,
            id => log.Database.TransactAsync(log.Transactions(encoder), step => SupersedeAsync(step, id, request, names)));
        return outcome.Offsets;
    }

    private static async Task<Outcome?> SupersedeAsync(
        LogTransaction step, long id, SupersedeRequest request, SchemaNames names)
    {
        await step.LockAsync([id], (id, request.Producer));
        if (step.Find(id) is not { } partition)
            return null;
        ProducerEntry? producer = partition.FindProducer(request.Producer);
        if (producer is not null && request.Epoch < producer.Epoch)
            throw new EventLogException(
                EventLogError.Fenced,
                $"What '{request.Producer}' has appended to {request.Partition} is not taken back: it has epoch "
                + $"{producer.Epoch} and this request {request.Epoch}; a newer incarnation has taken over, stop this one.");
        long offsets = 0;
        long highest = request.FromSequence;
        long from = partition.First;
        List<(Chunk Chunk, ChunkOrigin Origin)> chunks;
        do
        {
            chunks = await ReadAsync(step, partition, request, from);
            foreach ((Chunk chunk, ChunkOrigin origin) in chunks)
            {
                offsets += await CutAsync(partition, step, ChunkCut.TakeBack(
                    chunk, origin, request.FromSequence, (partition.First, partition.Encoder, names)));
                from = chunk.Next;
                highest = Math.Max(highest, origin.NextSequence);
            }
        }
        while (chunks.Count == MaxChunks);

        CheckComplete(request, partition, producer, highest);
        producer ??= partition.AddProducer(request.Producer);
        producer.RaiseEpoch(request.Epoch);
        producer.Supersede(request.FromSequence, partition.Next, partition.Stamp);
        partition.MarkChanged(request.Producer);
        if (offsets > 0)
            partition.Revision++;
        partition.IsChanged = true;
        return new Outcome(offsets);
    }

    private static async Task<List<(Chunk Chunk, ChunkOrigin Origin)>> ReadAsync(
        LogTransaction step, PartitionRow partition, SupersedeRequest request, long from)
    {
        await using NpgsqlCommand command = Sql.Command(
            step.Connection, Select, partition.Id, request.Producer, request.FromSequence, from, MaxChunks);
        await using NpgsqlDataReader row = await command.ExecuteReaderAsync();
        var chunks = new List<(Chunk Chunk, ChunkOrigin Origin)>();
        while (await row.ReadAsync())
        {
            Chunk chunk = ChunkRows.Read(row, 0, (partition.Id, request.Partition));
            var origin = new ChunkOrigin(chunk.Next, request.Producer, row.GetInt64(6));
            if (row.IsDBNull(7) || origin.Checksum(partition.Id) != row.GetInt64(7))
                throw new EventLogException(
                    EventLogError.Corrupt,
                    $"The stored origin of the batches of {request.Partition} before offset {chunk.Next} does not match "
                    + "its checksum; restore the database from a copy.");
            chunks.Add((chunk, origin));
        }

        return chunks;
    }

    private static async Task<long> CutAsync(PartitionRow partition, LogTransaction step, ChunkReplacement cut)
    {
        if (cut.Offsets == 0)
            return 0;
        Chunk by = cut.By;
        await Sql.Command(
            step.Connection, Replace, by.Partition, by.Next, by.PayloadBytes, by.Checksum(), by.Body).RunAsync();
        partition.Bytes -= cut.PayloadBytes;
        return cut.Offsets;
    }

    /// <summary>The last append of a producer, if it is retained, must be among what was found.</summary>
    private static void CheckComplete(
        SupersedeRequest request, PartitionRow partition, ProducerEntry? producer, long highest)
    {
        bool isStored = producer is not null && producer.NextSequence > request.FromSequence
            && producer.Last.Offset + producer.Last.Count > partition.First;
        if (isStored && highest < producer!.NextSequence)
            throw new EventLogException(
                EventLogError.Corrupt,
                $"The stored batches that '{request.Producer}' has appended to {request.Partition} up to sequence "
                + $"{producer.NextSequence} are missing; restore the database from a copy.");
    }

    private sealed record Outcome(long Offsets);
}
