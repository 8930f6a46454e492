namespace Weir.Grains.Jobs;

using System.Globalization;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using Weir.Contracts;
using Weir.Contracts.Jobs;
using Weir.Contracts.Keys;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Grains.Hosting;
using Weir.Grains.Logs;

/// <summary>
/// A job's life cycle and epoch. Invariant: the epoch is stored before anything runs in it, and it only grows, so
/// whatever still runs in an older one can be told from what should.
/// </summary>
/// <remarks>
/// Until there are checkpoints, every epoch begins at the first retained event of its input and replaces the output of
/// the epochs before.
/// </remarks>
[GrainType("weirjob")]
internal sealed partial class JobGrain(
    [PersistentState("weir-job", "weir")] IPersistentState<JobRecord> record,
    JobRegistry jobs,
    JobTopics topics,
    ILogger<JobGrain> logger) : Grain, IJobGrain
{
    private JobRun? _run;

    private string JobName => this.GetPrimaryKeyString()[2..];

    public Task<JobStatus> StartAsync() => Guard(async () =>
    {
        HostedJob job = jobs.Job(JobName);
        if (_run is null || record.State.State is not JobState.Running)
            await BeginAsync(job);
        return await DescribeAsync();
    });

    public Task<JobStatus> StopAsync() => Guard(async () =>
    {
        jobs.Job(JobName);
        if (record.State.ShouldRun || record.State.State != JobState.Stopped)
        {
            record.State.ShouldRun = false;
            record.State.State = JobState.Stopped;
            record.State.Failure = null;
            await record.WriteStateAsync();
        }

        await CloseAsync();
        LogStopped(JobName, record.State.Epoch);
        return await DescribeAsync();
    });

    public async Task<JobStatus> DescribeAsync()
    {
        HostedJob job = jobs.Job(JobName);
        var status = new JobStatus
        {
            Name = JobName,
            State = record.State.State,
            Epoch = record.State.Epoch,
            Fingerprint = job.Graph.Fingerprint,
            Failure = record.State.Failure,
            Views = [.. Enumerable.Range(0, job.KeyPlan.OperatorNames.Count)
                .Select(index => job.KeyPlan.ViewOf(index)?.Name)
                .OfType<string>()],
            Outputs = [.. job.Graph.Outputs.Select(topic => topic.Name)],
        };
        return _run is { } run
            ? status with { Sources = await run.DescribeSourcesAsync(), Operators = await run.DescribeOperatorsAsync() }
            : status;
    }

    public Task<QuarantineReport[]> ListQuarantinedAsync()
    {
        jobs.Job(JobName);
        return _run is { } run
            ? Guard(run.ListQuarantinedAsync)
            : throw new WeirException(
                WeirError.JobNotRunning, $"The job '{JobName}' does not run, so it holds no keys: start it first.");
    }

    public Task EnsureAsync() => Guard(async () =>
    {
        if (_run is null && record.State.ShouldRun && record.State.State is JobState.Running or JobState.Starting)
        {
            LogRevived(JobName, record.State.Epoch);
            await BeginAsync(jobs.Job(JobName));
        }

        return true;
    });

    public async Task ReportEndAsync(long epoch, string participant)
    {
        if (_run is not { } run || run.Epoch != epoch || !run.HasEnded(participant))
            return;
        record.State.State = JobState.Finished;
        record.State.ShouldRun = false;
        await record.WriteStateAsync();
        await run.CloseSourcesAsync();
        await topics.ReleaseAsync(JobName);
        LogFinished(JobName, epoch);
    }

    public async Task ReportFailureAsync(long epoch, string participant, string reason)
    {
        if (_run is not { } run || run.Epoch != epoch || record.State.State == JobState.Failed)
            return;
        LogFailed(JobName, epoch, participant, reason);
        await FailAsync(reason);
    }

    public Task<EventTime?> AlignAsync(long epoch, string participant, EventTime watermark, bool counts) =>
        Task.FromResult(_run is { } run && run.Epoch == epoch ? run.Align(participant, watermark, counts) : null);

    private async Task BeginAsync(HostedJob job)
    {
        await CloseAsync();
        IReadOnlyDictionary<string, int> partitions = await topics.EnsureAsync(job.Graph);
        record.State.Epoch++;
        record.State.ShouldRun = true;
        record.State.State = JobState.Starting;
        record.State.Failure = null;
        await record.WriteStateAsync();

        var plan = new EpochPlan(record.State.Epoch, job.Graph.Fingerprint, new Dictionary<string, int>(partitions));
        if (record.State.Epoch > 1)
            await topics.DiscardOutputAsync(job.Graph, partitions);
        _run = new JobRun(GrainFactory, job, plan);
        try
        {
            await _run.OpenAsync(topics);
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            await FailAsync(fault.Message);
            throw;
        }

        record.State.State = JobState.Running;
        await record.WriteStateAsync();
        LogStarted(JobName, plan.Epoch, job.Graph.Fingerprint);
    }

    private async Task FailAsync(string reason)
    {
        record.State.State = JobState.Failed;
        record.State.ShouldRun = false;
        record.State.Failure = reason;
        await record.WriteStateAsync();
        await CloseAsync();
    }

    private async Task CloseAsync()
    {
        if (_run is not { } run)
            return;
        _run = null;
        await run.CloseAsync();
        await topics.ReleaseAsync(JobName);
    }

    /// <summary>What a caller meets is a <see cref="WeirException"/>, whatever went wrong below.</summary>
    private static async Task<T> Guard<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (Exception refused) when (LogFailures.Translate(refused) is { } translated)
        {
            throw translated;
        }
        catch (Exception fault) when (fault is TimeoutException or OrleansException)
        {
            throw new WeirException(
                WeirError.Unavailable,
                $"The job's participants or its record did not answer: {fault.Message} Try again.");
        }
    }

    [LoggerMessage(
        EventId = 100,
        Level = LogLevel.Information,
        Message = "Job {Job} runs in epoch {Epoch}, graph {Fingerprint}")]
    private partial void LogStarted(string job, long epoch, string fingerprint);

    [LoggerMessage(
        EventId = 101,
        Level = LogLevel.Information,
        Message = "Job {Job} should run and does not since epoch {Epoch}: starting it")]
    private partial void LogRevived(string job, long epoch);

    [LoggerMessage(EventId = 102, Level = LogLevel.Information, Message = "Job {Job} was stopped in epoch {Epoch}")]
    private partial void LogStopped(string job, long epoch);

    [LoggerMessage(
        EventId = 103,
        Level = LogLevel.Information,
        Message = "Job {Job} has finished in epoch {Epoch}: all input ended and all output is stored")]
    private partial void LogFinished(string job, long epoch);

    [LoggerMessage(
        EventId = 104,
        Level = LogLevel.Error,
        Message = "Job {Job} failed in epoch {Epoch} at {Participant}: {Reason}")]
    private partial void LogFailed(string job, long epoch, string participant, string reason);
}
