namespace Weir.Grains.Jobs;

using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Concurrency;
using Orleans.Runtime;
using Weir.Contracts;
using Weir.Contracts.Jobs;
using Weir.Contracts.Keys;
using Weir.Engine.Time;
using Weir.Grains.Checkpoints;
using Weir.Grains.Diagnostics;
using Weir.Grains.Hosting;
using Weir.Grains.Logs;
using Weir.Grains.Placement;
using Weir.Protocol.Checkpoints;
using Weir.Protocol.Faults;
using Weir.Protocol.Jobs;
using Weir.Protocol.Logs;
using Weir.Protocol.Sources;

/// <summary>
/// A job: its life cycle and its checkpoints, as the world sees them. Invariant: what happens to it is decided by
/// <see cref="JobProtocol"/> alone, which a <see cref="JobHost"/> runs; the epoch is stored before anything runs in it,
/// and it only grows, so whatever still runs in an older one can be told from what should.
/// </summary>
[GrainType("weirjob")]
[RendezvousPlacement]
[Reentrant]
[SuppressMessage(
    "Design",
    "CA1001:Types that own disposable fields should be disposable",
    Justification = "Its waiters outlive a deactivation, and without a handle it holds nothing.")]
internal sealed partial class JobGrain(
    [PersistentState("weir-job", "weir")] IPersistentState<JobRecord> record,
    JobRegistry jobs,
    IEventLog log,
    JobTopics topics,
    CheckpointShelf shelf,
    CheckpointMetrics metrics,
    TimeProvider time,
    SiloLayout silos,
    Places places,
    SiloParticipants participants,
    IOptions<WeirOptions> options,
    ILogger<JobGrain> logger) : Grain, IJobGrain
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(20);
    private readonly SemaphoreSlim _changing = new(1, 1);
    private JobHost? _host;
    private IGrainTimer? _timer;

    private string JobName => this.GetPrimaryKeyString()[2..];

    private bool IsRunning => _host?.Protocol.Phase is not null and not (
        JobPhase.Idle or JobPhase.Finished or JobPhase.Failed or JobPhase.Stopped or JobPhase.Superseded);

    public Task<JobStatus> StartAsync(StartOptions start) => ChangeAsync(async () =>
    {
        HostedJob job = Hosted();
        if (!IsRunning)
        {
            IReadOnlyDictionary<string, int> partitions = await topics.EnsureAsync(job.Graph);
            StartPlan.Apply(start, job, record.State);
            await topics.EnsureForksAsync(record.State.Forks);
            record.State.ShouldRun = true;
            record.State.State = JobState.Starting;
            record.State.Failure = null;
            await record.WriteStateAsync();
            await BeginAsync(job, partitions, start.AcceptDuplicates);
        }
        else if (start.From is not null || start.Anew)
        {
            throw new WeirException(
                WeirError.InvalidRequest, $"The job '{JobName}' runs: stop it before it is started from elsewhere.");
        }

        return await DescribeAsync();
    });

    public Task<JobStatus> StopAsync(StopOptions stop) => ChangeAsync(async () =>
    {
        Hosted();
        if (stop.Savepoint is { } name && IsRunning)
        {
            if (stop.Drain)
                await _host!.Run!.DrainAsync();
            await SavepointAsync(name, stop.Request, thenStop: true);
            await WhenStoppedAsync();
        }

        CrashPoint.Pass(CrashLabels.StopBefore);
        if (_host is { } host)
        {
            await host.StopAsync();
            await host.ReleaseAsync();
        }

        if (record.State.ShouldRun || record.State.State is not (JobState.Stopped or JobState.Finished))
        {
            record.State.ShouldRun = false;
            record.State.State = JobState.Stopped;
            record.State.Failure = null;
            await record.WriteStateAsync();
        }

        EndHost();
        LogStopped(JobName);
        return await DescribeAsync();
    });

    public async Task<CheckpointDescription[]> ListCheckpointsAsync()
    {
        Hosted();
        KeptCheckpoints kept = Kept();
        CompleteCheckpoint[] all = [.. StartPlan.All(record.State)];
        await kept.ReadAllAsync(all);
        return [.. all.Reverse().Select(kept.Describe)];
    }

    public Task<CheckpointPart?> FindPartAsync(ReadAt at, string participant) =>
        CheckpointParts.FindAsync((JobName, record.State), Kept(), at, participant);

    public Task<QuarantineReport[]> ListQuarantinedAsync()
    {
        Hosted();
        return _host?.Run is { } run
            ? GuardAsync(run.ListQuarantinedAsync)
            : throw new WeirException(
                WeirError.JobNotRunning, $"The job '{JobName}' does not run, so it holds no keys: start it first.");
    }

    public Task EnsureAsync() => ChangeAsync(async () =>
    {
        EnsureForks();
        if (!record.State.ShouldRun || IsRunning || silos.IsStopping)
            return true;
        LogRevived(JobName);
        HostedJob job = Hosted();
        if (record.State.Fingerprint != job.Graph.Fingerprint)
        {
            // A changed job does not start by itself: what becomes of its output is for its user to say.
            record.State.ShouldRun = false;
            record.State.State = JobState.Failed;
            record.State.Failure = record.State.Version == job.Graph.Version
                ? "The graph of the job has changed since it ran: start it, and say what becomes of its output."
                : $"The version of the job has changed since it ran, from '{record.State.Version}' to "
                    + $"'{job.Graph.Version}': start it, and say from where it goes on and what becomes of its output.";
            await record.WriteStateAsync();
            return true;
        }

        await BeginAsync(job, await topics.EnsureAsync(job.Graph));
        return true;
    });

    public Task ReportEndAsync(long epoch, string participant) => TellAsync(host => host.OnEnded(epoch, participant));

    public Task<long> ReportChangeAsync(long epoch, string participant, long behind, bool atOnce) =>
        Task.FromResult(_host?.OnChanged(epoch, participant, behind, atOnce) ?? 0);

    public Task CheckpointAsync(long epoch) => _host is { } host
        ? host.CheckpointAsync(epoch)
        : throw new WeirException(WeirError.JobNotRunning, $"Epoch {epoch} of '{JobName}' is over.");

    public Task ReportFailureAsync(long epoch, string participant, string reason, bool isFatal) =>
        TellAsync(host => host.OnFailure(epoch, reason, isFatal));

    public Task ReportLostAsync(long epoch, string participant, string reason) =>
        TellAsync(host => host.OnLost(epoch, $"{participant} has stopped: {reason}"));

    public Task ReportCheckpointAsync(long epoch, long checkpoint, ReadOnlyMemory<byte> report) =>
        TellAsync(host => host.OnReport(ManifestCodec.DecodeReport(report)));

    public Task ReportCheckpointFailureAsync(long epoch, long checkpoint, string participant, string reason) =>
        TellAsync(host => host.OnCheckpointFailed(epoch, checkpoint, participant, reason));

    public Task ClaimAsync(long epoch, string participant, Guid activation) => TellAsync(host =>
    {
        if (host.Run is { } run && run.Epoch == epoch && run.IsSecond(participant, activation))
            host.OnLost(epoch, $"{participant} was activated a second time");
    });

    public Task<EventTime?> AlignAsync(long epoch, string participant, EventTime watermark, bool counts) =>
        Task.FromResult(_host?.Run is { } run && run.Epoch == epoch
            ? run.Align(participant, watermark, counts)
            : null);

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        EndHost();
        return Task.CompletedTask;
    }

    private async Task BeginAsync(
        HostedJob job, IReadOnlyDictionary<string, int> partitions, bool acceptsDuplicates = false)
    {
        if (_host is { } finished)
            await finished.ReleaseAsync();
        EndHost();
        DelayDeactivation(Timeout.InfiniteTimeSpan);
        _host = new JobHost(
            new JobSurroundings(GrainFactory, log, topics, shelf, metrics, time, logger)
            {
                Silos = silos,
                Places = places,
                MoveDelay = options.Value.MoveDelay,
            },
            (job, partitions),
            record,
            new JobProtocolOptions
            {
                Checkpoints = new CheckpointOptions
                {
                    Interval = options.Value.CheckpointInterval,
                    MinimumPause = TimeSpan.FromMilliseconds(
                        Math.Min(options.Value.CheckpointInterval.TotalMilliseconds / 2, 500)),
                    Timeout = options.Value.CheckpointTimeout,
                    Retained = options.Value.CheckpointsRetained,
                },
                Restart = options.Value.RestartStrategy,
                KeepLineageOnFallback = job.Graph.RepeatsItsOutput,
                AcceptsDuplicates = acceptsDuplicates,
                LastNumber = HighestNumber(),
            })
        {
            GoElsewhere = GoElsewhere,
        };
        _host.Kept.Restore(record.State.Shown);
        participants.Add(this, () => IsRunning && _host?.Protocol.Phase != JobPhase.Waiting);
        RemoveClaimed(_host);
        _timer = this.RegisterGrainTimer(
            static (host, _) =>
            {
                host.Tick();
                return Task.CompletedTask;
            },
            _host,
            new GrainTimerCreationOptions(Tick, Tick) { Interleave = true });
        await _host.StartAsync();
    }

    private void GoElsewhere()
    {
        EndHost();
        DeactivateOnIdle();

        // It waits until this activation has ended, and finds the next one.
        GrainFactory.GetGrain<IJobGrain>(this.GetPrimaryKeyString()).EnsureAsync().Ignore();
    }

    private void EndHost()
    {
        participants.Remove(this);
        _timer?.Dispose();
        _host?.Close();
        _host = null;
    }

    private KeptCheckpoints Kept()
    {
        if (_host is { } host)
            return host.Kept;
        var kept = new KeptCheckpoints(shelf);
        kept.Restore(record.State.Shown);
        return kept;
    }

    private Task ChangeRecordAsync(Action<JobRecord> change)
    {
        if (_host is { } host)
            return host.ChangeAsync(change);
        change(record.State);
        return record.WriteStateAsync();
    }

    private Task TellAsync(Action<JobHost> tell)
    {
        if (_host is { } host)
            tell(host);
        return Task.CompletedTask;
    }

    /// <summary>One change of the life cycle at a time; reports and reads go on meanwhile.</summary>
    private async Task<T> ChangeAsync<T>(Func<Task<T>> work)
    {
        await _changing.WaitAsync();
        try
        {
            if (_host is { } host)
                await host.WhenEndIsWrittenAsync();
            return await GuardAsync(work);
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>What a caller meets is a <see cref="WeirException"/>, whatever went wrong below.</summary>
    private static async Task<T> GuardAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (Exception refused) when (LogFailures.Translate(refused) is { } translated)
        {
            throw translated;
        }
        catch (Exception fault) when (fault is TimeoutException or OrleansException or DbException)
        {
            throw new WeirException(
                WeirError.Unavailable,
                $"The job's participants or its record did not answer: {fault.Message} Try again.");
        }
    }

    [LoggerMessage(
        EventId = 101,
        Level = LogLevel.Information,
        Message = "Job {Job} should run and does not: starting it")]
    private partial void LogRevived(string job);

    [LoggerMessage(EventId = 102, Level = LogLevel.Information, Message = "Job {Job} was stopped")]
    private partial void LogStopped(string job);
}
