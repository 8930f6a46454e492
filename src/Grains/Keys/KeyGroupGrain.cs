namespace Weir.Grains.Keys;

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
using Weir.Grains.Exchange;
using Weir.Grains.Hosting;
using Weir.Grains.Jobs;
using Weir.Protocol.Logs;

/// <summary>
/// A key group of an operator: the unit of execution, placement and snapshots. It holds the window state and timers of
/// its keys and applies what arrives in its own turns. Invariant: it applies events of one epoch only, the highest that
/// it has been opened with.
/// </summary>
[GrainType("weirkeygroup")]
[RendezvousPlacement]
[Reentrant]
internal sealed class KeyGroupGrain(
    JobRegistry jobs,
    SiloExchange exchange,
    IEventLog log,
    TickLeases leases,
    TimeProvider time,
    IOptions<WeirOptions> options) : Grain, IKeyGroupGrain
{
    private GroupRun? _run;
    private JobPlan? _plan;

    private GroupAddress Address => GroupAddress.Parse(this.GetPrimaryKeyString());

    public Task OpenAsync(EpochPlan plan)
    {
        if (_run is { } run && run.Epoch >= plan.Epoch)
        {
            return run.Epoch == plan.Epoch
                ? Task.CompletedTask
                : throw new WeirException(
                    WeirError.JobNotRunning, $"Epoch {plan.Epoch} is over: epoch {run.Epoch} runs.");
        }

        CloseRun();
        HostedJob job = jobs.Job(Address.Job);
        EpochRules.CheckFingerprint(job, plan);
        _plan = new JobPlan(job.Graph, job.Codecs, plan.Partitions) { KeyText = KeyText.Format };
        GroupProgram program = _plan.CreateGroup(Address.Operator, Address.Group);
        string producer = string.Create(
            CultureInfo.InvariantCulture, $"{job.Name}/{program.OperatorName}/{Address.Group}");
        var outbox = new StageOutbox(
            exchange,
            job.Name,
            plan.Epoch,
            new TopicOutput(log, _plan, new TopicProducer(producer, plan.Epoch, Address.Group)));
        var context = new GroupContext(
            program,
            outbox,
            TaskScheduler.Current,
            options.Value.InboxEvents,
            [.. job.Graph.Inputs.Select(topic => (topic, plan.Partitions[topic.Name]))],
            leases,
            time,
            _plan.HasOneGrainPerKey(Address.Operator)
                ? new GrainKeyHost(GrainFactory, job, Address.Operator, plan.Epoch)
                : null);
        IJobGrain owner = GrainFactory.GetGrain<IJobGrain>($"j:{job.Name}");
        string participant = JobRun.ParticipantOf(program.OperatorName, Address.Group);
        _run = new GroupRun(
            plan.Epoch,
            context,
            ended: () => JobReports.Send(() => owner.ReportEndAsync(plan.Epoch, participant)),
            failed: fault => JobReports.Send(() => owner.ReportFailureAsync(plan.Epoch, participant, fault.Message)));
        exchange.Register(Address, _run.Inbox);
        DelayDeactivation(Timeout.InfiniteTimeSpan);
        return Task.CompletedTask;
    }

    public Task CloseAsync(long epoch)
    {
        if (_run is { } run && run.Epoch <= epoch)
        {
            CloseRun();
            _run = null;
            DeactivateOnIdle();
        }

        return Task.CompletedTask;
    }

    public Task<bool> ReceiveAsync(WireSlice slice)
    {
        if (_run is not { } run || _plan is null || slice.Epoch > run.Epoch)
            return Task.FromResult(false);
        if (slice.Epoch < run.Epoch)
            return Task.FromResult(true);
        var target = new SliceTarget(Address.Operator, Address.Group, slice.Channel, slice.Edge);
        Slice decoded = _plan.DecodeSlice(target, slice.Bytes);
        decoded.Epoch = slice.Epoch;
        decoded.Sequence = slice.Sequence;
        bool taken = run.Inbox.TryPost(decoded);
        if (!taken)
            decoded.Release();
        return Task.FromResult(taken);
    }

    public Task<WireAnswer?> FindAsync(ReadOnlyMemory<byte> key)
    {
        GroupRun run = Running();
        return Task.FromResult(run.Program.Find(key) is { } reading
            ? KeyReports.Of(reading, run.Epoch)
            : null);
    }

    public Task<KeyReport?> InspectAsync(ReadOnlyMemory<byte> key)
    {
        GroupRun run = Running();
        return Task.FromResult(run.Program.Inspect(key) is { } inspection
            ? KeyReports.Of(run.Program.OperatorName, run.Epoch, inspection)
            : null);
    }

    public Task<KeysPage> ListKeysAsync(long from, int limit)
    {
        KeyPage page = Running().Program.ViewKeys(from, limit);
        return Task.FromResult(new KeysPage(
            [.. page.Keys.Select(KeyText.Format)], page.Next?.ToString(CultureInfo.InvariantCulture)));
    }

    public Task<GroupQuarantine> ListQuarantinedAsync()
    {
        GroupRun run = Running();
        return Task.FromResult(new GroupQuarantine(
            run.Epoch,
            run.Program.CommandsTo,
            [.. run.Program.ListQuarantined().Select(held => KeyReports.Of(run.Program.OperatorName, held))]));
    }

    public Task<GroupStatus?> DescribeAsync() => Task.FromResult(_run is { } run
        ? new GroupStatus(
            run.Epoch, run.Program.EventsIn, run.Program.LateEvents, run.Program.Rows, run.Program.Watermark)
        {
            Quarantined = run.Program.Quarantined,
            DeadLetters = run.Program.DeadLetters,
        }
        : null);

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        CloseRun();
        return Task.CompletedTask;
    }

    private void CloseRun()
    {
        if (_run is null)
            return;
        exchange.Unregister(Address, _run.Inbox);
        _run.Close();
    }

    private GroupRun Running() => _run ?? throw new WeirException(
        WeirError.JobNotRunning,
        $"The job '{Address.Job}' does not run, so nothing is held for its keys: start it first.");
}
