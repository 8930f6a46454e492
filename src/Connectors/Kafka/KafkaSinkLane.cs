namespace Weir.Connectors.Kafka;

using Weir.Protocol.Sinks;

/// <summary>
/// The way of one producer into a topic. Invariant: events are appended in the order of their sequences; one that was
/// found in the topic, or was confirmed, is not appended again.
/// </summary>
/// <remarks>
/// Kafka remembers no sequences of ours and refuses no older epoch. So what was stored is found by reading the end of the
/// topic: if 10 to 14 are there and 12 to 17 are given, 15 to 17 are appended.
/// </remarks>
internal sealed class KafkaSinkLane(
    KafkaWriter writer, SinkProducer producer, Func<IReadOnlyList<SinkBatch>, IReadOnlyList<OutgoingMessage>> decode)
    : ISinkLane
{
    private readonly string _name =
        FormattableString.Invariant($"{producer.Job}@{producer.Lineage}/{producer.Stage}/{producer.Instance}");

    private SequenceSet? _found;
    private (long From, long Next) _appended;

    public async ValueTask<long> OpenAsync(CancellationToken cancellation = default)
    {
        var claim = new WriterClaim(producer.Job, producer.Lineage, producer.Epoch);
        _found = await writer.FindAsync(claim, _name, cancellation).ConfigureAwait(false);
        return _found.FirstMissing;
    }

    public async ValueTask AppendAsync(
        long sequence, IReadOnlyList<SinkBatch> batches, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(batches);
        if (_found is not { } found)
            throw new InvalidOperationException($"The lane of '{_name}' was not opened.");
        IReadOnlyList<OutgoingMessage> messages = decode(batches);
        var missing = new List<(long Sequence, OutgoingMessage Message)>(messages.Count);
        for (int i = 0; i < messages.Count; i++)
        {
            if (!IsStored(found, sequence + i))
                missing.Add((sequence + i, messages[i]));
        }

        await writer.WriteAsync(_name, producer.Instance, missing, cancellation).ConfigureAwait(false);
        long end = sequence + messages.Count;
        _appended = sequence >= _appended.From && sequence <= _appended.Next
            ? (_appended.From, Math.Max(_appended.Next, end))
            : (sequence, end);
    }

    private bool IsStored(SequenceSet found, long sequence) =>
        (sequence >= _appended.From && sequence < _appended.Next) || found.Contains(sequence);

    public ValueTask FinishAsync(CancellationToken cancellation = default) => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

/// <summary>Sequences that were found.</summary>
internal sealed class SequenceSet
{
    private readonly SortedSet<long> _sequences = [];

    /// <summary>The lowest sequence above the first stretch that was found; 0 if nothing was.</summary>
    public long FirstMissing
    {
        get
        {
            long next = _sequences.Count == 0 ? 0 : _sequences.Min;
            while (_sequences.Contains(next))
                next++;
            return next;
        }
    }

    public void Add(long sequence) => _sequences.Add(sequence);

    public bool Contains(long sequence) => _sequences.Contains(sequence);
}

/// <summary>For whom the topic is searched: once for all lanes of a job in an epoch.</summary>
internal sealed record WriterClaim(string Job, long Lineage, long Epoch);
