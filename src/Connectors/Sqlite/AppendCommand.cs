namespace Weir.Connectors.Sqlite;

using Weir.Engine.Time;
using Weir.Protocol.Logs;

/// <summary>
/// An append. The rules in their order: an older epoch is fenced; what is wholly stored is answered as a duplicate,
/// sealed or not; a sealed partition, a gap and an unexpected offset are refused; the rest is stored without the part
/// that is stored already.
/// </summary>
internal sealed class AppendCommand(AppendRequest request, AppendSize size) : WriteCommand<AppendResult>
{
    public override long Bytes => size.Bytes;

    protected override AppendResult Decide(LogStore store)
    {
        PartitionState partition = store.FindPartition(request.Partition);
        ProducerEntry? producer = FindProducer(store, partition);
        if (producer is not null && request.Sequence + size.Offsets <= producer.NextSequence)
            return AnswerDuplicate(store, partition, producer);
        if (partition.IsSealed)
            throw Refusal(EventLogError.Sealed, "the topic is sealed; send to another topic");
        long stored = StoredPart(producer);
        if (request.ExpectedNext is { } expected && expected != partition.Next)
            throw Refusal(
                EventLogError.OffsetConflict,
                $"its next offset is {partition.Next}, not {expected}; read what was appended and decide again");
        return Append(store, partition, stored);
    }

    private ProducerEntry? FindProducer(LogStore store, PartitionState partition)
    {
        if (request.Producer is null)
            return null;
        ProducerEntry? producer = store.Session.Producers.Find(partition.Id, request.Producer);
        if (producer is not null && request.ProducerEpoch < producer.Epoch)
            throw Refusal(
                EventLogError.Fenced,
                $"producer '{request.Producer}' has epoch {producer.Epoch} and this append {request.ProducerEpoch}; "
                + "a newer incarnation has taken over, stop this one");
        return producer;
    }

    /// <summary>How many of the request's offsets are stored already, from its front.</summary>
    private long StoredPart(ProducerEntry? producer)
    {
        if (request.Producer is null)
            return 0;
        if (producer is null && request.Sequence > 0)
            throw Refusal(
                EventLogError.SequenceGap,
                $"producer '{request.Producer}' is unknown or expired but goes on with sequence {request.Sequence}; "
                + "begin at 0 under a new name");
        long next = producer?.NextSequence ?? 0;
        if (request.Sequence > next)
            throw Refusal(
                EventLogError.SequenceGap,
                $"producer '{request.Producer}' goes on with sequence {request.Sequence} but {next} is next; "
                + "send what is missing first");
        return next - request.Sequence;
    }

    /// <summary>A repeated append under a newer epoch still fences the older incarnation.</summary>
    private AppendResult AnswerDuplicate(LogStore store, PartitionState partition, ProducerEntry producer)
    {
        if (request.ProducerEpoch > producer.Epoch)
        {
            producer.RaiseEpoch(request.ProducerEpoch);
            store.Session.Producers.MarkChanged(partition.Id, request.Producer!);
        }
        return producer.Locate(request.Sequence, size.Offsets);
    }

    private AppendResult Append(LogStore store, PartitionState partition, long stored)
    {
        var batches = new TrimmedBatches(request.Batches, stored);
        EventTime stamp = store.StampFor(partition);
        long from = partition.Next;
        for (int index = 0; index < batches.Count;)
        {
            var place = new ChunkPlace(partition.Id, partition.Next, stamp);
            store.Append(partition, store.Session.Encoder.Encode(batches, ref index, place));
        }
        if (request.Producer is not null)
            from = Record(store, partition, new AppendedRange(
                request.Sequence + stored, from, partition.Next - from, stamp));
        return new AppendResult(from, partition.Next, stamp, WasDuplicate: false);
    }

    /// <summary>Remembers the append and returns where the request as a whole begins.</summary>
    private long Record(LogStore store, PartitionState partition, AppendedRange range)
    {
        ProducerLedger ledger = store.Session.Producers;
        ProducerEntry producer = ledger.Find(partition.Id, request.Producer!)
            ?? ledger.Add(partition.Id, request.Producer!);
        producer.RaiseEpoch(request.ProducerEpoch);
        producer.Record(range);
        ledger.MarkChanged(partition.Id, request.Producer!);
        return producer.OffsetOf(request.Sequence) ?? range.Offset;
    }

    private EventLogException Refusal(EventLogError error, string why) =>
        new(error, $"The append to {request.Partition} is refused: {why}.");
}
