namespace Weir.Grains.Jobs;

using Weir.Contracts;
using Weir.Contracts.Jobs;
using Weir.Protocol.Checkpoints;
using Weir.Protocol.Jobs;

/// <summary>What others read of a job's checkpoints, and savepoints that come from elsewhere.</summary>
internal sealed partial class JobGrain
{
    // Numbers that were promised to savepoints whose files are on their way.
    private long _reserved;

    public Task<ReadOnlyMemory<byte>> ReadCheckpointsAsync()
    {
        Hosted();
        return Task.FromResult<ReadOnlyMemory<byte>>(
            new CheckpointRecord { Retained = [.. StartPlan.All(record.State)] }.ToArray());
    }

    public Task<ReservedCheckpoint> ReserveCheckpointAsync(string savepoint) => ChangeAsync(() =>
    {
        Hosted();
        CheckNew(savepoint);
        long number = IsRunning ? _host!.Protocol.ReserveNumber() : 0;
        _reserved = Math.Max(number, HighestNumber() + (number == 0 ? 1 : 0));

        // One epoch further on than the next: what is not referred to below the epoch that begins is removed then.
        long epoch = CheckpointRecord.Parse(record.State.Checkpoints).Epoch + 1;
        return Task.FromResult(new ReservedCheckpoint(_reserved, epoch));
    });

    public Task<CheckpointDescription> AdoptAsync(ReadOnlyMemory<byte> checkpoint) => ChangeAsync(async () =>
    {
        CompleteCheckpoint adopted = CheckpointRecord.Parse(checkpoint).Latest!;
        if (StartPlan.All(record.State).FirstOrDefault(each => each.File == adopted.File) is { } known)
            return Kept().Describe(known);
        CheckNew(adopted.Savepoint!);
        (StoredState state, Manifest? manifest) = await shelf.ReadAsync(adopted);
        if (manifest is null
            || await shelf.LookAsync(manifest) != StoredState.Intact
            || StartPlan.All(record.State).Any(each => each.Number == adopted.Number))
            throw new WeirException(
                WeirError.Unavailable,
                $"The savepoint '{adopted.Savepoint}' could not be taken in ({state}): the job '{JobName}' was started "
                + "meanwhile, or the store did not answer. Import it again.");
        byte[] before = record.State.Aside;
        byte[] after = new CheckpointRecord
        {
            Retained =
            [
                .. CheckpointRecord.Parse(before).Retained.Append(adopted).OrderBy(each => each.Number),
            ],
        }.ToArray();
        try
        {
            await ChangeRecordAsync(stored => stored.Aside = after);
        }
        catch
        {
            record.State.Aside = before;
            throw;
        }

        await Kept().ReadAsync(adopted);
        return Kept().Describe(adopted);
    });

    private void CheckNew(string savepoint)
    {
        CheckName(savepoint);
        if (StartPlan.All(record.State).FirstOrDefault(each => each.Savepoint == savepoint) is { } known)
            throw Conflict(known);
    }

    /// <summary>The highest number of a checkpoint that is kept or promised.</summary>
    private long HighestNumber() =>
        Math.Max(_reserved, StartPlan.All(record.State).Select(each => each.Number).DefaultIfEmpty().Max());

    /// <summary>A savepoint that the job has taken over is one no more from its next checkpoint on.</summary>
    private void RemoveClaimed(JobHost host)
    {
        CompleteCheckpoint? claimed = CheckpointRecord.Parse(record.State.Checkpoints).Retained
            .FirstOrDefault(each => each.Number == record.State.Claimed && each.Savepoint is not null);
        if (claimed is not null)
            host.Protocol.RemoveSavepoint(claimed.Savepoint!);
        else
            record.State.Claimed = 0;
    }
}
