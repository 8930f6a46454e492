namespace Weir.Benchmarks.Checkpoints;

using System.Diagnostics;
using Weir.Client;
using Weir.Contracts.Jobs;

/// <summary>What a run measures.</summary>
internal sealed record BenchOptions
{
    public required int Keys { get; init; }

    public required int Events { get; init; }

    public required int Months { get; init; }

    public required int Bytes { get; init; }

    public required int Rounds { get; init; }
}

/// <summary>One line of the result.</summary>
internal sealed record Measure(string Name, string Value);

/// <summary>
/// The measurements: what checkpoints cost, how long one takes with much state, and how soon a restored job answers.
/// </summary>
internal sealed class Measures(BenchOptions options, string root)
{
    /// <summary>What the engine alone does for a checkpoint.</summary>
    public Task<IReadOnlyList<Measure>> CapturesAsync() => Task.FromResult(new Captures(options).Run());

    /// <summary>What checkpoints cost a keyed sum.</summary>
    public Task<IReadOnlyList<Measure>> CostAsync() => new Cost(options, root).MeasureAsync(new SumsRun(options));

    /// <summary>What checkpoints cost the main job: that of the flights sample.</summary>
    public Task<IReadOnlyList<Measure>> FlightsAsync() => new Cost(options, root).MeasureAsync(new FlightsRun(options));

    /// <summary>A checkpoint of much state of which 1 in 100 keys changed, and the latency of input meanwhile.</summary>
    public async Task<IReadOnlyList<Measure>> StateAsync()
    {
        await using BenchSilo silo = await FillAsync("state", TimeSpan.FromSeconds(2));
        long applied = options.Keys;
        var durations = new List<double>();
        var written = new List<double>();
        var latencies = new List<double>();
        for (int round = 0; round < options.Rounds; round++)
        {
            int changed = options.Keys / 100;
            int first = round * changed;
            applied += changed;
            await silo.SendAsync(
                Enumerable.Range(first, changed).Select(key => new Addition(key % options.Keys, 1, 0)), applied);
            Task<CheckpointDescription> checkpoint = silo.CheckpointAsync();
            applied += await ProbeAsync(silo, checkpoint, latencies);
            CheckpointDescription done = await checkpoint;
            durations.Add(done.Duration.TotalMilliseconds);
            written.Add(done.WrittenBytes / 1e6);
        }

        CheckpointDescription last = (await silo.Client.ListCheckpointsAsync(SumsJob.JobName))[0];
        latencies.Sort();
        return
        [
            new Measure("bytes of state", $"{last.Bytes / 1e6:F0} MB"),
            new Measure("a checkpoint, 1 % changed", $"{Median(durations):F0} ms, {Median(written):F1} MB written"),
            new Measure(
                "append to view meanwhile",
                $"p50 {At(latencies, 0.5):F1} ms, p99 {At(latencies, 0.99):F1} ms, of {latencies.Count}"),
        ];
    }

    /// <summary>From the start of a silo over much state to the first right answer, and to full rate.</summary>
    public async Task<IReadOnlyList<Measure>> RestoreAsync()
    {
        await using (BenchSilo silo = await FillAsync("restore", TimeSpan.FromSeconds(2)))
            await silo.Client.StopJobAsync(SumsJob.JobName, new StopOptions { Savepoint = "full" });
        await using BenchSilo again = await BenchSilo.StartAsync<SumsJob>(Path.Combine(root, "restore"), TimeSpan.FromSeconds(2));
        long began = Stopwatch.GetTimestamp();
        Task<JobStatus> start = again.Client.StartJobAsync(SumsJob.JobName);
        ViewAnswer<long>? answer = await again.Client.View(SumsJob.JobName, SumsJob.Sums).FindAsync(options.Keys / 2);
        double first = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        if (answer?.Value != 1)
            throw new InvalidOperationException($"The first answer was {answer?.Value}, not 1.");
        await start;
        double running = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        int touched = Math.Min(options.Keys, 64_000);
        long applied = (await again.Client.DescribeJobAsync(SumsJob.JobName)).Operators[0].Events + touched;
        await again.SendAsync(Enumerable.Range(0, touched).Select(key => new Addition(key, 1, 0)), applied);
        double loaded = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        return
        [
            new Measure("first right answer", $"{first:F0} ms after the start of the restore"),
            new Measure("running", $"{running:F0} ms"),
            new Measure($"all groups loaded and {touched} events applied", $"{loaded:F0} ms"),
        ];
    }

    private async Task<BenchSilo> FillAsync(string name, TimeSpan interval)
    {
        BenchSilo silo = await BenchSilo.StartAsync<SumsJob>(Path.Combine(root, name), interval);
        await silo.Client.StartJobAsync(SumsJob.JobName);
        await silo.SendAsync(
            Enumerable.Range(0, options.Keys).Select(key => new Addition(key, 1, options.Bytes)), options.Keys);
        await silo.Client.WaitForJobAsync(SumsJob.JobName, status => status.Checkpoints.IsCurrent);
        return silo;
    }

    /// <summary>Sends single events, one after the other, and asks for their effect, until the checkpoint is complete.
    /// </summary>
    private async Task<int> ProbeAsync(BenchSilo silo, Task<CheckpointDescription> until, List<double> latencies)
    {
        IKeyedView<long, long> view = silo.Client.View(SumsJob.JobName, SumsJob.Sums);
        int sent = 0;
        for (; !until.IsCompleted; sent++)
        {
            long key = sent * 104_729L % options.Keys;
            long expected = ((await view.FindAsync(key))?.Value ?? 0) + 1;
            long began = Stopwatch.GetTimestamp();
            await silo.Client.SendAsync(SumsJob.Additions, new Addition(key, 1, 0));
            while ((await view.FindAsync(key))?.Value != expected)
                await Task.Yield();
            latencies.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
        }

        return sent;
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private static double At(List<double> sorted, double part) =>
        sorted.Count == 0 ? 0 : sorted[(int)(part * (sorted.Count - 1))];
}
