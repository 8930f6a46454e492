namespace Weir.Fuzz.Decoders;

using Weir.Connectors.Chunks;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Fuzz.Inputs;
using Weir.Fuzz.Samples;
using Weir.Protocol.Logs;

/// <summary>What the log on SQLite reads from its rows.</summary>
internal static class LogDecoders
{
    /// <summary>Bodies of chunks, below their checksum.</summary>
    public static Decoder Chunks() => new(
        "log-chunks", [ChunkOf("small", 1), ChunkOf("many", 40), ChunkOf("cut", 3, below: 1007)], Refusals.IsCorruptLog);

    /// <summary>The log's entries of producers.</summary>
    public static Decoder Producers()
    {
        var entry = new ProducerEntry();
        for (int i = 0; i < 10; i++)
            entry.Record(new AppendedRange(i * 3, 100 + (i * 5), 3, new EventTime(i)));
        return new Decoder(
            "log-producers",
            [new Sample("entry", entry.Encode(1, "me"), bytes => ProducerEntry.Decode(1, "me", entry.Epoch, bytes))],
            Refusals.IsCorruptLog);
    }

    private static Sample ChunkOf(string name, int rounds, long? below = null)
    {
        var names = new SchemaNames();
        names.Load([Click.Input.Schema, "Other:2"]);
        var batches = new List<NewBatch>();
        for (int i = 0; i < rounds; i++)
        {
            EventBatch events = SampleRun.Clicks(0, default, new Click("page-1", i, 2), new Click("page-2", 3, i));
            batches.Add(new NewBatch
            {
                Kind = BatchKind.Events,
                Count = events.Count,
                Schema = events.Schema,
                Payload = events.Payload,
            });
            batches.Add(new NewBatch { Kind = BatchKind.Tick });
            batches.Add(new NewBatch { Kind = BatchKind.Advance, Time = new EventTime(i) });
        }

        var encoder = new ChunkEncoder(schema => names.TryGetNumber(schema, out int number) ? number : 0);
        int index = 0;
        Chunk chunk = encoder.Encode(
            new TrimmedBatches(batches, 0), ref index, new ChunkPlace(7, 1000, new EventTime(5)));
        if (below is { } offset)
            chunk = encoder.EncodeCut(chunk, ChunkCut.Keep(chunk, offset, names).Kept);
        return new Sample(name, chunk.Body, bytes => Read(Damaged(chunk, bytes), names));
    }

    private static Chunk Damaged(Chunk chunk, byte[] body) => new()
    {
        Partition = chunk.Partition,
        From = chunk.From,
        Next = chunk.Next,
        Stamp = chunk.Stamp,
        PayloadBytes = chunk.PayloadBytes,
        Body = body,
    };

    private static void Read(Chunk chunk, SchemaNames names)
    {
        var decoder = new ChunkDecoder(chunk, names);
        long next = chunk.From;
        while (decoder.TryRead(out EventBatch batch))
        {
            if (batch.From != next || batch.Next <= batch.From || batch.Count > batch.Payload.Length)
                throw new MisbehavedException(
                    $"a batch of {batch.Count} events in {batch.Payload.Length} bytes covers [{batch.From}, {batch.Next})");
            next = batch.Next;
        }

        (List<NewBatch> kept, long end) = ChunkCut.Keep(chunk, chunk.From + 5, names);
        if (end > chunk.Next || kept.Sum(batch => (long)AppendCheck.OffsetsOf(batch)) > 5)
            throw new MisbehavedException($"{kept.Count} batches are kept of 5 offsets, and the content ends at {end}");
    }
}
