namespace Weir.Grains.Checkpoints;

using Weir.Engine.Snapshots;
using Weir.Protocol.Checkpoints;
using Weir.Protocol.Faults;

/// <summary>
/// Folds chains of segments into new bases, from what is stored: the live state has no part in it. Invariant: one chain
/// of the silo is folded at a time, off the turns of the groups, and a base is handed out only after it was read back.
/// </summary>
internal sealed class SegmentFolds(ICheckpointStore store, SegmentFiles files)
{
    private int _folding;

    /// <summary>
    /// Folds a chain and says where the new base is; null if another chain is being folded at this moment.
    /// </summary>
    /// <exception cref="CheckpointStoreException">The chain can not be read, or the base not be stored.</exception>
    public async Task<SegmentRef?> TryFoldAsync(CheckpointId checkpoint, IReadOnlyList<SegmentRef> segments)
    {
        if (Interlocked.CompareExchange(ref _folding, 1, 0) != 0)
            return null;
        try
        {
            return await Task.Run(() => FoldAsync(checkpoint, segments));
        }
        finally
        {
            Volatile.Write(ref _folding, 0);
        }
    }

    private async Task<SegmentRef> FoldAsync(CheckpointId checkpoint, IReadOnlyList<SegmentRef> segments)
    {
        CrashPoint.Pass(CrashLabels.FoldBefore);
        byte[] folded;
        using (StoredChain chain = await files.OpenAsync(segments))
            folded = SegmentFold.Merge(chain.Segments);
        string file = CheckpointNames.Segments(
            checkpoint.Job, checkpoint.Epoch, checkpoint.Number, Guid.NewGuid().ToString("N"));
        await store.WriteAsync(file, [folded]);
        CrashPoint.Pass(CrashLabels.FoldBeforeReadBack);
        var at = new SegmentRef(file, 0, folded.Length, Checksum.Of(folded));
        await files.ReadAsync(at);
        CrashPoint.Pass(CrashLabels.FoldAfterReadBack);
        return at;
    }
}
