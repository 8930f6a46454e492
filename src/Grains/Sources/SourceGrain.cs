namespace Weir.Grains.Sources;

using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Concurrency;
using Orleans.Runtime;
using Orleans.Streams;
using Weir.Contracts;
using Weir.Contracts.Jobs;
using Weir.Engine.Graph;
using Weir.Engine.Operators;
using Weir.Engine.Time;
using Weir.Grains.Exchange;
using Weir.Grains.Hosting;
using Weir.Grains.Jobs;
using Weir.Grains.Streams;
using Weir.Protocol.Logs;
using Weir.Protocol.Sources;

/// <summary>
/// A partition of a job's source: it subscribes to the partition's stream and reads it exactly once and in order.
/// Invariant: no fault reaches the stream's agent, which would skip what it can not deliver; a gap is healed by
/// subscribing again from where the source stands, and whatever else goes wrong ends the epoch.
/// </summary>
[GrainType("weirsource")]
[RendezvousPlacement]
[Reentrant]
internal sealed partial class SourceGrain(
    JobRegistry jobs,
    SiloExchange exchange,
    IEventLog log,
    TickLeases leases,
    TimeProvider time,
    IOptions<WeirOptions> options,
    ILogger<SourceGrain> logger) : Grain, ISourceGrain, IAsyncObserver<EventBatchBlock>
{
    // Retention may keep this much more than it had to.
    private static readonly TimeSpan PinPeriod = TimeSpan.FromSeconds(30);
    private SourceRun? _run;
    private int _partitions;
    private long _pinnedAt;

    public async Task OpenAsync(EpochPlan plan, long from)
    {
        if (_run is { } run && run.Epoch >= plan.Epoch)
        {
            if (run.Epoch == plan.Epoch)
                return;
            throw new WeirException(WeirError.JobNotRunning, $"Epoch {plan.Epoch} is over: epoch {run.Epoch} runs.");
        }

        _run?.Close();
        (HostedJob job, int source, int partition) = Locate();
        EpochRules.CheckFingerprint(job, plan);
        var jobPlan = new JobPlan(job.Graph, job.Codecs, plan.Partitions);
        SourceProgram program = jobPlan.CreateSource(source, partition);
        program.StartAt(from);
        _partitions = plan.Partitions[program.Topic];
        string producer = string.Create(CultureInfo.InvariantCulture, $"{job.Name}/source {program.Topic}/{partition}");
        var topics = new TopicOutput(log, jobPlan, new TopicProducer(producer, plan.Epoch, partition));
        AlignmentLink? alignment = Align(jobPlan.AlignmentOf(program.Topic), program, plan.Epoch);
        _run = new SourceRun(
            plan.Epoch, program, new StageOutbox(exchange, job.Name, plan.Epoch, topics), alignment);
        DelayDeactivation(Timeout.InfiniteTimeSpan);
        alignment?.Start();
        await PinAsync(_run);
        await SubscribeAsync(_run);

        // A topic that nothing is ever sent to is idle as well, and only its ticks can say so.
        if (program.WaitsForClock)
            leases.Renew(program.Topic, _partitions);
    }

    public async Task CloseAsync(long epoch)
    {
        if (_run is not { } run || run.Epoch > epoch)
            return;
        _run = null;
        run.Close();
        await Stream().StopReadingAsync();
        DeactivateOnIdle();
    }

    public async Task<SourceStatus?> DescribeAsync()
    {
        if (_run is not { } run)
            return null;
        SourceProgram program = run.Program;
        PartitionInfo info = await log.DescribeAsync(new TopicPartition(program.Topic, program.Partition));
        return new SourceStatus(
            program.Topic, program.Partition, program.Next, info.Next, program.Watermark, program.IsIdle)
        {
            IsWaiting = run.IsWaiting,
            DeadLetters = program.DeadLetters,
        };
    }

    public async Task OnNextAsync(EventBatchBlock item, StreamSequenceToken? token = null)
    {
        if (_run is not { } run)
        {
            // A source whose job does not run has no use for events.
            await Stream().StopReadingAsync();
            return;
        }

        try
        {
            if (await run.ReadAsync(item.From, item.Next, item.Batches) == Admission.Gap)
            {
                if (item.IsDataMissing)
                    throw new WeirException(WeirError.OffsetExpired, MissingData(run, item));
                LogGap(run.Program.Topic, run.Program.Partition, run.Program.Next, item.From);
                await SubscribeAsync(run);
                return;
            }

            if (time.GetElapsedTime(_pinnedAt) > PinPeriod && !run.IsClosed)
                await PinAsync(run);
            if (run.Program.WaitsForClock)
                leases.Renew(run.Program.Topic, _partitions);
            if (run.Program.HasEnded && !run.IsClosed)
                await EndAsync(run);
        }
        catch (Exception fault) when (fault is not OperationCanceledException || !run.IsClosed)
        {
            Fail(run, fault);
        }
        catch (OperationCanceledException)
        {
            // The epoch was closed while this delivery waited for room.
        }
    }

    public Task OnErrorAsync(Exception ex)
    {
        if (_run is { } run)
            Fail(run, ex);
        return Task.CompletedTask;
    }

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        // What an earlier activation left subscribed keeps delivering here; without an observer that would be an error.
        foreach (StreamSubscriptionHandle<EventBatchBlock> handle in await Stream().GetAllSubscriptionHandles())
            await handle.ResumeAsync(this);
    }

    /// <summary>Begins delivery at the run's position, in place of whatever was subscribed before.</summary>
    private async Task SubscribeAsync(SourceRun run) => await Stream().ReadFromAsync(this, run.Program.Next);

    private AlignmentLink? Align(SourceAlignment? alignment, SourceProgram program, long epoch)
    {
        if (alignment is null)
            return null;
        IJobGrain owner = JobOwner();
        string participant = ParticipantOf(program);
        var calls = new AlignmentCalls(
            (watermark, counts) =>
            {
                // A source that waits reads no tick, and will need them when it goes on.
                if (program.WaitsForClock)
                    leases.Renew(program.Topic, _partitions);
                return owner.AlignAsync(epoch, participant, watermark, counts);
            },
            () => Stream().StopReadingAsync(),
            () => Stream().ReadFromAsync(this, program.Next));
        return new AlignmentLink(new AlignmentGate(program, alignment), calls, options.Value.AlignmentPatience);
    }

    /// <summary>Keeps what is not read yet out of reach of retention.</summary>
    private Task PinAsync(SourceRun run)
    {
        _pinnedAt = time.GetTimestamp();
        var place = new TopicPartition(run.Program.Topic, run.Program.Partition);
        return log.PinAsync(JobTopics.PinOf(Locate().Job.Name), place, run.Program.Next);
    }

    private IAsyncStream<EventBatchBlock> Stream()
    {
        (HostedJob job, int source, int partition) = Locate();
        return this.GetStreamProvider(WeirStreams.ProviderName)
            .BlocksOf(job.KeyPlan.TopicOfSource(source).Name, partition);
    }

    private async Task EndAsync(SourceRun run)
    {
        await run.WhenStoredAsync();
        IJobGrain owner = JobOwner();
        string participant = ParticipantOf(run.Program);
        JobReports.Send(() => owner.ReportEndAsync(run.Epoch, participant));
    }

    private void Fail(SourceRun run, Exception fault)
    {
        run.Close();
        LogFailed(run.Program.Topic, run.Program.Partition, fault);
        IJobGrain owner = JobOwner();
        string participant = ParticipantOf(run.Program);
        JobReports.Send(() => owner.ReportFailureAsync(run.Epoch, participant, fault.Message));
    }

    private static string ParticipantOf(SourceProgram program) =>
        JobRun.SourceOf(program.Topic, program.Partition);

    private static string MissingData(SourceRun run, EventBatchBlock item) =>
        $"The job stands at offset {run.Program.Next} of {item.Topic}/{item.Partition}, and the log keeps events from "
        + $"{item.From} on: retention has removed what lies between. Start the job again to begin at {item.From}.";

    private IJobGrain JobOwner() => GrainFactory.GetGrain<IJobGrain>($"j:{Locate().Job.Name}");

    private (HostedJob Job, int Source, int Partition) Locate()
    {
        string[] parts = this.GetPrimaryKeyString().Split('/');
        return (
            jobs.Job(parts[0]),
            int.Parse(parts[1], CultureInfo.InvariantCulture),
            int.Parse(parts[2], CultureInfo.InvariantCulture));
    }

    [LoggerMessage(
        EventId = 120,
        Level = LogLevel.Warning,
        Message = "{Topic}/{Partition}: expected offset {Next} and was given {From}; reading again from {Next}")]
    private partial void LogGap(string topic, int partition, long next, long from);

    [LoggerMessage(EventId = 121, Level = LogLevel.Error, Message = "{Topic}/{Partition}: the source can not go on")]
    private partial void LogFailed(string topic, int partition, Exception fault);
}
