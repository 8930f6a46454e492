namespace Weir.Grains.Checkpoints;

using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime;
using Orleans.Storage;
using Weir.Contracts;
using Weir.Contracts.Jobs;
using Weir.Contracts.Keys;
using Weir.Grains.Jobs;
using Weir.Grains.Storage;

/// <summary>
/// The checkpoints of jobs as their records in the storage name them, asked of nobody else: whoever reads here depends on
/// no silo but its own. Invariant: a record is at most <see cref="FreshFor"/> old.
/// </summary>
internal sealed class StoredJobs(
    [FromKeyedServices(OrleansSqliteStorage.StorageName)] IGrainStorage storage,
    CheckpointShelf shelf,
    TimeProvider time)
{
    /// <summary>How long a record does for further reads; many keys are read at once while a job recovers.</summary>
    public static readonly TimeSpan FreshFor = TimeSpan.FromMilliseconds(100);

    private readonly ConcurrentDictionary<string, Entry> _jobs = new(StringComparer.Ordinal);

    /// <summary>A participant's part in the last or a named checkpoint; see <see cref="CheckpointParts"/>.</summary>
    public async Task<CheckpointPart?> FindPartAsync(string job, ReadAt at, string participant)
    {
        Entry entry = _jobs.GetOrAdd(job, static (_, shelf) => new Entry(new KeptCheckpoints(shelf)), shelf);
        await entry.Gate.WaitAsync();
        try
        {
            if (entry.Record is null || time.GetElapsedTime(entry.ReadAt) >= FreshFor)
            {
                long now = time.GetTimestamp();
                entry.Record = await ReadAsync(job);
                entry.ReadAt = now;
            }

            return await CheckpointParts.FindAsync((job, entry.Record), entry.Kept, at, participant);
        }
        finally
        {
            entry.Gate.Release();
        }
    }

    private async Task<JobRecord> ReadAsync(string job)
    {
        try
        {
            var state = new GrainState<JobRecord>(new JobRecord());
            await storage.ReadStateAsync("weir-job", GrainId.Create("weirjob", $"j:{job}"), state);
            return state.State ?? new JobRecord();
        }
        catch (Exception fault) when (fault is not WeirException)
        {
            throw new WeirException(
                WeirError.Unavailable, $"The record of the job '{job}' could not be read: {fault.Message} Try again.");
        }
    }

    private sealed class Entry(KeptCheckpoints kept)
    {
        public SemaphoreSlim Gate { get; } = new(1, 1);

        public KeptCheckpoints Kept => kept;

        public JobRecord? Record { get; set; }

        public long ReadAt { get; set; }
    }
}
