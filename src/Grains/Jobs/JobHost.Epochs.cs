namespace Weir.Grains.Jobs;

using Microsoft.Extensions.Logging;
using Weir.Contracts;
using Weir.Contracts.Jobs;
using Weir.Grains.Placement;
using Weir.Grains.Sinks;
using Weir.Protocol.Checkpoints;
using Weir.Protocol.Faults;
using Weir.Protocol.Jobs;
using Weir.Protocol.Logs;

/// <summary>How epochs begin and end.</summary>
internal sealed partial class JobHost
{
    // A silo that leaves waits about twice as long.
    private static readonly TimeSpan LeavePatience = TimeSpan.FromSeconds(4);

    // Who does not answer by then is fenced by the next epoch.
    private static readonly TimeSpan CloseWithin = TimeSpan.FromSeconds(3);

    private Task _closing = Task.CompletedTask;
    private long _closedEpoch;

    private async Task OpenAsync(EpochStart start)
    {
        try
        {
            CrashPoint.Pass(CrashLabels.RestoreVerified);
            if (start.Restored is { } restored
                && (RestoreRules.Refusal(_job, restored, _record.State.LeavesOutState)
                    ?? RestoreRules.Refusal(_job, restored, _partitions)) is { } refusal)
            {
                Then(() => _protocol.OnFatal(start.Epoch, refusal));
                return;
            }

            await _closing;
            OnOpening();
            var plan = new EpochPlan(
                start.Epoch, _job.Graph.Fingerprint, new Dictionary<string, int>(_partitions), start.Lineage)
            {
                RestoredLineage = start.Restored?.Lineage ?? start.Lineage,
                Forks = _record.State.Forks,
            };
            Layout layout = _opened!;
            var run = new JobRun(_around.Grains, _job, plan)
            {
                HomeOf = grain => layout.OwnerOf(_around.Places.Of(grain)),
            };
            Run = run;
            await PinAsync();
            await ReplaceAsync(start);
            await run.OpenAsync(start, _around.Topics);
            Then(() => _protocol.OnOpened(start.Epoch, Now));
        }
        catch (Exception fault)
        {
            OnFault(start.Epoch, fault);
        }
    }

    // Before anything is written in the new lineage, and again if it was not finished: removing twice is harmless.
    private async Task ReplaceAsync(EpochStart start)
    {
        if (_record.State.Replacing.Count == 0)
            return;
        await new Superseding(_around.Log, _job.Name).RunAsync(_record.State.Replacing, start);
        await WriteAsync(null, static stored => stored.Replacing = []);
    }

    private async Task RunningAsync(long epoch)
    {
        await WriteAsync(null, static stored =>
        {
            stored.State = JobState.Running;
            stored.Failure = null;
        });
        LogStarted(_job.Name, epoch, _job.Graph.Fingerprint);
    }

    private async Task CloseEpochAsync(JobAction.Close close)
    {
        // Of a job that has finished everything is covered.
        if (_protocol.Phase == JobPhase.Finished)
            TellCovered(long.MaxValue);
        RefuseCovers(close.Reason);
        if (close.Epoch <= _closedEpoch || (Run is { } other && other.Epoch != close.Epoch))
            return;
        _closedEpoch = close.Epoch;
        JobRun? run = Run;
        _around.Metrics.Leave(_job.Name);

        // What a finished job holds can still be asked for; it takes no input any more.
        if (_protocol.Phase == JobPhase.Finished)
        {
            if (run is not null)
                await run.CloseSourcesAsync();
            return;
        }

        Run = null;
        if (_protocol.Phase == JobPhase.Waiting)
        {
            Restarts++;
            _record.State.State = JobState.Restarting;
            _record.State.Failure = close.Reason;
            LogRestarting(_job.Name, close.Epoch, close.Reason);
        }

        // It may have failed before anything ran in it.
        if (run is null)
            return;
        _closing = CloseAsync(_closing, run);
        await _closing;
    }

    /// <summary>Ends what a finished job still held for queries.</summary>
    public async Task ReleaseAsync()
    {
        if (Run is not { } run)
            return;
        Run = null;
        await CloseAsync(_closing, run);
    }

    // Never fails: every later epoch waits for it, and one failure would then be that of all of them.
    private async Task CloseAsync(Task before, JobRun run)
    {
        await before;
        try
        {
            await run.CloseAsync().WaitAsync(CloseWithin);
        }
        catch (Exception fault)
        {
            // Whoever can not be closed is fenced by the next epoch.
            LogNotClosed(_job.Name, run.Epoch, fault.Message);
        }
    }

    private async Task SupersededAsync(long epoch)
    {
        LogSuperseded(_job.Name, epoch);
        RefuseSavepoints("another coordinator runs the job");
        await _closing;
    }

    private async Task FinishOutputAsync(long epoch)
    {
        try
        {
            if (Run is { } run && run.Epoch == epoch)
                await run.FinishAsync();
            Then(() => _protocol.OnOutputFinished(epoch));
        }
        catch (Exception fault)
        {
            OnFault(epoch, fault);
        }
    }

    // That a silo stops while participants are opened there, or that a database is away, is no failure of the job.
    private void OnFault(long epoch, Exception fault)
    {
        if (Outages.Is(fault))
            OnLost(epoch, fault.Message);
        else
            OnFailure(epoch, fault.Message, PermanentRefusals.Is(fault));
    }

    [LoggerMessage(
        EventId = 100,
        Level = LogLevel.Information,
        Message = "Job {Job} runs in epoch {Epoch}, graph {Fingerprint}")]
    private partial void LogStarted(string job, long epoch, string fingerprint);

    [LoggerMessage(
        EventId = 106,
        Level = LogLevel.Warning,
        Message = "Job {Job} failed in epoch {Epoch} and will start again: {Reason}")]
    private partial void LogRestarting(string job, long epoch, string reason);

    [LoggerMessage(
        EventId = 111,
        Level = LogLevel.Warning,
        Message = "Job {Job}: not everything of epoch {Epoch} could be closed, and is left to be refused: {Reason}")]
    private partial void LogNotClosed(string job, long epoch, string reason);

    [LoggerMessage(
        EventId = 107,
        Level = LogLevel.Warning,
        Message = "Job {Job}: another coordinator has begun an epoch after {Epoch}; this one ends")]
    private partial void LogSuperseded(string job, long epoch);
}
