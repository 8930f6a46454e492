namespace Weir.Protocol.Sinks;

using Weir.Engine.Codecs;

/// <summary>
/// Divides what a checkpoint makes visible into appends of a bounded size: a log takes no append of any size, and the
/// output of a checkpoint has no bound. Invariant: the parts hold the events of the whole in order, under the same
/// sequences, so that parts which are stored already are left out by whoever stores them.
/// </summary>
/// <remarks>With a bound of 5, batches of 2, 3, 1 and 12 bytes give 2 and 3; 1; and the events of the last one in parts of
/// at most 5.</remarks>
public static class OutputAppends
{
    // What a log counts for a batch beside its events is less.
    private const int BatchOverhead = 32;

    /// <summary>The appends, one after the other.</summary>
    /// <param name="batches">Batches of one lane in the order of their sequences.</param>
    /// <param name="maxBytes">What an append holds at most, unless a single event is larger.</param>
    /// <exception cref="CorruptDataException">A batch that must be divided is no sequence of events.</exception>
    public static IEnumerable<IReadOnlyList<StagedBatch>> Divide(IReadOnlyList<StagedBatch> batches, int maxBytes)
    {
        ArgumentNullException.ThrowIfNull(batches);
        List<StagedBatch> append = [];
        long bytes = 0;
        foreach (StagedBatch batch in batches.SelectMany(batch => Cut(batch, maxBytes)))
        {
            long size = batch.Payload.Length + BatchOverhead;
            if (append.Count > 0 && bytes + size > maxBytes)
            {
                yield return append;
                append = [];
                bytes = 0;
            }

            append.Add(batch);
            bytes += size;
        }

        if (append.Count > 0)
            yield return append;
    }

    private static IEnumerable<StagedBatch> Cut(StagedBatch batch, int maxBytes)
    {
        int bound = maxBytes - BatchOverhead;
        if (batch.Payload.Length <= bound)
        {
            yield return batch;
            yield break;
        }

        var reader = new ByteReader(batch.Payload);
        int start = 0;
        int first = 0;
        for (int index = 0; index < batch.Count; index++)
        {
            int before = batch.Payload.Length - reader.Remaining;
            reader.ReadBlob();
            int after = batch.Payload.Length - reader.Remaining;
            if (after - start <= bound || index == first)
                continue;
            yield return Part(batch, (first, index), (start, before));
            (first, start) = (index, before);
        }

        if (reader.Remaining > 0)
            throw new CorruptDataException($"{reader.Remaining} bytes follow the {batch.Count} events of a batch");
        yield return Part(batch, (first, batch.Count), (start, batch.Payload.Length));
    }

    private static StagedBatch Part(StagedBatch batch, (int From, int To) events, (int From, int To) bytes) => batch with
    {
        Sequence = batch.Sequence + events.From,
        Count = events.To - events.From,
        Payload = batch.Payload[bytes.From..bytes.To],
    };
}
