namespace Weir.Grains.Checkpoints;

using Weir.Contracts;
using Weir.Contracts.Jobs;
using Weir.Grains.Hosting;
using Weir.Grains.Jobs;
using Weir.Protocol.Checkpoints;
using Weir.Protocol.Jobs;
using Weir.Protocol.Logs;

/// <summary>
/// What is stored of a job's past. Invariant: it reads what the job's record names, and a savepoint that is brought in
/// gets into that record only through the job itself, after all its bytes are durable.
/// </summary>
[GrainType("weirarchive")]
internal sealed partial class ArchiveGrain(
    JobRegistry jobs,
    CheckpointShelf shelf,
    PartVerifier verifier,
    ICheckpointStore store,
    IEventLog log,
    JobTopics topics)
    : Grain, IArchiveGrain
{
    private string JobName => this.GetPrimaryKeyString()[2..];

    private IJobGrain Owner => GrainFactory.GetGrain<IJobGrain>($"j:{JobName}");

    public async Task<VerifyPlan> PlanVerifyAsync(string? from)
    {
        IReadOnlyList<CompleteCheckpoint> all = await ReadKeptAsync();
        long first = from is null ? 0 : StartPlan.Find(from, JobName, all).Number;
        var manifests = new List<Manifest>();
        var verified = new List<VerifiedPart>();
        foreach (CompleteCheckpoint checkpoint in all.Where(each => each.Number >= first))
        {
            (StoredState state, Manifest? manifest) = await shelf.ReadAsync(checkpoint);
            if (state == StoredState.Unavailable)
                throw new WeirException(
                    WeirError.Unavailable, $"The manifest '{checkpoint.File}' can not be read at the moment: try again.");
            verified.Add(new VerifiedPart
            {
                Kind = VerifiedKind.Manifest,
                Name = checkpoint.File,
                Checkpoints = [checkpoint.Number],
                State = manifest is null ? VerifiedState.Damaged : VerifiedState.Intact,
                Detail = manifest is null ? "It is missing, or does not match its checksum." : null,
            });
            if (manifest is not null)
                manifests.Add(manifest);
        }

        return new VerifyPlan(
            [.. verified],
            [
                .. Verification.Files(manifests).Select(PartVerifier.Describe),
                .. Verification.Input(manifests).Select(PartVerifier.Describe),
            ]);
    }

    public async Task<VerifyStep> VerifyAsync(UnverifiedPart part, ReadOnlyMemory<byte> cursor)
    {
        VerifyStep step = await verifier.VerifyAsync(part, cursor);
        if (step.Verified is not { State: VerifiedState.Damaged } damaged)
            return step;

        // What is gone because no checkpoint needs it any more is no damage.
        HashSet<long> kept = [.. (await ReadKeptAsync()).Select(each => each.Number)];
        return damaged.Checkpoints.Any(kept.Contains)
            ? step
            : step with
            {
                Verified = damaged with
                {
                    State = VerifiedState.NotRetained,
                    Detail = "The checkpoints that needed it were removed while this was looked at.",
                },
            };
    }

    private async Task<IReadOnlyList<CompleteCheckpoint>> ReadKeptAsync() =>
        CheckpointRecord.Parse(await Owner.ReadCheckpointsAsync()).Retained;
}
