namespace Weir.Benchmarks.Checkpoints;

using System.Diagnostics;
using System.Globalization;

/// <summary>A stretch of work that is measured.</summary>
internal interface IRun
{
    /// <summary>How many events the stretch has.</summary>
    int Events { get; }

    /// <summary>Gets ready: what is done here is not measured.</summary>
    Task<BenchSilo> BeginAsync(string directory, TimeSpan interval);

    /// <summary>Sends the events; completes when all of them have been applied.</summary>
    Task WorkAsync(BenchSilo silo);

    /// <summary>The number of the last checkpoint.</summary>
    Task<long> CheckpointsAsync(BenchSilo silo);
}

/// <summary>
/// What checkpoints every second cost: runs with and without them, in turns, in one process. Rule: the first two pairs
/// only warm up; of the others the medians count. With a median of 1.02 us of CPU an event with checkpoints and 1.00 us
/// without, the ratio is 1.020.
/// </summary>
/// <remarks>
/// CPU is that of the whole process: silo, log and the client that sends. Who goes first alternates, so that what
/// changes with time, as the speed of the machine does, meets both alike.
/// </remarks>
internal sealed class Cost(BenchOptions options, string root)
{
    private const int WarmPairs = 2;
    private static readonly TimeSpan Never = TimeSpan.FromHours(10);
    private static readonly TimeSpan EverySecond = TimeSpan.FromSeconds(1);
    private int _runs;

    public async Task<IReadOnlyList<Measure>> MeasureAsync(IRun run)
    {
        var with = new List<Result>();
        var without = new List<Result>();
        for (int round = 0; round < WarmPairs + options.Rounds; round++)
        {
            bool isFirst = round % 2 == 0;
            Result one = await MeasureAsync(run, isFirst ? Never : EverySecond);
            Result other = await MeasureAsync(run, isFirst ? EverySecond : Never);
            if (round < WarmPairs)
                continue;
            without.Add(isFirst ? one : other);
            with.Add(isFirst ? other : one);
        }

        return
        [
            new Measure("checkpoints in a run", Each(with, each => each.Checkpoints, "F0")),
            new Measure("CPU us per event without checkpoints", Each(without, each => each.CpuPerEvent)),
            new Measure("CPU us per event, one every second", Each(with, each => each.CpuPerEvent)),
            new Measure("ratio of CPU", Ratio(with, without, each => each.CpuPerEvent)),
            new Measure("events per second without checkpoints", Each(without, each => each.EventsPerSecond, "N0")),
            new Measure("events per second, one every second", Each(with, each => each.EventsPerSecond, "N0")),
            new Measure("ratio of time", Ratio(with, without, each => 1 / each.EventsPerSecond)),
        ];
    }

    private async Task<Result> MeasureAsync(IRun run, TimeSpan interval)
    {
        await using BenchSilo silo = await run.BeginAsync(Path.Combine(root, $"run-{++_runs}"), interval);
        long checkpoints = await run.CheckpointsAsync(silo);
        GC.Collect();
        TimeSpan cpu = BenchSilo.Cpu;
        long began = Stopwatch.GetTimestamp();
        await run.WorkAsync(silo);
        TimeSpan elapsed = Stopwatch.GetElapsedTime(began);
        TimeSpan used = BenchSilo.Cpu - cpu;
        return new Result(
            used.TotalMicroseconds / run.Events,
            run.Events / elapsed.TotalSeconds,
            await run.CheckpointsAsync(silo) - checkpoints);
    }

    private static string Each(List<Result> results, Func<Result, double> value, string format = "F3")
    {
        string Text(double number) => number.ToString(format, CultureInfo.InvariantCulture);
        return $"{Text(Median(results.Select(value)))} of {string.Join("  ", results.Select(each => Text(value(each))))}";
    }

    private static string Ratio(List<Result> with, List<Result> without, Func<Result, double> value)
    {
        double[] pairs = [.. with.Zip(without, (one, other) => value(one) / value(other))];
        double medians = Median(with.Select(value)) / Median(without.Select(value));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{medians:F3} of medians; median of pairs {Median(pairs):F3}, from {pairs.Min():F3} to {pairs.Max():F3}");
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private readonly record struct Result(double CpuPerEvent, double EventsPerSecond, double Checkpoints);
}
