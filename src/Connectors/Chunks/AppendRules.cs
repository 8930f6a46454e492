namespace Weir.Connectors.Chunks;

using Weir.Engine.Time;
using Weir.Protocol.Logs;

/// <summary>One partition inside the transaction that appends to it: nobody else changes it meanwhile.</summary>
internal interface IAppendPlace
{
    /// <summary>Identifies the partition in the log's storage.</summary>
    long Id { get; }

    /// <summary>The offset that the next event gets; moves with <see cref="Append"/>.</summary>
    long Next { get; }

    bool IsSealed { get; }

    /// <summary>The stamp of an append: the clock, but never below the partition's last stamp.</summary>
    EventTime Stamp { get; }

    ChunkEncoder Encoder { get; }

    ProducerEntry? FindProducer(string producer);

    ProducerEntry AddProducer(string producer);

    void MarkChanged(string producer);

    /// <summary>Stores a chunk at the end.</summary>
    void Append(Chunk chunk, ChunkOrigin? origin);
}

/// <summary>
/// The rules of an append, in their order: an older epoch is fenced; what is wholly stored is answered as a duplicate,
/// sealed or not; a sealed partition, a gap and an unexpected offset are refused; the rest is stored without the part
/// that is stored already. Invariant: a refusal changes nothing.
/// </summary>
internal sealed class AppendRules(AppendRequest request, AppendSize size)
{
    public AppendResult Apply(IAppendPlace place)
    {
        ProducerEntry? producer = FindProducer(place);
        if (producer is not null && request.Sequence + size.Offsets <= producer.NextSequence)
            return AnswerDuplicate(place, producer);
        if (place.IsSealed)
            throw Refusal(EventLogError.Sealed, "the topic is sealed; send to another topic");
        long stored = StoredPart(producer);
        if (request.ExpectedNext is { } expected && expected != place.Next)
            throw Refusal(
                EventLogError.OffsetConflict,
                $"its next offset is {place.Next}, not {expected}; read what was appended and decide again");
        return Append(place, producer, stored);
    }

    private ProducerEntry? FindProducer(IAppendPlace place)
    {
        if (request.Producer is null)
            return null;
        ProducerEntry? producer = place.FindProducer(request.Producer);
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
    private AppendResult AnswerDuplicate(IAppendPlace place, ProducerEntry producer)
    {
        if (request.ProducerEpoch > producer.Epoch)
        {
            producer.RaiseEpoch(request.ProducerEpoch);
            place.MarkChanged(request.Producer!);
        }

        return producer.Locate(request.Sequence, size.Offsets);
    }

    private AppendResult Append(IAppendPlace place, ProducerEntry? producer, long stored)
    {
        var batches = new TrimmedBatches(request.Batches, stored);
        EventTime stamp = place.Stamp;
        long from = place.Next;
        for (int index = 0; index < batches.Count;)
        {
            Chunk chunk = place.Encoder.Encode(batches, ref index, new ChunkPlace(place.Id, place.Next, stamp));
            place.Append(chunk, OriginOf(chunk, request.Sequence + stored - from));
        }

        if (request.Producer is not null)
            from = Record(place, producer, new AppendedRange(
                request.Sequence + stored, from, place.Next - from, stamp));
        return new AppendResult(from, place.Next, stamp, WasDuplicate: false);
    }

    private ChunkOrigin? OriginOf(Chunk chunk, long sequenceBefore) => request.Producer is { } producer
        ? new ChunkOrigin(chunk.Next, producer, sequenceBefore + chunk.Next)
        : null;

    /// <summary>Remembers the append and returns where the request as a whole begins.</summary>
    private long Record(IAppendPlace place, ProducerEntry? producer, AppendedRange range)
    {
        producer ??= place.AddProducer(request.Producer!);
        producer.RaiseEpoch(request.ProducerEpoch);
        producer.Record(range);
        place.MarkChanged(request.Producer!);
        return producer.OffsetOf(request.Sequence) ?? range.Offset;
    }

    private EventLogException Refusal(EventLogError error, string why) =>
        new(error, $"The append to {request.Partition} is refused: {why}.");
}
