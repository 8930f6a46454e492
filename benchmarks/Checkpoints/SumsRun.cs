namespace Weir.Benchmarks.Checkpoints;

using Weir.Contracts.Jobs;

/// <summary>
/// A sum per key. Every key has state before the run begins, and each round over all keys touches each of them once:
/// so most keys change from one checkpoint to the next, which is the worst there is for checkpoints of changes.
/// </summary>
internal sealed class SumsRun(BenchOptions options) : IRun
{
    // No divisor of the number of keys, so that neighbours in time are none in the table.
    private const long Step = 7919;

    public int Events => options.Events;

    public async Task<BenchSilo> BeginAsync(string directory, TimeSpan interval)
    {
        BenchSilo silo = await BenchSilo.StartAsync<SumsJob>(directory, interval);
        await silo.Client.StartJobAsync(SumsJob.JobName);
        await silo.SendAsync(Enumerable.Range(0, options.Keys).Select(key => new Addition(key, 1, 0)), options.Keys);
        return silo;
    }

    public Task WorkAsync(BenchSilo silo) => silo.SendAsync(
        Enumerable.Range(0, Events).Select(i => new Addition(i * Step % options.Keys, 1, 0)),
        options.Keys + (long)Events);

    public async Task<long> CheckpointsAsync(BenchSilo silo)
    {
        JobStatus status = await silo.Client.DescribeJobAsync(SumsJob.JobName);
        return status.Checkpoints.Last?.Number ?? 0;
    }
}
