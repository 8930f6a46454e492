namespace Weir.Benchmarks.Service.Parts;

using Weir.Benchmarks.Service.Jobs;
using Weir.Benchmarks.Service.Measuring;
using Weir.Client;
using Weir.Contracts.Jobs;
using Weir.Contracts.Keys;
using Weir.Engine.Streams;

/// <summary>
/// The managed memory that a key takes in a running job: of the silo with all keys, less that of the same silo with one
/// key, after the checkpoint that holds them all.
/// </summary>
internal sealed class MemoryPart(ServiceOptions options) : IPart
{
    public string Name => "memory";

    public async IAsyncEnumerable<Row> RunAsync(string directory)
    {
        yield return await MeasureAsync<OneSumJob>(directory, OneSumJob.JobName, "a sum");
        yield return await MeasureAsync<OneWindowJob>(directory, OneWindowJob.JobName, "an open window with a sum");
        yield return await MeasureAsync<OneTimerJob>(directory, OneTimerJob.JobName, "a timer");
    }

    private async Task<Row> MeasureAsync<TJob>(string directory, string job, string what)
        where TJob : StreamJob
    {
        await using BenchSilo silo = await BenchSilo.StartAsync<TJob>(Path.Combine(directory, job));
        await silo.Client.StartJobAsync(job);
        await silo.SendAsync(Additions.Keyed, Additions.First(1));
        long before = await SettledAsync(silo, job, 1);
        await silo.SendAsync(Additions.Keyed, Additions.First(options.Keys).Skip(1));
        long after = await SettledAsync(silo, job, options.Keys);
        await CheckAsync(silo.Client, job);
        return new Row(
            Name,
            FormattableString.Invariant($"{what}, {options.Keys:N0} keys"),
            new Dictionary<string, double> { ["B/key"] = (after - before) / (double)options.Keys });
    }

    /// <summary>What is in use when all events have been applied and stored, and all that is not in use is gone.</summary>
    private static async Task<long> SettledAsync(BenchSilo silo, string job, int keys)
    {
        await silo.AppliedAsync(job, keys);
        JobStatus status = await silo.Client.WaitForJobAsync(job, each => each.Checkpoints.IsCurrent);
        WrongResultException.ThrowUnlessEqual(keys, status.Operators.Sum(each => each.Keys), $"keys of {job}");
        for (int i = 0; i < 3; i++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }

        return GC.GetTotalMemory(forceFullCollection: true);
    }

    private async Task CheckAsync(IWeirClient client, string job)
    {
        KeyReport? report = await client.InspectAsync(job, "hold", (long)options.Keys / 2);
        int held = report is null
            ? 0
            : report.State.Length + Math.Max(report.Windows.Length, report.Timers.Length);
        WrongResultException.ThrowUnlessEqual(1, held, $"what a key of {job} holds");
    }
}
