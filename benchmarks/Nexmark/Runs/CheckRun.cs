namespace Weir.Benchmarks.Nexmark.Runs;

using Weir.Benchmarks.Nexmark.Generation;
using Weir.Benchmarks.Nexmark.Oracle;
using Weir.Benchmarks.Nexmark.Queries;
using Weir.Client;
using Weir.Contracts.Jobs;

/// <summary>
/// Compares the results of all queries with the oracle's, without measuring: all jobs run at once on one silo.
/// </summary>
internal sealed class CheckRun(RunOptions options, string root)
{
    /// <summary>The comparison of each query, in the order of the queries.</summary>
    public async Task<IReadOnlyList<(NexmarkQuery Query, Comparison Comparison)>> RunAsync()
    {
        var generator = new NexmarkGenerator(
            new NexmarkSettings { Seed = options.Seed, EventsPerSecond = options.EventsPerSecond });
        string directory = Path.Combine(root, "check");
        await InputLog.WriteAsync(directory, options.Queries, generator, options.Events);
        using OracleDatabase oracle = OracleDatabase.Open(Path.Combine(root, "oracle.duckdb"));
        oracle.Load(generator, options.Events);
        await using BenchSilo silo = await BenchSilo.StartAsync(directory, options.Queries);
        await InputLog.CopyStampsAsync(directory, silo.Client, oracle);
        await Task.WhenAll(options.Queries.Select(query => silo.Client.StartJobAsync(query.JobName)));
        await Task.WhenAll(options.Queries.Select(
            query => silo.Client.WaitForJobAsync(query.JobName, JobState.Finished)));
        var comparisons = new List<(NexmarkQuery, Comparison)>();
        foreach (NexmarkQuery query in options.Queries)
            comparisons.Add((query, await oracle.CompareAsync(
                query, silo.Files, table => query.CopyAsync(silo.Client, table))));
        return comparisons;
    }
}
