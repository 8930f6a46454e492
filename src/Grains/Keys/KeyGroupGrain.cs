namespace Weir.Grains.Keys;

using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Microsoft.Extensions.Options;
using Orleans.Concurrency;
using Orleans.Runtime;
using Weir.Contracts;
using Weir.Contracts.Jobs;
using Weir.Contracts.Json;
using Weir.Contracts.Keys;
using Weir.Engine.Codecs;
using Weir.Engine.Graph;
using Weir.Engine.Operators;
using Weir.Grains.Checkpoints;
using Weir.Grains.Diagnostics;
using Weir.Grains.Exchange;
using Weir.Grains.Hosting;
using Weir.Grains.Jobs;
using Weir.Grains.Placement;
using Weir.Protocol.Checkpoints;
using Weir.Protocol.Faults;
using Weir.Protocol.Groups;

/// <summary>
/// A key group of an operator: the unit of execution, placement and snapshots. It holds the window state and timers of
/// its keys and applies what arrives in its own turns. Invariant: it applies events of one epoch only, the highest that
/// it has been opened with.
/// </summary>
[GrainType("weirkeygroup")]
[RendezvousPlacement]
[Reentrant]
[SuppressMessage(
    "Design",
    "CA1001:Types that own disposable fields should be disposable",
    Justification = "Readers are let go when the grain is deactivated.")]
internal sealed class KeyGroupGrain(
    JobRegistry jobs,
    SiloExchange exchange,
    LocalGroups local,
    SiloParticipants participants,
    ParticipantPartsFactory parts,
    SiloSegments segments,
    SegmentFiles files,
    StoredJobs stored,
    TickLeases leases,
    StageMetrics metrics,
    CopyTurns copies,
    TimeProvider time,
    IOptions<WeirOptions> options) : Grain, IKeyGroupGrain, IIncomingGrainCallFilter
{
    private readonly Guid _activation = Guid.NewGuid();
    private readonly GroupReaders _readers = new(files);
    private readonly EpochDoor _door = new();
    private GroupAddress? _address;
    private GroupRun? _run;
    private JobPlan? _plan;
    private StoredChain? _chain;
    private long _claimed;

    private GroupAddress Address => _address ??= GroupAddress.Parse(this.GetPrimaryKeyString());

    public async Task<Guid> OpenAsync(EpochPlan plan, ReadOnlyMemory<byte> start)
    {
        if (_run?.Epoch == plan.Epoch)
            return _activation;
        GoHome(plan);
        _door.Enter(plan.Epoch);
        CloseRun();
        HostedJob job = jobs.Job(Address.Job);
        EpochRules.CheckFingerprint(job, plan);
        _plan = job.PlanFor(plan.Partitions);
        GroupProgram program = _plan.CreateGroup(Address.Operator, Address.Group);
        var spec = new ParticipantSpec(
            job, plan, Participant, program.OperatorName, Address.Group, ParticipantSpec.Read(start));
        ParticipantParts made = await parts.CreateAsync(spec, _plan, JobOwner());
        StoredChain? chain = null;
        if (spec.Start is { Mark: { } mark } stored)
        {
            chain = await files.OpenAsync(stored.Chain);
            CrashPoint.Pass(CrashLabels.RestoreBeforeLoad);
            program.Restore(mark, chain.Segments);
        }

        if (_door.IsShutTo(plan.Epoch))
            chain?.Dispose();
        _door.Check(plan.Epoch);
        _chain = chain;
        Begin(job, plan, program, made);
        return _activation;
    }

    public async Task CloseAsync(long epoch)
    {
        if (!_door.Close(epoch))
            return;
        GroupRun? run = _run;
        CloseRun();
        DelayDeactivation(TimeSpan.Zero);
        if (run is not null)
            await run.WhenQuietAsync();
    }

    public Task CommitAsync(long epoch, long checkpoint) => RunOf(epoch).CommitAsync(checkpoint);

    public Task AbortAsync(long epoch, long checkpoint)
    {
        if (_run?.Epoch == epoch)
            _run.Abort(checkpoint);
        return Task.CompletedTask;
    }

    public Task FinishAsync(long epoch) => RunOf(epoch).FinishAsync();

    public Task<GroupLocation> LocateAsync(long epoch)
    {
        long runs = _run?.Epoch ?? 0;
        if (runs < epoch)
            Claim(epoch);
        return Task.FromResult(new GroupLocation(runs == epoch ? GrainContext.Address.SiloAddress : null, runs > epoch));
    }

    public async Task<WireAnswer?> FindAsync(ReadOnlyMemory<byte> key, ReadAt at)
    {
        GroupReading reading = await ReadAsync(at);
        return reading.Read(program => program.Find(key)) is { } found
            ? KeyReports.Of(found, reading.Epoch, reading.Checkpoint)
            : null;
    }

    public async Task<GroupAnswer> FindOfAsync(string view, ReadOnlyMemory<byte> key, ReadAt at) =>
        KeyAddress.IsInGroup(jobs.Job(Address.Job), Address, view, key)
            ? new GroupAnswer(true, await FindAsync(key, at))
            : default;

    public async Task<KeyReport?> InspectAsync(ReadOnlyMemory<byte> key, ReadAt at)
    {
        GroupReading reading = await ReadAsync(at);
        return reading.Read(program => program.Inspect(key) is { } inspection
            ? KeyReports.Of(program.OperatorName, reading.Epoch, inspection) with
            {
                Checkpoint = reading.Checkpoint,
            }
            : null);
    }

    public async Task<KeysPage> ListKeysAsync(long from, int limit, ReadAt at)
    {
        KeyPage page = (await ReadAsync(at)).Read(program => program.ViewKeys(from, limit));
        return new KeysPage(
            [.. page.Keys.Select(KeyText.Format)], page.Next?.ToString(CultureInfo.InvariantCulture));
    }

    public Task<GroupQuarantine> ListQuarantinedAsync()
    {
        GroupRun run = Running();
        run.CatchUp();
        lock (run.Turn)
        {
            return Task.FromResult(new GroupQuarantine(
                run.Epoch,
                run.Program.CommandsTo,
                [.. run.Program.ListQuarantined().Select(held => KeyReports.Of(run.Program.OperatorName, held))]));
        }
    }

    public Task<GroupStatus?> DescribeAsync()
    {
        _run?.CatchUp();
        return Task.FromResult(_run is { } run
            ? new GroupStatus(
                run.Epoch, run.Program.EventsIn, run.Program.LateEvents, run.Program.Rows, run.Program.Watermark)
            {
                Quarantined = run.Program.Quarantined,
                DeadLetters = run.Program.DeadLetters,
            }
            : null);
    }

    public Task Invoke(IIncomingGrainCallContext context) => ParticipantFailures.InvokeAsync(context);

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        if (_run is { } run && reason.ReasonCode != DeactivationReasonCode.ShuttingDown)
        {
            // If nobody hears it, the silos or the next checkpoint tell.
            JobOwner().ReportLostAsync(run.Epoch, Participant, reason.Description).Ignore();
        }

        CloseRun();
        _readers.Dispose();
        return Task.CompletedTask;
    }

    private string Participant => Participants.OfGroup(
        jobs.Job(Address.Job).KeyPlan.OperatorNames[Address.Operator], Address.Group);

    private IJobGrain JobOwner() => GrainFactory.GetGrain<IJobGrain>($"j:{Address.Job}");

    private void Begin(HostedJob job, EpochPlan plan, GroupProgram program, ParticipantParts made)
    {
        int channels = _plan!.BarrierCount(Address.Operator, Address.Group);
        var context = new GroupContext(
            new GroupTask(program, new GroupTaskOptions(plan.Epoch, channels)),
            made.Outbox,
            made.Duty,
            copies,
            made.Demand,
            TaskScheduler.Current,
            options.Value.InboxEvents,
            channels,
            [.. job.Graph.Inputs.Select(topic => (topic, plan.Partitions[topic.Name]))],
            leases,
            time,
            _plan.HasOneGrainPerKey(Address.Operator)
                ? new GrainKeyHost(GrainFactory, job, Address.Operator, plan.Epoch)
                : null);
        IJobGrain owner = JobOwner();
        string participant = Participant;
        _run = new GroupRun(
            context,
            ended: () => JobReports.Send(() => owner.ReportEndAsync(plan.Epoch, participant)),
            failed: fault => JobReports.SendFailure(owner, plan.Epoch, participant, fault));
        segments.Join(job.Name, plan.Epoch);
        exchange.Register(Address, new LocalGroup(_run.Inbox, _plan));
        local.Enter(Address, _run);
        metrics.Enter(new StageName(job.Name, program.OperatorName), _run);
        participants.Add(_run, () => !program.HasEnded);
        DelayDeactivation(Timeout.InfiniteTimeSpan);
        _run.Start();
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

    private void CloseRun()
    {
        if (_run is not { } run)
            return;
        _run = null;
        exchange.Unregister(Address, run.Inbox);
        local.Leave(Address, run);
        metrics.Leave(run);
        participants.Remove(run);
        segments.Leave(Address.Job, run.Epoch);
        run.Close();
        _chain?.Dispose();
        _chain = null;
    }

    /// <summary>
    /// Events of an epoch come to an activation that nobody has opened in it: either the opening is on its way, or the
    /// group was opened elsewhere. The job knows, and ends the epoch if there are two.
    /// </summary>
    private void Claim(long epoch)
    {
        if (_claimed >= epoch || _door.Opening >= epoch)
            return;
        _claimed = epoch;
        IJobGrain owner = JobOwner();
        string participant = Participant;
        JobReports.Send(() => owner.ClaimAsync(epoch, participant, _activation));
    }

    /// <summary>
    /// Where to read: in what runs, if that is asked for and there is something; else in the last checkpoint, or in the
    /// one that is named. A group that only reads applies nothing.
    /// </summary>
    private async ValueTask<GroupReading> ReadAsync(ReadAt at)
    {
        _run?.CatchUp();
        if (at.Kind == ReadKind.Live && _run is { } run)
            return new GroupReading(run.Program, run.Epoch, null) { Turn = run.Turn };
        HostedJob job = jobs.Job(Address.Job);
        return await _readers.ReadAsync(
            () => FindPartAsync(at),
            partitions => job.PlanFor(partitions).CreateGroup(Address.Operator, Address.Group),
            Address.Job);
    }

    // The job knows; if it does not answer, its record in the storage does as well.
    private async Task<CheckpointPart?> FindPartAsync(ReadAt at)
    {
        try
        {
            return await JobOwner().FindPartAsync(at, Participant);
        }
        catch (Exception fault) when (fault is OrleansException or TimeoutException)
        {
            return await stored.FindPartAsync(Address.Job, at, Participant);
        }
    }

    private GroupRun RunOf(long epoch) => _run is { } run && run.Epoch == epoch
        ? run
        : throw new WeirException(WeirError.JobNotRunning, $"Epoch {epoch} of '{Address.Job}' does not run here.");

    private GroupRun Running() => _run ?? throw new WeirException(
        WeirError.JobNotRunning,
        $"The job '{Address.Job}' does not run, so nothing is held for its keys: start it first.");
}
