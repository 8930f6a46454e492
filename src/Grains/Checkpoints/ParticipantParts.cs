namespace Weir.Grains.Checkpoints;

using Microsoft.Extensions.Options;
using Weir.Contracts.Jobs;
using Weir.Engine.Graph;
using Weir.Grains.Exchange;
using Weir.Grains.Hosting;
using Weir.Grains.Sinks;
using Weir.Protocol.Checkpoints;
using Weir.Protocol.Logs;
using Weir.Protocol.Sinks;

/// <summary>A participant as it begins an epoch.</summary>
/// <param name="Job">The job.</param>
/// <param name="Plan">The epoch.</param>
/// <param name="Name">Its name; see <see cref="Participants"/>.</param>
/// <param name="Stage">The operator, or the source.</param>
/// <param name="Instance">The group or partition.</param>
/// <param name="Start">Its part in the checkpoint that the epoch begins with, or null.</param>
internal sealed record ParticipantSpec(
    HostedJob Job, EpochPlan Plan, string Name, string Stage, int Instance, ParticipantReport? Start)
{
    /// <summary>Reads a part as it is sent; empty: there is none.</summary>
    public static ParticipantReport? Read(ReadOnlyMemory<byte> start) =>
        start.IsEmpty ? null : ManifestCodec.DecodeReport(start);
}

/// <summary>What a participant is given for its output and its checkpoints.</summary>
internal sealed record ParticipantParts(StageOutbox Outbox, CheckpointDuty Duty, CheckpointDemand Demand);

/// <summary>Makes the parts of the participants of a silo.</summary>
internal sealed class ParticipantPartsFactory(
    SiloExchange exchange,
    FrameExchange frames,
    SiloSegments segments,
    SegmentFiles files,
    SegmentFolds folds,
    IEventLog log,
    IOptions<WeirOptions> options)
{
    private readonly StagingBound _bound = new(options.Value.StagedEvents, options.Value.StagedBytes);
    private static readonly Dictionary<string, string> NoForks = [];

    /// <summary>Makes them; output that was staged before is read, so that it can be published again.</summary>
    /// <exception cref="CheckpointStoreException">It can not be read.</exception>
    public async Task<ParticipantParts> CreateAsync(ParticipantSpec spec, JobPlan jobPlan, IJobGrain owner)
    {
        EpochPlan plan = spec.Plan;
        OutputLanes lanes = Lanes(spec, plan.Lineage);
        OutputLanes restored = plan.RestoredLineage == plan.Lineage ? lanes : Lanes(spec, plan.RestoredLineage);
        var staged = new StagedOutput(
            target => spec.Job.Graph.Outputs.Any(topic => topic.Name == target) ? jobPlan.PartitionsOf(target) : 1,
            spec.Instance,
            plan.RestoredLineage == plan.Lineage ? spec.Start?.Positions ?? default : default);
        foreach (SegmentRef part in spec.Start?.Staged ?? [])
            staged.Restore(CheckpointDuty.Restored, part, await files.ReadAsync(part));
        restored.Expect(new OutputPositions(spec.Start?.Positions ?? default));
        var outbox = new StageOutbox(
            (exchange, frames, new RemoteSender(options.Value.InboxEvents)),
            (spec.Job.Name, plan.Epoch),
            staged,
            new ImmediateOutput(lanes, staged));
        var duty = new CheckpointDuty(
            new DutyContext
            {
                Segments = segments,
                Folds = folds,
                Lanes = lanes,
                RestoredLanes = restored,
                WhenPublished = outbox.WhenStoredAsync,
                Owner = owner,
                Job = spec.Job.Name,
                Epoch = plan.Epoch,
            },
            new CheckpointParticipant(spec.Name, plan.Epoch, staged, spec.Start) { Policy = options.Value.Chains });
        duty.WatchSinks();
        var demand = new CheckpointDemand(owner, (plan.Epoch, spec.Name), new StagingGate(staged, _bound));
        return new ParticipantParts(outbox, duty, demand);
    }

    private OutputLanes Lanes(ParticipantSpec spec, long lineage) => new(
        log,
        new OutputOwner(
            spec.Job.Graph,
            spec.Job.Codecs,
            new SinkProducer(spec.Job.Name, lineage, spec.Stage, spec.Instance, spec.Plan.Epoch),
            lineage == spec.Plan.Lineage ? spec.Plan.Forks : NoForks));
}
