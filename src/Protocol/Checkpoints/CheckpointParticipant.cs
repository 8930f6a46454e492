namespace Weir.Protocol.Checkpoints;

using Weir.Engine.Snapshots;
using Weir.Protocol.Groups;
using Weir.Protocol.Sinks;
using Weir.Protocol.Sources;

/// <summary>What a participant wants to have stored for a checkpoint.</summary>
/// <param name="Number">The checkpoint.</param>
/// <param name="Copy">Gives what changed, or everything; null if there is nothing to store.</param>
/// <param name="Staged">Output that is to become visible, in pieces that are one part of a file; empty if there is
/// none.</param>
public sealed record CheckpointWrite(
    long Number, SegmentCopy? Copy, IReadOnlyList<ReadOnlyMemory<byte>> Staged)
{
    /// <summary>The segment, or null; copies what is left of it.</summary>
    public ReadOnlyMemory<byte>? Segment => Copy?.Finish();

    /// <summary>Whether there is nothing to store: <see cref="CheckpointParticipant.Stored"/> may follow at once.
    /// </summary>
    public bool IsEmpty => Copy is null && Staged.Count == 0;
}

/// <summary>
/// A source's or group's side of checkpoints: what it has captured, what of it is stored, and what it may report.
/// Invariant: a report refers only to what is stored, restores exactly what the participant held at the barrier, and
/// refers to all output that is not confirmed; what was emitted immediately before the barrier is in its topic.
/// </summary>
/// <remarks>
/// The host captures, calls <see cref="Prepare(long, GroupCapture, bool)"/>, stores what that gives when it has been
/// copied, calls <see cref="Stored"/> or <see cref="Failed"/>, and sends what <see cref="TryReport"/> gives. When it is
/// told that a checkpoint is complete it appends <see cref="Visible"/> and then calls <see cref="Confirm"/>.
/// </remarks>
public sealed class CheckpointParticipant
{
    private readonly List<Pending> _pending = [];

    /// <summary>Begins an epoch.</summary>
    /// <param name="name">The participant; see <see cref="Participants"/>.</param>
    /// <param name="epoch">The epoch.</param>
    /// <param name="output">Its output, at the positions of <paramref name="restored"/>.</param>
    /// <param name="restored">What it held at the checkpoint that the epoch begins with; null: nothing.</param>
    public CheckpointParticipant(string name, long epoch, StagedOutput output, ParticipantReport? restored)
    {
        Name = name;
        Epoch = epoch;
        Output = output;
        Chain = new SegmentChain(restored?.Chain ?? []);
    }

    /// <summary>The participant.</summary>
    public string Name { get; }

    /// <summary>The epoch.</summary>
    public long Epoch { get; }

    /// <summary>Its output.</summary>
    public StagedOutput Output { get; }

    /// <summary>When its chain gets a new base.</summary>
    public ChainPolicy Policy { get; init; } = ChainPolicy.Default;

    /// <summary>Its segments.</summary>
    public SegmentChain Chain { get; }

    /// <summary>The last checkpoint that it learnt to be complete; 0 if none.</summary>
    public long Completed { get; private set; }

    /// <summary>Whether the next capture of a group must hold everything, or is better off with it.</summary>
    public bool NeedsBase => Chain.NeedsBase || Policy.WantsBase(Chain.Segments);

    /// <summary>A group was captured at its barrier.</summary>
    public CheckpointWrite Prepare(long number, GroupCapture capture, bool hasEnded)
    {
        ArgumentNullException.ThrowIfNull(capture);
        if (capture.Copy is not null)
            Chain.Captured(number, capture.IsBase);
        return Prepare(new Pending(number, capture.Mark, null, hasEnded), capture.Copy);
    }

    /// <summary>A source stood still for its barrier.</summary>
    public CheckpointWrite Prepare(long number, SourceCut cut, bool hasEnded) =>
        Prepare(new Pending(number, null, cut, hasEnded), null);

    /// <summary>What was to be stored for a checkpoint is durable.</summary>
    public void Stored(long number, SegmentRef? segment, SegmentRef? staged)
    {
        if (segment is { } stored)
            Chain.Stored(number, stored);
        if (staged is { } part)
            Output.Stored(number, part);
        if (_pending.Find(each => each.Number == number) is { } pending)
            pending.BytesWritten = (segment?.Length ?? 0) + (staged?.Length ?? 0);
    }

    /// <summary>
    /// What was to be stored for a checkpoint was not, or that is not known. Returns the checkpoints that can not be
    /// reported because of it.
    /// </summary>
    public IReadOnlyList<long> Failed(long number)
    {
        Chain.Lost(number);
        Output.Lost(number);
        long[] failed = [.. _pending.Select(each => each.Number).Where(each => each >= number)];
        _pending.RemoveAll(each => each.Number >= number);
        return failed;
    }

    /// <summary>
    /// The report for the latest checkpoint, once everything that it needs is stored. Given once. To be asked for after
    /// <see cref="Stored"/>, and after immediate output was appended.
    /// </summary>
    public ParticipantReport? TryReport()
    {
        if (_pending.Count == 0)
            return null;
        Pending last = _pending[^1];
        if (Chain.At(last.Number) is not { } chain || Output.At(last.Number) is not { } staged)
            return null;
        if (!Output.HasAppended(last.Immediate))
            return null;
        _pending.Clear();
        return new ParticipantReport
        {
            Participant = Name,
            Epoch = Epoch,
            Number = last.Number,
            Mark = last.Mark,
            Cut = last.Cut,
            Chain = chain,
            Staged = staged,
            Positions = last.Positions,
            HasEnded = last.HasEnded,
            BytesWritten = last.BytesWritten,
        };
    }

    /// <summary>A checkpoint was given up. Nothing that was captured for it is lost: it belongs to the next.</summary>
    public void Abort(long number) => _pending.RemoveAll(each => each.Number <= number);

    /// <summary>A checkpoint is complete; what is to be appended for it, oldest first, empty if nothing.</summary>
    public IReadOnlyList<StagedBatch> Visible(long number)
    {
        Completed = Math.Max(Completed, number);
        return Output.Visible(Completed);
    }

    /// <summary>All that was visible at a checkpoint is in topics and sinks, durably.</summary>
    public void Confirm(long number) => Output.Confirm(number);

    private CheckpointWrite Prepare(Pending pending, SegmentCopy? copy)
    {
        IReadOnlyList<ReadOnlyMemory<byte>> staged = Output.Prepare(pending.Number);
        pending.Positions = Output.Positions();
        pending.Immediate = Output.GivenImmediately();
        _pending.Add(pending);
        return new CheckpointWrite(pending.Number, copy, staged);
    }

    private sealed class Pending(long number, GroupMark? mark, SourceCut? cut, bool hasEnded)
    {
        public long Number => number;

        public GroupMark? Mark => mark;

        public SourceCut? Cut => cut;

        public bool HasEnded => hasEnded;

        public byte[] Positions { get; set; } = [];

        public IReadOnlyList<KeyValuePair<OutputLane, long>> Immediate { get; set; } = [];

        public long BytesWritten { get; set; }
    }
}
