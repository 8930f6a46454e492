namespace Weir.Connectors.Chunks;

using Weir.Engine.Streams;
using Weir.Protocol.Logs;

/// <summary>
/// Collects the batches of one read until its limits. Invariant: the batches are contiguous, the first holds the
/// offset asked for, and there is at least one when any chunk was added.
/// </summary>
internal sealed class FetchBuilder
{
    private readonly ReadLimits _limits;
    private readonly SchemaNames _names;
    private readonly List<EventBatch> _batches = [];
    private long _events;
    private long _bytes;

    public FetchBuilder(long from, ReadLimits limits, SchemaNames names)
    {
        Next = from;
        _limits = limits;
        _names = names;
    }

    /// <summary>The offset that is needed next.</summary>
    public long Next { get; private set; }

    public bool IsEmpty => _batches.Count == 0;

    /// <summary>Takes from the chunk that holds <see cref="Next"/>; false when a limit was reached inside it.</summary>
    public bool TryAdd(Chunk chunk)
    {
        long start = Next;
        var decoder = new ChunkDecoder(chunk, _names);
        while (decoder.TryRead(out EventBatch batch))
        {
            if (batch.Next <= start)
                continue;

            // Who stands inside of it has read the batches that were there, and goes on.
            if (decoder.IsGap && batch.From < start)
                batch = batch with { From = start };
            // A batch without events counts as one, or a partition of ticks would be read without limit.
            long events = batch.Next - batch.From;
            if (_batches.Count > 0
                && (_events + events > _limits.MaxEvents || _bytes + batch.Payload.Length > _limits.MaxBytes))
                return false;
            _events += events;
            _bytes += batch.Payload.Length;
            _batches.Add(batch);
            Next = batch.Next;
        }
        return true;
    }

    /// <summary>What was read; there must be something.</summary>
    public LogFetch Build() => new(_batches[0].From, Next, _batches);
}
