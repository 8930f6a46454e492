namespace Weir.Benchmarks.Nexmark.Runs;

using System.Diagnostics;
using Weir.Benchmarks.Nexmark.Queries;
using Weir.Contracts.Jobs;

/// <summary>
/// One query over an input that lies in the log: from the start of its job until all output is visible. Nothing else runs
/// in the process but the looks of the sampler.
/// </summary>
internal static class ThroughputRun
{
    public static async Task<Throughput> RunAsync(BenchSilo silo, NexmarkQuery query)
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        var sampler = new JobSampler(silo.Client, query.JobName);
        TimeSpan cpu = Environment.CpuUsage.TotalTime;
        long began = Stopwatch.GetTimestamp();
        await silo.Client.StartJobAsync(query.JobName);
        await sampler.WatchAsync();
        TimeSpan elapsed = Stopwatch.GetElapsedTime(began);
        CheckpointDescription[] checkpoints = [.. sampler.Checkpoints];
        return new Throughput
        {
            Elapsed = elapsed,
            CpuTime = Environment.CpuUsage.TotalTime - cpu,
            PeakMemory = sampler.PeakMemory,
            Checkpoints = checkpoints.Length,
            CheckpointBytes = checkpoints.Select(each => each.Bytes).DefaultIfEmpty().Max(),
            WrittenBytes = Median(checkpoints.Select(each => each.WrittenBytes)),
            CheckpointTime = new TimeSpan(Median(checkpoints.Select(each => each.Duration.Ticks))),
            LongestCheckpoint = checkpoints.Select(each => each.Duration).DefaultIfEmpty().Max(),
        };
    }

    private static long Median(IEnumerable<long> values)
    {
        long[] sorted = [.. values.Order()];
        return sorted.Length == 0 ? 0 : sorted[sorted.Length / 2];
    }
}
