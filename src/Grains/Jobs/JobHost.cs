namespace Weir.Grains.Jobs;

using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using Orleans.Storage;
using Weir.Contracts;
using Weir.Contracts.Jobs;
using Weir.Engine.Time;
using Weir.Grains.Checkpoints;
using Weir.Grains.Diagnostics;
using Weir.Grains.Hosting;
using Weir.Grains.Placement;
using Weir.Protocol.Checkpoints;
using Weir.Protocol.Faults;
using Weir.Protocol.Jobs;
using Weir.Protocol.Logs;
using Weir.Protocol.Placement;

/// <summary>Around a job.</summary>
internal sealed record JobSurroundings(
    IGrainFactory Grains, IEventLog Log, JobTopics Topics, CheckpointShelf Shelf, CheckpointMetrics Metrics, TimeProvider Time,
    ILogger Logger)
{
    /// <summary>Which silos there are.</summary>
    public required SiloLayout Silos { get; init; }

    /// <summary>Where on them everything belongs.</summary>
    public required Places Places { get; init; }

    /// <summary>For how long they must have been the same before a job moves.</summary>
    public required TimeSpan MoveDelay { get; init; }
}

/// <summary>
/// Runs a job: does what <see cref="JobProtocol"/> decides, and tells it what came of it. Invariant: it decides nothing
/// itself, and what it writes into the record goes through compare-and-set, one write at a time.
/// </summary>
/// <remarks>All of it runs in the turns of the job's grain; an action that waits does not hold up the others.</remarks>
[SuppressMessage(
    "Design",
    "CA1001:Types that own disposable fields should be disposable",
    Justification = "What waits on them may do so at this moment, and without a handle they hold nothing.")]
internal sealed partial class JobHost
{
    private readonly JobSurroundings _around;
    private readonly ILogger _logger;
    private readonly HostedJob _job;
    private readonly IReadOnlyDictionary<string, int> _partitions;
    private readonly IPersistentState<JobRecord> _record;
    private readonly KeptCheckpoints _kept;
    private readonly JobProtocol _protocol;
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly CancellationTokenSource _closed = new();
    private readonly Dictionary<string, List<TaskCompletionSource<CheckpointDescription>>> _savepoints = [];
    private readonly List<TaskCompletionSource> _settled = [];
    private readonly MoveRule _moves;
    private long _pinnedAt;
    private bool _hasEnded;

    public JobHost(
        JobSurroundings around,
        (HostedJob Job, IReadOnlyDictionary<string, int> Partitions) job,
        IPersistentState<JobRecord> record,
        JobProtocolOptions options)
    {
        _around = around;
        _logger = around.Logger;
        (_job, _partitions) = job;
        _record = record;
        _kept = new KeptCheckpoints(around.Shelf);
        _moves = new MoveRule(around.MoveDelay, LeavePatience);
        _protocol = new JobProtocol(options, JobRun.ShapeOf(_job, _partitions), Guid.NewGuid().ToString("N"));
    }

    public JobRun? Run { get; private set; }

    public JobProtocol Protocol => _protocol;

    public KeptCheckpoints Kept => _kept;

    /// <summary>How often the job has begun an epoch again by itself.</summary>
    public int Restarts { get; private set; }

    // That it has ended is told when the record says so.
    private bool IsEnding => _protocol.Phase is JobPhase.Failed or JobPhase.Finished && !_hasEnded;

    private EventTime Now => EventTime.From(_around.Time.GetUtcNow());

    /// <summary>Begins an epoch; completes when the job runs, or does not.</summary>
    public Task StartAsync()
    {
        Task settled = WhenSettledAsync();
        _hasEnded = false;
        _protocol.Begin();
        Pump();
        return settled;
    }

    /// <summary>
    /// Completes when the record says that the job has ended, if it has. Who starts or revives the job meanwhile would do
    /// so by a record that is out of date, and what it writes would be overwritten.
    /// </summary>
    public Task WhenEndIsWrittenAsync() => IsEnding ? WhenSettledAsync() : Task.CompletedTask;

    /// <summary>Ends the epoch; completes when its participants are closed.</summary>
    public async Task StopAsync()
    {
        _protocol.Stop();
        Pump();
        await _closing;
    }

    /// <summary>Takes a savepoint; completes when it is complete.</summary>
    public Task<CheckpointDescription> TakeSavepointAsync(string name, bool thenStop)
    {
        var done = new TaskCompletionSource<CheckpointDescription>();
        if (!_savepoints.TryGetValue(name, out var waiting))
            _savepoints.Add(name, waiting = []);
        waiting.Add(done);
        _protocol.RequestSavepoint(name, thenStop);
        Tick();
        return done.Task;
    }

    /// <summary>Lets time pass.</summary>
    public void Tick()
    {
        LookAround();
        _protocol.Tick(Now);
        Pump();
        RecordAge();
    }

    public void OnReport(ParticipantReport report)
    {
        CrashPoint.Pass(CrashLabels.ReportReceived);
        Then(() => _protocol.OnReport(report));
    }

    public void OnCheckpointFailed(long epoch, long checkpoint, string participant, string reason) =>
        Then(() => _protocol.OnCheckpointFailed(epoch, checkpoint, $"{participant}: {reason}", Now));

    public void OnEnded(long epoch, string participant) => Then(() => _protocol.OnEnded(epoch, participant));

    public long OnChanged(long epoch, string participant, long behind, bool atOnce)
    {
        long waiting = _protocol.OnChanged(epoch, participant, behind, atOnce);
        if (atOnce)
            Tick();
        return waiting;
    }

    public void OnFailure(long epoch, string reason, bool isFatal = false)
    {
        // Whoever worked with a silo that is gone fails as well; that is no failure of the job.
        LookAround();
        Then(() =>
        {
            if (isFatal)
                _protocol.OnFatal(epoch, reason);
            else
                _protocol.OnFailure(epoch, reason, Now);
        });
    }

    /// <summary>Why checkpoints do not complete, or null.</summary>
    public string? Explain() => _protocol.Explain(Now);

    /// <summary>Changes the record beside the protocol's part; no reading of it comes between change and write.</summary>
    /// <exception cref="WeirException">It was not written, or nobody knows.</exception>
    public async Task ChangeAsync(Action<JobRecord> change)
    {
        if (await WriteAsync(null, change) != RecordOutcome.Stored)
            throw new WeirException(
                WeirError.Unavailable, $"The record of the job '{_job.Name}' could not be written: try again.");
    }

    /// <summary>Nothing more is done: the grain ends.</summary>
    public void Close()
    {
        _around.Metrics.Leave(_job.Name);
        _closed.Cancel();
        Settle();
    }

    private void Then(Action tell)
    {
        tell();
        Pump();
    }

    private void Pump()
    {
        while (!_closed.IsCancellationRequested && _protocol.TryTake(out JobAction? action))
            DoAsync(action).Ignore();
        bool isOnItsWay = _protocol.Phase is JobPhase.Reading or JobPhase.Claiming or JobPhase.Loading or JobPhase.Opening;

        if (!isOnItsWay && !IsEnding)
            Settle();
    }

    private void Settle()
    {
        foreach (TaskCompletionSource settled in _settled)
            settled.TrySetResult();
        _settled.Clear();
    }

    private Task WhenSettledAsync()
    {
        var settled = new TaskCompletionSource();
        _settled.Add(settled);
        return settled.Task;
    }

    private Task DoAsync(JobAction action) => action switch
    {
        JobAction.ReadRecord => ReadRecordAsync(),
        JobAction.WriteRecord write => WriteRecordAsync(write.Record),
        JobAction.ReadManifest read => ReadManifestAsync(read.Checkpoint),
        JobAction.VerifyFiles verify => VerifyFilesAsync(verify.Manifest),
        JobAction.RemoveOrphans remove => RemoveOrphansAsync(remove),
        JobAction.Open open => OpenAsync(open.Start),
        JobAction.VerifyContents verify => VerifyContentsAsync(verify.Manifest),
        JobAction.Trigger trigger => TriggerAsync(trigger),
        JobAction.Abort abort => AbortAsync(abort),
        JobAction.WriteManifest write => WriteManifestAsync(write.Manifest),
        JobAction.Commit commit => CommitAsync(commit),
        JobAction.Retire retire => RetireAsync(retire),
        JobAction.SavepointDone done => TellSavepointAsync(done.Savepoint),
        JobAction.FinishOutput finish => FinishOutputAsync(finish.Epoch),
        JobAction.Close close => CloseEpochAsync(close),
        JobAction.Running running => RunningAsync(running.Epoch),
        JobAction.Finished finished => EndedAsync(JobState.Finished, null, finished.Epoch),
        JobAction.Failed failed => EndedAsync(JobState.Failed, failed.Reason, failed.Epoch),
        JobAction.HandOver handOver => HandOverAsync(handOver.Epoch),
        JobAction.Superseded superseded => SupersededAsync(superseded.Epoch),
        _ => throw new InvalidOperationException($"There is nothing to do for {action}."),
    };

    private async Task ReadRecordAsync()
    {
        try
        {
            await _writing.WaitAsync();
            try
            {
                await _record.ReadStateAsync();
            }
            finally
            {
                _writing.Release();
            }

            var record = CheckpointRecord.Parse(_record.State.Checkpoints);
            Then(() => _protocol.OnRecordRead(record, Now));
        }
        catch (Exception fault)
        {
            Then(() => _protocol.OnRecordUnavailable(fault.Message, Now));
        }
    }

    private async Task WriteRecordAsync(CheckpointRecord record)
    {
        string place = record.Epoch > _protocol.Record.Epoch ? CrashLabels.EpochBefore : CrashLabels.RecordBefore;
        CrashPoint.Pass(place);
        if (_protocol.Record.Retained.Except(record.Retained).Any())
            CrashPoint.Pass(CrashLabels.RemovalBefore);
        RecordOutcome outcome = await WriteAsync(record);
        CrashPoint.Pass(place == CrashLabels.EpochBefore ? CrashLabels.EpochAfter : CrashLabels.RecordAfter);
        Then(() => _protocol.OnRecordWritten(record, outcome, Now));
    }

    private async Task<RecordOutcome> WriteAsync(CheckpointRecord? record, Action<JobRecord>? change = null)
    {
        await _writing.WaitAsync();
        byte[] before = _record.State.Checkpoints;
        try
        {
            change?.Invoke(_record.State);
            if (record is not null)
            {
                _record.State.Checkpoints = record.ToArray();
                _record.State.Shown = _kept.Shown(record, CheckpointRecord.Parse(_record.State.Aside));
            }

            await _record.WriteStateAsync();
            return RecordOutcome.Stored;
        }
        catch (InconsistentStateException)
        {
            _record.State.Checkpoints = before;
            return RecordOutcome.Conflict;
        }
        catch (Exception fault)
        {
            _record.State.Checkpoints = before;
            LogRecordUnknown(_job.Name, fault);
            return RecordOutcome.Unknown;
        }
        finally
        {
            _writing.Release();
        }
    }

    private async Task EndedAsync(JobState state, string? failure, long epoch)
    {
        await WriteAsync(null, stored =>
        {
            stored.State = state;
            stored.ShouldRun = false;
            stored.Failure = failure;
        });
        _hasEnded = true;
        Settle();
        if (failure is null)
        {
            await _around.Topics.ReleaseAsync(_job.Name);
            LogFinished(_job.Name, epoch);
        }
        else
        {
            LogFailed(_job.Name, epoch, failure);
        }

        RefuseSavepoints(failure ?? "the job has finished");
    }

    [LoggerMessage(
        EventId = 103,
        Level = LogLevel.Information,
        Message = "Job {Job} has finished in epoch {Epoch}: all input ended and all output is stored")]
    private partial void LogFinished(string job, long epoch);

    [LoggerMessage(EventId = 104, Level = LogLevel.Error, Message = "Job {Job} failed in epoch {Epoch}: {Reason}")]
    private partial void LogFailed(string job, long epoch, string reason);

    [LoggerMessage(
        EventId = 105,
        Level = LogLevel.Warning,
        Message = "Job {Job}: whether its record was written is unknown; it is read again")]
    private partial void LogRecordUnknown(string job, Exception fault);
}
