namespace Weir.Protocol.Sinks;

using Weir.Engine.Codecs;

/// <summary>
/// Who writes into a sink: one instance of a stage, in one line of output history. Two with equal job, lineage, stage
/// and instance are the same producer; the higher epoch is the one that counts.
/// </summary>
/// <param name="Job">The job.</param>
/// <param name="Lineage">The line of output history; sequences begin at 0 in each.</param>
/// <param name="Stage">The operator, or the source, as in <see cref="Checkpoints.Participants"/>.</param>
/// <param name="Instance">The group or partition.</param>
/// <param name="Epoch">The epoch; it fences all lower ones.</param>
public sealed record SinkProducer(string Job, long Lineage, string Stage, int Instance, long Epoch);

/// <summary>What a stage gave to a sink as a unit.</summary>
/// <param name="Count">Number of events.</param>
/// <param name="Payload">The events, each as a variable-length count of bytes followed by the bytes of its codec.
/// </param>
public readonly record struct SinkBatch(int Count, ReadOnlyMemory<byte> Payload);

/// <summary>
/// What a sink of the engine implements so that silos can write into it. All output waits in a checkpoint and is
/// appended only when that is complete, so a sink needs one thing only: to remember the last sequence of each producer,
/// atomically with the data.
/// </summary>
public interface ISinkConnector
{
    /// <summary>Makes the lane of a producer; nothing is opened before <see cref="ISinkLane.OpenAsync"/>.</summary>
    /// <param name="producer">Who writes.</param>
    /// <param name="codecs">The codecs of the job.</param>
    ISinkLane OpenLane(SinkProducer producer, CodecRegistry codecs);
}

/// <summary>
/// The way of one producer into a sink. Used by one caller at a time. Invariant: events are stored in the order of
/// their sequences, each once, and nothing of an epoch is stored after a higher one has opened.
/// </summary>
public interface ISinkLane : IAsyncDisposable
{
    /// <summary>The next sequence expected: what is stored lies below it. Older epochs are fenced from here on.
    /// </summary>
    ValueTask<long> OpenAsync(CancellationToken cancellation = default);

    /// <summary>
    /// Appends events, durably when it returns; the part that is stored already is left out, so repeating is harmless.
    /// The payloads are lent until then: they are written over later, so what is to be kept must be copied.
    /// </summary>
    /// <param name="sequence">The sequence of the first event; sequences count events.</param>
    /// <param name="batches">The events.</param>
    /// <param name="cancellation">Gives up waiting; what was stored is unknown then.</param>
    ValueTask AppendAsync(
        long sequence, IReadOnlyList<SinkBatch> batches, CancellationToken cancellation = default);

    /// <summary>
    /// After which time <see cref="FinishDueAsync"/> is to be called though nothing more is appended; null: nothing is
    /// pending that would be finished by time. Only between calls.
    /// </summary>
    TimeSpan? DueIn => null;

    /// <summary>Finishes what is pending if it is due.</summary>
    ValueTask FinishDueAsync(CancellationToken cancellation = default) => ValueTask.CompletedTask;

    /// <summary>The job has ended and everything was appended: what is pending is finished.</summary>
    ValueTask FinishAsync(CancellationToken cancellation = default);
}
