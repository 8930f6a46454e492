namespace Weir.Grains.Sources;

using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Concurrency;
using Orleans.Runtime;
using Orleans.Streams;
using Weir.Contracts;
using Weir.Contracts.Jobs;
using Weir.Engine.Codecs;
using Weir.Engine.Graph;
using Weir.Engine.Operators;
using Weir.Engine.Time;
using Weir.Grains.Checkpoints;
using Weir.Grains.Diagnostics;
using Weir.Grains.Exchange;
using Weir.Grains.Hosting;
using Weir.Grains.Jobs;
using Weir.Grains.Placement;
using Weir.Grains.Streams;
using Weir.Protocol.Checkpoints;
using Weir.Protocol.Faults;
using Weir.Protocol.Logs;
using Weir.Protocol.Sources;

/// <summary>
/// A partition of a job's source: it subscribes to the partition's stream and reads it exactly once and in order.
/// Invariant: no fault reaches the stream's agent, which would skip what it can not deliver; a gap is healed by
/// subscribing again from where the source stands, and whatever else goes wrong ends the epoch. Where deliveries fail to
/// come it reads the log itself: who delivers to whom is a record of the stream's, and a silo that takes itself for alive
/// may still write over it.
/// </summary>
[GrainType("weirsource")]
[RendezvousPlacement]
[Reentrant]
internal sealed partial class SourceGrain(
    JobRegistry jobs,
    ParticipantPartsFactory parts,
    SiloParticipants participants,
    SiloSegments segments,
    IEventLog log,
    TickLeases leases,
    SourceMetrics metrics,
    IOptions<WeirOptions> options,
    ILogger<SourceGrain> logger) : Grain, ISourceGrain, IIncomingGrainCallFilter, IAsyncObserver<EventBatchBlock>
{
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(1);
    private readonly Guid _activation = Guid.NewGuid();
    private SourceRun? _run;
    private readonly EpochDoor _door = new();
    private int _partitions;

    public async Task<Guid> OpenAsync(
        EpochPlan plan, long from, ReadOnlyMemory<byte> start, ReadOnlyMemory<byte> later)
    {
        if (_run?.Epoch == plan.Epoch)
            return _activation;
        GoHome(plan);
        _door.Enter(plan.Epoch);
        CloseRun();
        (HostedJob job, int source, int partition) = Locate();
        EpochRules.CheckFingerprint(job, plan);
        JobPlan jobPlan = job.PlanFor(plan.Partitions);
        SourceProgram program = jobPlan.CreateSource(source, partition);
        _partitions = plan.Partitions[program.Topic];
        var spec = new ParticipantSpec(
            job, plan, ParticipantOf(program), $"source {program.Topic}", partition, ParticipantSpec.Read(start));
        ParticipantParts made = await parts.CreateAsync(spec, jobPlan, JobOwner());
        SourceTask task = spec.Start?.Cut is { } cut ? await GoOnAsync(program, cut) : new SourceTask(program, from);
        _door.Check(plan.Epoch);
        task.Expect(DigestsIn(later));
        AlignmentLink? alignment = Align(jobPlan.AlignmentOf(program.Topic), program, plan.Epoch);
        var run = new SourceRun(plan.Epoch, task, made, alignment);
        segments.Join(job.Name, plan.Epoch);
        metrics.Enter(job.Name, run);
        participants.Add(run, () => !program.HasEnded);
        DelayDeactivation(Timeout.InfiniteTimeSpan);
        alignment?.Start();
        await BeginAsync(run);
        return _activation;
    }

    private async Task BeginAsync(SourceRun run)
    {
        _run = run;
        try
        {
            await SubscribeAsync(run);
        }
        catch
        {
            // Asked again, it would take itself for open.
            if (_run == run)
                CloseRun();
            throw;
        }

        Watch(run);

        // A topic that nothing is ever sent to is idle as well, and only its ticks can say so.
        if (run.Program.WaitsForClock)
            leases.Renew(run.Program.Topic, _partitions);
        if (run.Program.HasEnded)
            ReportEnd(run);
    }

    public Task BarrierAsync(long epoch, long checkpoint, bool holds) =>
        GuardAsync(RunOf(epoch), run => run.CutAsync(checkpoint, holds));

    public Task DrainAsync(long epoch) => GuardAsync(RunOf(epoch), async run =>
    {
        await run.DrainAsync();
        ReportEnd(run);
    });

    public Task CommitAsync(long epoch, long checkpoint) => RunOf(epoch).CommitAsync(checkpoint);

    public Task AbortAsync(long epoch, long checkpoint)
    {
        if (_run?.Epoch == epoch)
            _run.Abort(checkpoint);
        return Task.CompletedTask;
    }

    public Task FinishAsync(long epoch) => RunOf(epoch).FinishAsync();

    public async Task CloseAsync(long epoch)
    {
        if (!_door.Close(epoch) || _run is not { } run)
            return;
        CloseRun();
        Task quiet = run.WhenQuietAsync();
        try
        {
            // What keeps subscriptions may have stood on a silo that is gone. Who does not run takes no delivery anyway.
            await Stream().StopReadingAsync().WaitAsync(StopPatience);
        }
        catch (Exception fault) when (fault is TimeoutException or OrleansException)
        {
        }

        if (_door.Opening <= epoch)
            DelayDeactivation(TimeSpan.Zero);
        await quiet;
    }

    public async Task<SourceStatus?> DescribeAsync()
    {
        if (_run is not { } run)
            return null;
        await FindEndAsync(run);
        SourceProgram program = run.Program;
        return new SourceStatus(
            program.Topic,
            program.Partition,
            program.Next,
            Math.Max(program.Next, _end),
            program.Watermark,
            program.IsIdle)
        {
            Problem = _problem,
            IsWaiting = run.IsWaiting,
            DeadLetters = program.DeadLetters,
            HasChanged = run.HasChanged,
        };
    }

    public Task Invoke(IIncomingGrainCallContext context) => ParticipantFailures.InvokeAsync(context);

    public async Task OnNextAsync(EventBatchBlock item, StreamSequenceToken? token = null)
    {
        if (_run is not { } run)
        {
            // A source whose job does not run has no use for events.
            await Stream().StopReadingAsync();
            return;
        }

        _deliveries++;
        _underWay++;
        try
        {
            CrashPoint.Pass(CrashLabels.DeliveryBefore);
            if (await run.ReadAsync(item.From, item.Next, item.Batches) == Admission.Gap)
            {
                if (item.IsDataMissing)
                    throw new WeirException(WeirError.OffsetExpired, MissingData(run, item));
                LogGap(run.Program.Topic, run.Program.Partition, run.Program.Next, item.From);
                await SubscribeAsync(run);
                return;
            }

            if (run.Program.WaitsForClock)
                leases.Renew(run.Program.Topic, _partitions);
            if (run.Program.HasEnded && !run.IsClosed)
                ReportEnd(run);
            CrashPoint.Pass(CrashLabels.DeliveryAfter);
        }
        catch (Exception fault) when (fault is not OperationCanceledException || !run.IsClosed)
        {
            Fail(run, fault);
        }
        catch (OperationCanceledException)
        {
            // The epoch was closed while this delivery waited for room.
        }
        finally
        {
            _underWay--;
        }
    }

    public Task OnErrorAsync(Exception ex)
    {
        if (_run is { } run && Outages.Is(ex))
            NoteOutage(run, ex);
        else if (_run is { } broken)
            Fail(broken, ex);
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        if (_run is { } run && reason.ReasonCode != DeactivationReasonCode.ShuttingDown)
        {
            // If nobody hears it, the silos or the next checkpoint tell.
            JobOwner().ReportLostAsync(run.Epoch, ParticipantOf(run.Program), reason.Description).Ignore();
        }

        CloseRun();
        return Task.CompletedTask;
    }

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        // What an earlier activation left subscribed keeps delivering here; without an observer that would be an error.
        foreach (StreamSubscriptionHandle<EventBatchBlock> handle in await Stream().GetAllSubscriptionHandles())
            await handle.ResumeAsync(this);
    }

    // Silos have come or gone: the epoch begins in the next activation, and this one would take it along.
    private void GoHome(EpochPlan plan)
    {
        if (plan.Home is not { } home || home.Equals(GrainContext.Address.SiloAddress))
            return;
        CloseRun();
        _door.Leave();
        Residence.Move(this, home);
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

    private IAsyncStream<EventBatchBlock> Stream()
    {
        (HostedJob job, int source, int partition) = Locate();
        return this.GetStreamProvider(WeirStreams.ProviderName)
            .BlocksOf(job.KeyPlan.TopicOfSource(source).Name, partition);
    }

    private void ReportEnd(SourceRun run)
    {
        IJobGrain owner = JobOwner();
        string participant = ParticipantOf(run.Program);
        JobReports.Send(() => owner.ReportEndAsync(run.Epoch, participant));
    }

    /// <summary>
    /// A source that goes on where a checkpoint stands. The last batch before that is read again and compared: if it is
    /// another one, the log is not the one that the checkpoint was taken of.
    /// </summary>
    private async Task<SourceTask> GoOnAsync(SourceProgram program, SourceCut cut)
    {
        var task = new SourceTask(program, cut);
        if (task.Last.Batches == 0)
            return task;
        var place = new TopicPartition(program.Topic, program.Partition);
        LogFetch fetch = await log.ReadAsync(place, task.Last.From, new ReadLimits(1, 1));
        task.VerifyLast(fetch.Batches[0]);
        return task;
    }

    private async Task GuardAsync(SourceRun run, Func<SourceRun, Task> work)
    {
        try
        {
            await work(run);
        }
        catch (OperationCanceledException) when (run.IsClosed)
        {
            // The epoch was closed while the barrier waited for room.
        }
        catch (Exception fault)
        {
            Fail(run, fault);
        }
    }

    private static IEnumerable<InputDigest> DigestsIn(ReadOnlyMemory<byte> bytes)
    {
        var reader = new ByteReader(bytes);
        while (reader.Remaining > 0)
            yield return InputDigest.Read(reader);
    }

    private SourceRun RunOf(long epoch) => _run is { } run && run.Epoch == epoch
        ? run
        : throw new WeirException(
            WeirError.JobNotRunning, $"Epoch {epoch} of {this.GetPrimaryKeyString()} does not run here.");

    private void CloseRun()
    {
        if (_run is not { } run)
            return;
        _run = null;
        segments.Leave(Locate().Job.Name, run.Epoch);
        metrics.Leave(run);
        participants.Remove(run);
        run.Close();
    }

    private void Fail(SourceRun run, Exception fault)
    {
        // Every delivery that waits for room fails with the first one.
        if (run.IsClosed)
            return;
        run.Close();
        LogFailed(run.Program.Topic, run.Program.Partition, fault);
        JobReports.SendFailure(JobOwner(), run.Epoch, ParticipantOf(run.Program), fault);
    }

    private static string ParticipantOf(SourceProgram program) =>
        Participants.OfSource(program.Topic, program.Partition);

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
