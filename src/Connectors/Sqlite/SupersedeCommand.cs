namespace Weir.Connectors.Sqlite;

using Microsoft.Data.Sqlite;
using Weir.Connectors.Chunks;
using Weir.Engine.Streams;
using Weir.Protocol.Logs;

/// <summary>
/// Takes back what a producer has appended from a sequence on. Chunks keep their place and extent: what goes becomes a
/// gap at their end, so that the chunks of a partition stay contiguous and a missing row is still found.
/// </summary>
/// <remarks>Everything is read and compared before anything is changed.</remarks>
internal sealed class SupersedeCommand(SupersedeRequest request) : WriteCommand<long>
{
    public override bool IsAlone => true;

    protected override long Decide(LogStore store)
    {
        PartitionState partition = store.FindPartition(request.Partition);
        ProducerLedger ledger = store.Session.Producers;
        ProducerEntry? producer = ledger.Find(partition.Id, request.Producer);
        if (producer is not null && request.Epoch < producer.Epoch)
            throw new EventLogException(
                EventLogError.Fenced,
                $"What '{request.Producer}' has appended to {request.Partition} is not taken back: it has epoch "
                + $"{producer.Epoch} and this request {request.Epoch}; a newer incarnation has taken over, stop this one.");
        List<ChunkOrigin> origins = store.Session.Origins.Above(partition, request.Producer, request.FromSequence);
        CheckKnown(partition, producer, origins);
        List<ChunkReplacement> cuts = [.. origins.Select(origin => Plan(store, partition, origin))];
        foreach (ChunkReplacement cut in cuts.Where(cut => cut.Offsets > 0))
            Apply(store, partition, cut);
        producer ??= ledger.Add(partition.Id, request.Producer);
        producer.RaiseEpoch(request.Epoch);
        producer.Supersede(request.FromSequence, partition.Next, store.StampFor(partition));
        ledger.MarkChanged(partition.Id, request.Producer);
        return cuts.Sum(cut => cut.Offsets);
    }

    /// <summary>A log of the first format does not say who appended what.</summary>
    private void CheckKnown(PartitionState partition, ProducerEntry? producer, List<ChunkOrigin> origins)
    {
        bool isStored = producer is not null && producer.NextSequence > request.FromSequence
            && producer.Last.Offset + producer.Last.Count > partition.First;
        if (isStored && !origins.Any(origin => origin.NextSequence >= producer!.NextSequence))
            throw AppendCheck.Invalid(
                $"What '{request.Producer}' has appended to {request.Partition} can not be taken back: a release stored it "
                + "that did not remember who appended what; use another topic.");
    }

    private ChunkReplacement Plan(LogStore store, PartitionState partition, ChunkOrigin origin)
    {
        using SqliteDataReader row = store.Session.Retention.ChunksAbove(partition.Id, origin.Next - 1);
        if (!row.Read() || ChunkRow.Read(row).Next != origin.Next)
            throw new EventLogException(
                EventLogError.Corrupt,
                $"The stored batches of {partition.Name} before offset {origin.Next} are missing; restore the log from a "
                + "copy.");
        Chunk chunk = ChunkRow.ReadChunk(row, partition);
        return ChunkCut.TakeBack(
            chunk, origin, request.FromSequence, (partition.First, store.Session.Encoder, store.Names));
    }

    private static void Apply(LogStore store, PartitionState partition, ChunkReplacement cut)
    {
        store.Replace(partition, cut);
        if (cut.IsWhole)
            store.Session.Origins.Delete(partition.Id, cut.By.Next);
    }
}
