namespace Weir.Grains.Checkpoints;

using Weir.Contracts;
using Weir.Contracts.Jobs;
using Weir.Contracts.Keys;
using Weir.Grains.Jobs;
using Weir.Protocol.Checkpoints;
using Weir.Protocol.Jobs;

/// <summary>Finds a participant's part in a checkpoint that the record of a job names.</summary>
internal static class CheckpointParts
{
    /// <summary>The part, or null if the job has no checkpoint and does not run.</summary>
    /// <exception cref="WeirException">There is no such checkpoint, it can not be read, or the job is about to have its
    /// first one.</exception>
    public static async Task<CheckpointPart?> FindAsync(
        (string Name, JobRecord Record) job, KeptCheckpoints kept, ReadAt at, string participant)
    {
        var current = CheckpointRecord.Parse(job.Record.Checkpoints);
        CompleteCheckpoint? checkpoint = at.Kind == ReadKind.AsOf
            ? StartPlan.Find(
                FormattableString.Invariant($"{at.Checkpoint}"), job.Name, [.. StartPlan.All(job.Record)])
            : current.Latest;
        if (checkpoint is null)
        {
            return job.Record.ShouldRun
                ? throw new WeirException(
                    WeirError.Unavailable, $"The job '{job.Name}' starts and has no checkpoint yet: ask again.")
                : null;
        }

        (StoredState state, Manifest? manifest) = await kept.ReadAsync(checkpoint);
        if (manifest is null)
            throw new WeirException(
                state == StoredState.Unavailable ? WeirError.Unavailable : WeirError.Corrupt,
                $"The manifest of checkpoint {checkpoint.Number} of '{job.Name}' can not be read.");
        return manifest.ReportOf(participant) is { } report
            ? new CheckpointPart(
                checkpoint.Number, current.Epoch, new Dictionary<string, int>(manifest.Partitions),
                ManifestCodec.EncodeReport(report))
            : null;
    }
}
