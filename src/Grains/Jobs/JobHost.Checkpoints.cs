namespace Weir.Grains.Jobs;

using Microsoft.Extensions.Logging;
using Weir.Contracts;
using Weir.Contracts.Jobs;
using Weir.Protocol.Checkpoints;
using Weir.Protocol.Faults;
using Weir.Protocol.Jobs;

/// <summary>What becomes of checkpoints.</summary>
internal sealed partial class JobHost
{
    // Retention may keep this much more than it had to.
    private static readonly TimeSpan PinPeriod = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan AgePeriod = TimeSpan.FromSeconds(1);
    private readonly List<(long From, TaskCompletionSource Done)> _covers = [];
    private long _agedAt;

    /// <summary>Takes a checkpoint that begins from here on; completes when it is complete.</summary>
    public Task CheckpointAsync(long epoch)
    {
        // The final checkpoint is complete, and holds all that was applied before it: input has ended with that.
        if (_protocol.Phase is JobPhase.Finishing or JobPhase.Finished && _protocol.Epoch == epoch)
            return Task.CompletedTask;
        if (_protocol.Phase != JobPhase.Running || _protocol.Epoch != epoch)
            throw new WeirException(WeirError.JobNotRunning, $"Epoch {epoch} of '{_job.Name}' is over.");
        var done = new TaskCompletionSource();
        _covers.Add((_protocol.RequestCheckpoint(), done));
        Tick();
        return done.Task;
    }

    private void TellCovered(long number)
    {
        foreach ((_, TaskCompletionSource done) in _covers.Where(each => each.From <= number))
            done.TrySetResult();
        _covers.RemoveAll(each => each.From <= number);
    }

    private void RefuseCovers(string reason)
    {
        foreach ((_, TaskCompletionSource done) in _covers)
            done.TrySetException(new WeirException(WeirError.JobNotRunning, reason));
        _covers.Clear();
    }

    private void RecordAge()
    {
        if (_protocol.Phase != JobPhase.Running || _around.Time.GetElapsedTime(_agedAt) < AgePeriod)
            return;
        _agedAt = _around.Time.GetTimestamp();
        TimeSpan age = _protocol.IsCurrent || _protocol.Record.Latest is not { } latest
            ? TimeSpan.Zero
            : Now - latest.TakenAt;
        _around.Metrics.Aged(_job.Name, age);
    }

    private async Task ReadManifestAsync(CompleteCheckpoint checkpoint)
    {
        (StoredState state, Manifest? manifest) = await _kept.ReadAsync(checkpoint);
        CrashPoint.Pass(CrashLabels.RestoreManifest);
        Then(() => _protocol.OnManifestRead(checkpoint, state, manifest, Now));
    }

    private async Task VerifyFilesAsync(Manifest manifest)
    {
        StoredState state = await _around.Shelf.LookAsync(manifest);
        if (state == StoredState.Damaged)
            LogDamaged(_job.Name, manifest.Number);
        Then(() => _protocol.OnFilesVerified(manifest.Number, state, Now));
    }

    private async Task VerifyContentsAsync(Manifest manifest)
    {
        StoredState state = await Task.Run(() => _around.Shelf.CompareAsync(manifest, _closed.Token));
        if (state == StoredState.Damaged)
            LogDamaged(_job.Name, manifest.Number);
        Then(() => _protocol.OnContentsVerified(manifest.Number, state, Now));
    }

    private async Task RemoveOrphansAsync(JobAction.RemoveOrphans remove)
    {
        if (await AsideFilesAsync() is not { } aside)
            return;
        HashSet<string> kept = [.. remove.Kept, .. aside];
        await _around.Shelf.RemoveOrphansAsync(_job.Name, remove.BelowEpoch, kept);
    }

    private Task TriggerAsync(JobAction.Trigger trigger)
    {
        if (Run is { } run && run.Epoch == trigger.Epoch)
            run.SendBarriers(trigger, source => OnLost(run.Epoch, $"{source} runs no more"));
        return Task.CompletedTask;
    }

    private Task AbortAsync(JobAction.Abort abort)
    {
        _around.Metrics.Failed(_job.Name, _protocol.CheckpointFailuresInARow);
        LogAborted(_job.Name, abort.Number, abort.Reason, _protocol.CheckpointFailuresInARow);
        if (Run is { } run && run.Epoch == abort.Epoch)
            run.Abort(abort.Number);
        return Task.CompletedTask;
    }

    private async Task WriteManifestAsync(Manifest manifest)
    {
        try
        {
            if (manifest.Savepoint is not null)
                CrashPoint.Pass(CrashLabels.SavepointBefore);
            CompleteCheckpoint complete = await _around.Shelf.WriteAsync(manifest);
            _kept.Add(manifest, Now);
            if (manifest.Savepoint is not null)
                CrashPoint.Pass(CrashLabels.SavepointBeforePin);
            Then(() => _protocol.OnManifestWritten(complete));
        }
        catch (Exception fault)
        {
            Then(() => _protocol.OnManifestFailed(manifest.Epoch, manifest.Number, fault.Message, Now));
        }
    }

    private Task CommitAsync(JobAction.Commit commit)
    {
        if (Run is not { } run || run.Epoch != commit.Epoch)
            return Task.CompletedTask;
        if (commit.IsFirst)
            TellCovered(commit.Number);
        if (commit.IsFirst && _kept.Completed(commit.Number) is { } complete)
            _around.Metrics.Completed(_job.Name, complete);
        foreach (string participant in commit.Waiting)
            CommitAsync(run, participant, commit.Number).Ignore();

        // Sources count their input from complete checkpoints on, and may read again; they have nothing to confirm.
        foreach (string source in commit.IsFirst ? run.Sources.Except(commit.Waiting) : [])
            JobReports.Send(() => TellSourceAsync(run, source, commit.Number));
        return Task.CompletedTask;
    }

    private static async Task TellSourceAsync(JobRun run, string source, long checkpoint)
    {
        try
        {
            await run.CommitAsync(source, checkpoint);
        }
        catch (WeirException fault) when (fault.Error == WeirError.JobNotRunning)
        {
            // Its epoch is over; whoever asks for its next barrier will find that.
        }
    }

    private async Task CommitAsync(JobRun run, string participant, long checkpoint)
    {
        try
        {
            await run.CommitAsync(participant, checkpoint);
        }
        catch (Exception fault)
        {
            // It is told again after a while; until then no manifest that it needs is given up.
            LogNotPublished(_job.Name, checkpoint, participant, fault.Message);
            if (fault is WeirException { Error: WeirError.JobNotRunning })
                OnLost(run.Epoch, $"{participant} runs no more");
            else if (PermanentRefusals.Is(fault))
                OnFailure(run.Epoch, $"{participant} can not publish its output: {fault.Message}", isFatal: true);
            return;
        }

        Then(() => _protocol.OnConfirmed(run.Epoch, checkpoint, participant));
        CrashPoint.Pass(CrashLabels.ConfirmAfter);
    }

    private async Task RetireAsync(JobAction.Retire retire)
    {
        CrashPoint.Pass(CrashLabels.RemovalAfterReference);
        if (await AsideFilesAsync() is { } files)
        {
            HashSet<string> aside = [.. files];
            string own = CheckpointNames.PrefixOf(_job.Name);
            await _around.Shelf.RemoveAsync(retire.Files.Where(
                file => !aside.Contains(file) && file.StartsWith(own, StringComparison.Ordinal)));
        }

        CrashPoint.Pass(CrashLabels.RemovalAfter);
        _kept.Forget(retire.Checkpoints);
        if (_around.Time.GetElapsedTime(_pinnedAt) > PinPeriod)
            await PinAsync();
    }

    /// <summary>Keeps the input from the oldest checkpoint on that is kept out of reach of retention.</summary>
    private async Task PinAsync()
    {
        CrashPoint.Pass(CrashLabels.PinBefore);
        if (await ReadAllAsync([.. _protocol.Record.Retained, .. Aside()]) is not { } manifests)
            return;
        _pinnedAt = _around.Time.GetTimestamp();
        await _around.Topics.PinAsync(_job.Name, manifests);
    }

    // Null: one could not be read. Nobody knows what it needs then, so nothing is removed and no pin moves.
    private async Task<IReadOnlyList<Manifest>?> ReadAllAsync(IReadOnlyList<CompleteCheckpoint> checkpoints)
    {
        foreach (CompleteCheckpoint each in checkpoints)
        {
            if ((await _kept.ReadAsync(each)).State == StoredState.Unavailable)
                return null;
        }

        return await _kept.ReadAllAsync(checkpoints);
    }

    private CheckpointRecord AsideRecord() => CheckpointRecord.Parse(_record.State.Aside);

    // What forks began with is kept for them, as if it were set aside.
    private IReadOnlyList<CompleteCheckpoint> Aside() =>
    [
        .. AsideRecord().Retained
            .Concat(_record.State.ForkPins.Values.SelectMany(pin => CheckpointRecord.Parse(pin).Retained))
            .DistinctBy(each => each.File),
    ];

    private async Task<IEnumerable<string>?> AsideFilesAsync()
    {
        IReadOnlyList<CompleteCheckpoint> aside = Aside();
        return await ReadAllAsync(aside) is { } manifests
            ? manifests.SelectMany(manifest => manifest.Files).Concat(aside.Select(each => each.File))
            : null;
    }

    private Task TellSavepointAsync(CompleteCheckpoint savepoint)
    {
        CrashPoint.Pass(CrashLabels.SavepointAfterPin);
        if (_savepoints.Remove(savepoint.Savepoint!, out var waiting))
        {
            CheckpointDescription description = _kept.Describe(savepoint);
            foreach (TaskCompletionSource<CheckpointDescription> each in waiting)
                each.TrySetResult(description);
        }

        return Task.CompletedTask;
    }

    private void RefuseSavepoints(string reason)
    {
        foreach (TaskCompletionSource<CheckpointDescription> each in _savepoints.Values.SelectMany(all => all))
            each.TrySetException(new WeirException(
                WeirError.Unavailable, $"The savepoint could not be taken: {reason}. Take it from the last checkpoint."));
        _savepoints.Clear();
    }

    [LoggerMessage(
        EventId = 130,
        Level = LogLevel.Warning,
        Message = "Job {Job}: checkpoint {Checkpoint} was given up: {Reason} ({InARow} in a row)")]
    private partial void LogAborted(string job, long checkpoint, string reason, int inARow);

    [LoggerMessage(
        EventId = 131,
        Level = LogLevel.Error,
        Message = "Job {Job}: files of checkpoint {Checkpoint} are missing or damaged; an older one is looked for")]
    private partial void LogDamaged(string job, long checkpoint);

    [LoggerMessage(
        EventId = 132,
        Level = LogLevel.Warning,
        Message = "Job {Job}: output of checkpoint {Checkpoint} could not be published by {Participant}: {Reason}")]
    private partial void LogNotPublished(string job, long checkpoint, string participant, string reason);
}
