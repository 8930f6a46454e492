namespace Weir.Benchmarks.Nexmark.Runs;

using Weir.Benchmarks.Nexmark.Generation;
using Weir.Benchmarks.Nexmark.Oracle;
using Weir.Benchmarks.Nexmark.Queries;

/// <summary>
/// Measures query after query, each on a silo of its own. All read one input, which is appended before; before it is
/// measured a query runs over a shorter one or one as long, so that its code is compiled and the memory that it needs is
/// there: a first page of memory costs more than an event.
/// </summary>
internal sealed class MeasureRun(RunOptions options, string root)
{
    private const long WarmEvents = 2_000_000;

    private readonly NexmarkGenerator _generator = new(
        new NexmarkSettings { Seed = options.Seed, EventsPerSecond = options.EventsPerSecond });

    private string Input => Path.Combine(root, "input");

    private string Warm => Path.Combine(root, "warm");

    /// <summary>The figures of each query as soon as it was measured.</summary>
    public async IAsyncEnumerable<QueryFigures> RunAsync()
    {
        await InputLog.WriteAsync(Warm, options.Queries, _generator, Math.Min(WarmEvents, options.Events));
        await InputLog.WriteAsync(Input, options.Queries, _generator, options.Events);
        await LoadOracleAsync();
        foreach (NexmarkQuery query in options.Queries)
        {
            await using (BenchSilo silo = await BenchSilo.StartAsync(Warm, [query]))
                await ThroughputRun.RunAsync(silo, query);
            (Throughput throughput, Comparison comparison) = await MeasureAsync(query);
            double half = options.Events / throughput.Elapsed.TotalSeconds / 2;
            Latency? latency = options.LatencyTime > TimeSpan.Zero
                ? await MeasureLatencyAsync(query, half)
                : null;
            yield return new QueryFigures(query.Name, query.Title, options.Events, throughput, latency, comparison);
        }
    }

    private async Task<(Throughput Throughput, Comparison Comparison)> MeasureAsync(NexmarkQuery query)
    {
        await using BenchSilo silo = await BenchSilo.StartAsync(Input, [query]);
        Throughput throughput = await ThroughputRun.RunAsync(silo, query);
        using OracleDatabase oracle = OpenOracle();
        Comparison comparison = await oracle.CompareAsync(
            query, silo.Files, table => query.CopyAsync(silo.Client, table));
        return (throughput, comparison);
    }

    private async Task<Latency?> MeasureLatencyAsync(NexmarkQuery query, double eventsPerSecond)
    {
        string directory = Path.Combine(root, $"{query.Name}-latency");
        Latency? latency = await new LatencyRun(query, _generator, eventsPerSecond)
            .RunAsync(directory, options.LatencyTime);
        Directory.Delete(directory, recursive: true);
        return latency;
    }

    private async Task LoadOracleAsync()
    {
        using OracleDatabase oracle = OpenOracle();
        oracle.Load(_generator, options.Events);
        await using BenchSilo silo = await BenchSilo.StartAsync(Input, []);
        await InputLog.CopyStampsAsync(Input, silo.Client, oracle);
    }

    // In a file and closed in between: what it holds must not count as memory of the jobs.
    private OracleDatabase OpenOracle() => OracleDatabase.Open(Path.Combine(root, "oracle.duckdb"));
}
