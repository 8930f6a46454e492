namespace Weir.Grains.Checkpoints;

using Weir.Contracts.Jobs;
using Weir.Engine.Snapshots;
using Weir.Grains.Jobs;
using Weir.Grains.Sinks;
using Weir.Protocol.Checkpoints;
using Weir.Protocol.Faults;
using Weir.Protocol.Sinks;
using Weir.Protocol.Sources;

/// <summary>Around a participant of one epoch.</summary>
internal sealed record DutyContext
{
    public required SiloSegments Segments { get; init; }

    public required SegmentFolds Folds { get; init; }

    /// <summary>Publishes what this epoch stages.</summary>
    public required OutputLanes Lanes { get; init; }

    /// <summary>Publishes what was staged in the checkpoint that the epoch began with.</summary>
    public required OutputLanes RestoredLanes { get; init; }

    /// <summary>Completes when output that does not wait for checkpoints is durable.</summary>
    public required Func<Task> WhenPublished { get; init; }

    public required IJobGrain Owner { get; init; }

    public required string Job { get; init; }

    public required long Epoch { get; init; }
}

/// <summary>
/// Does what a participant owes to the checkpoints of one epoch: stores what was copied, reports it, and publishes what
/// was staged when the checkpoint is complete. What may be reported and published when is decided by
/// <see cref="CheckpointParticipant"/>.
/// </summary>
/// <remarks>
/// All of it runs in the turns of one grain, and copies are stored one after the other, so reports come in order.
/// </remarks>
internal sealed class CheckpointDuty(DutyContext context, CheckpointParticipant participant) : IDisposable
{
    /// <summary>What was staged before this epoch has this number.</summary>
    public const long Restored = 0;

    // The clock of a sink is not that of its timer: neither too busy nor ever asleep.
    private static readonly TimeSpan WatchPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestWatch = TimeSpan.FromHours(1);

    // A job that begins anew waits for sources and then for groups.
    private static readonly TimeSpan QuietPatience = TimeSpan.FromSeconds(1);
    private readonly SemaphoreSlim _publishing = new(1, 1);
    private Task _storing = Task.CompletedTask;
    private bool _isFolding;
    private bool _isWatching;
    private bool _isClosed;

    /// <summary>Whether the next copy of a group must hold everything.</summary>
    public bool NeedsBase => participant.NeedsBase;

    /// <summary>
    /// A key group was captured: what changed is stored and reported once it has been copied, without being waited for.
    /// </summary>
    /// <param name="capture">At the barrier of the checkpoint.</param>
    /// <param name="hasEnded">Whether the group had ended there.</param>
    /// <param name="copied">Completes when all has been copied, or the epoch is over.</param>
    public void Store(long checkpoint, GroupCapture capture, bool hasEnded, Task copied) =>
        _storing = StoreAsync(_storing, copied, participant.Prepare(checkpoint, capture, hasEnded));

    /// <summary>A source was cut: it is stored and reported, without being waited for.</summary>
    public void Store(long checkpoint, SourceCut cut, bool hasEnded) =>
        _storing = StoreAsync(_storing, Task.CompletedTask, participant.Prepare(checkpoint, cut, hasEnded));

    /// <summary>A checkpoint was given up; what it held belongs to the next one.</summary>
    public void Abort(long checkpoint) => participant.Abort(checkpoint);

    /// <summary>Publishes what was staged up to a checkpoint that is complete; completes when that is durable.</summary>
    public async Task PublishAsync(long checkpoint)
    {
        CrashPoint.Pass(CrashLabels.CommitBefore);
        await _publishing.WaitAsync();
        try
        {
            if (_isClosed)
                return;
            IReadOnlyList<StagedBatch> restored = participant.Output.Visible(Restored);
            if (restored.Count > 0)
            {
                CrashPoint.Pass(CrashLabels.RestoreBeforeOutput);
                await context.RestoredLanes.PublishAsync(restored);
                participant.Confirm(Restored);
            }

            await context.Lanes.PublishAsync(participant.Visible(checkpoint));
            participant.Confirm(checkpoint);
            WatchSinks();
        }
        finally
        {
            _publishing.Release();
        }

        CrashPoint.Pass(CrashLabels.ConfirmBefore);
    }

    /// <summary>Lets sinks finish by time what they keep open, also while nothing is published.</summary>
    public void WatchSinks()
    {
        if (!_isWatching && !_isClosed && SinksDueIn is { } due)
            WatchSinksAsync(due).Ignore();
    }

    /// <summary>Everything is published; sinks finish what they keep open.</summary>
    public async Task FinishAsync()
    {
        await context.RestoredLanes.FinishAsync();
        if (context.Lanes != context.RestoredLanes)
            await context.Lanes.FinishAsync();
    }

    /// <summary>
    /// Completes when what is being published at the moment is durable or has failed, or after a while: what fences no
    /// older epoch, as Kafka, must not get it after the next one has looked what is there.
    /// </summary>
    public async Task WhenQuietAsync()
    {
        if (await _publishing.WaitAsync(QuietPatience))
            _publishing.Release();
    }

    // The semaphore may be waited on at this moment, and holds nothing without its handle.
    public void Dispose() => _isClosed = true;

    private IEnumerable<OutputLanes> AllLanes => new[] { context.Lanes, context.RestoredLanes }.Distinct();

    private TimeSpan? SinksDueIn => AllLanes.Select(lanes => lanes.DueIn).Min();

    private async Task WatchSinksAsync(TimeSpan due)
    {
        _isWatching = true;
        for (TimeSpan? next = due; next is { } wait && !_isClosed;)
        {
            await Task.Delay(wait < WatchPause ? WatchPause : wait > LongestWatch ? LongestWatch : wait);
            await _publishing.WaitAsync();
            try
            {
                foreach (OutputLanes lanes in _isClosed ? [] : AllLanes)
                    await lanes.FinishDueAsync();
                next = _isClosed ? null : SinksDueIn;
            }
            finally
            {
                _publishing.Release();
            }
        }

        _isWatching = false;
    }

    private async Task StoreAsync(Task before, Task copied, CheckpointWrite write)
    {
        await before;
        await copied;
        if (_isClosed)
            return;
        try
        {
            await context.WhenPublished();
            await WriteAsync(write);
        }
        catch (Exception fault)
        {
            foreach (long failed in participant.Failed(write.Number))
                JobReports.Send(() => context.Owner.ReportCheckpointFailureAsync(
                    context.Epoch, failed, participant.Name, fault.Message));
            return;
        }

        if (participant.TryReport() is not { } report)
            return;
        CrashPoint.Pass(CrashLabels.ReportBefore);
        JobReports.Send(() => context.Owner.ReportCheckpointAsync(
            context.Epoch, report.Number, ManifestCodec.EncodeReport(report)));
        CrashPoint.Pass(CrashLabels.ReportAfter);
        if (!_isFolding && participant.Policy.WantsFold(report.Chain))
            FoldAsync(report.Chain, report.Number).Ignore();
    }

    private async Task WriteAsync(CheckpointWrite write)
    {
        var parts = new List<IReadOnlyList<ReadOnlyMemory<byte>>>();
        if (write.Segment is { } segment)
            parts.Add([segment]);
        if (write.Staged.Count > 0)
            parts.Add(write.Staged);
        SegmentRef[] refs =
            await context.Segments.WriteAsync(new CheckpointId(context.Job, context.Epoch, write.Number), parts);
        participant.Stored(
            write.Number,
            write.Copy is null ? null : refs[0],
            write.Staged.Count == 0 ? null : refs[^1]);
    }

    // A chain that can not be folded now stays as it is, and is tried again at a later checkpoint.
    private async Task FoldAsync(IReadOnlyList<SegmentRef> segments, long checkpoint)
    {
        _isFolding = true;
        try
        {
            var id = new CheckpointId(context.Job, context.Epoch, checkpoint);
            if (await context.Folds.TryFoldAsync(id, segments) is { } folded && !_isClosed)
                participant.Chain.Fold(segments, folded);
        }
        finally
        {
            _isFolding = false;
        }
    }
}
