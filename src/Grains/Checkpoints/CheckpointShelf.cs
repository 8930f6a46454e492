namespace Weir.Grains.Checkpoints;

using Weir.Engine.Codecs;
using Weir.Protocol.Checkpoints;
using Weir.Protocol.Faults;
using Weir.Protocol.Jobs;

/// <summary>
/// The checkpoints of jobs in the store: manifests, and the files that they refer to. Invariant: nothing is removed here
/// that the caller names as kept.
/// </summary>
internal sealed class CheckpointShelf(ICheckpointStore store)
{
    private const int Block = 1 << 20;

    /// <summary>Writes a manifest under a name of its own, durably.</summary>
    /// <exception cref="CheckpointStoreException">It could not be written.</exception>
    public async Task<CompleteCheckpoint> WriteAsync(Manifest manifest)
    {
        CrashPoint.Pass(CrashLabels.ManifestBefore);
        byte[] bytes = ManifestCodec.Encode(manifest);
        string file = CheckpointNames.ManifestOf(
            manifest.Job, manifest.Epoch, manifest.Number, Guid.NewGuid().ToString("N"));
        await store.WriteAsync(file, [bytes]);
        CrashPoint.Pass(CrashLabels.ManifestAfter);
        return new CompleteCheckpoint(
            manifest.Number, manifest.Epoch, file, Checksum.Of(bytes), manifest.TakenAt, manifest.Savepoint);
    }

    /// <summary>Reads a manifest and compares it with what the record says of it.</summary>
    public async Task<(StoredState State, Manifest? Manifest)> ReadAsync(CompleteCheckpoint checkpoint)
    {
        try
        {
            using IStoredFile file = await store.OpenAsync(checkpoint.File);
            var bytes = new byte[file.Length];
            file.Read(0, bytes);
            return checkpoint.Matches(bytes)
                ? (StoredState.Intact, ManifestCodec.Decode(bytes))
                : (StoredState.Damaged, null);
        }
        catch (CheckpointStoreException fault) when (fault.Error == CheckpointStoreError.Unavailable)
        {
            return (StoredState.Unavailable, null);
        }
        catch (Exception fault) when (fault is CheckpointStoreException or CorruptDataException)
        {
            return (StoredState.Damaged, null);
        }
    }

    /// <summary>Whether all files of a checkpoint are there, as long as they must be.</summary>
    public async Task<StoredState> LookAsync(Manifest manifest)
    {
        try
        {
            foreach ((string file, long length) in manifest.Lengths)
            {
                if (await store.LengthAsync(file) is not { } actual || actual < length)
                    return StoredState.Damaged;
            }

            return StoredState.Intact;
        }
        catch (CheckpointStoreException)
        {
            return StoredState.Unavailable;
        }
    }

    /// <summary>Reads all parts of a checkpoint and compares their checksums; the first that differs ends it.</summary>
    public async Task<StoredState> CompareAsync(Manifest manifest, CancellationToken cancellation)
    {
        try
        {
            var block = new byte[Block];
            foreach (IGrouping<string, SegmentRef> parts in manifest.Reports
                .SelectMany(report => report.References)
                .Distinct()
                .GroupBy(part => part.File))
            {
                using IStoredFile file = await store.OpenAsync(parts.Key, cancellation);
                foreach (SegmentRef part in parts)
                {
                    cancellation.ThrowIfCancellationRequested();
                    if (SegmentBytes.ChecksumOf(file, part, block) != part.Checksum)
                        return StoredState.Damaged;
                }
            }

            return StoredState.Intact;
        }
        catch (CheckpointStoreException fault) when (fault.Error == CheckpointStoreError.Unavailable)
        {
            return StoredState.Unavailable;
        }
        catch (Exception fault) when (fault is CheckpointStoreException or CorruptDataException)
        {
            return StoredState.Damaged;
        }
    }

    /// <summary>Removes files; what can not be removed now is left for the next epoch.</summary>
    public async Task RemoveAsync(IEnumerable<string> files)
    {
        foreach (string file in files)
        {
            try
            {
                await store.DeleteAsync(file);
            }
            catch (CheckpointStoreException)
            {
                continue;
            }

            CrashPoint.Pass(CrashLabels.RemovalBetweenFiles);
        }
    }

    /// <summary>Removes the files of a job that were made before an epoch and that nothing refers to.</summary>
    public async Task RemoveOrphansAsync(string job, long belowEpoch, IReadOnlyCollection<string> kept)
    {
        try
        {
            IReadOnlyList<string> all = await store.ListAsync(CheckpointNames.PrefixOf(job));
            await RemoveAsync(all.Where(file => CheckpointNames.EpochOf(file) < belowEpoch && !kept.Contains(file)));
        }
        catch (CheckpointStoreException)
        {
            // What is left over is looked for again at the next epoch.
        }
    }
}
