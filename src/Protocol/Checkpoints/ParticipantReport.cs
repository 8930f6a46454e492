namespace Weir.Protocol.Checkpoints;

using Weir.Engine.Snapshots;
using Weir.Protocol.Sources;

/// <summary>
/// What a participant holds at a checkpoint. It is sent when everything it refers to is durable, it stands in the
/// manifest as it is, and it is all that the participant needs to be restored.
/// </summary>
public sealed record ParticipantReport
{
    /// <summary>The participant, unique in its job and the same in every epoch; see <see cref="Participants"/>.
    /// </summary>
    public required string Participant { get; init; }

    /// <summary>The epoch.</summary>
    public required long Epoch { get; init; }

    /// <summary>The checkpoint.</summary>
    public required long Number { get; init; }

    /// <summary>Of a key group: its small facts at the barrier.</summary>
    public GroupMark? Mark { get; init; }

    /// <summary>Of a source: where it stood at the barrier.</summary>
    public SourceCut? Cut { get; init; }

    /// <summary>Its segments, oldest first: a base and what changed since. Empty without state.</summary>
    public IReadOnlyList<SegmentRef> Chain { get; init; } = [];

    /// <summary>Output that has not been confirmed to be in topics and sinks, oldest first; see
    /// <see cref="Sinks.StagedOutput"/>.</summary>
    public IReadOnlyList<SegmentRef> Staged { get; init; } = [];

    /// <summary>The sequence that each of its outputs has come to.</summary>
    public ReadOnlyMemory<byte> Positions { get; init; }

    /// <summary>Whether its input has ended and everything that follows from it was emitted.</summary>
    public bool HasEnded { get; init; }

    /// <summary>Bytes that were written for this checkpoint, for display.</summary>
    public long BytesWritten { get; init; }

    /// <summary>Everything that it refers to.</summary>
    public IEnumerable<SegmentRef> References => Chain.Concat(Staged);
}
