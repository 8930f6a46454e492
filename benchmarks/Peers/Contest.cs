namespace Weir.Benchmarks.Peers;

using System.Diagnostics;
using System.Globalization;
using System.Runtime;
using System.Text.Json;
using Weir.Benchmarks.Peers.Contestants;

/// <summary>
/// Runs contestants, each in a process of its own, so that none inherits the heap, the threads or the compiled code of
/// another. In that process a quarter of the events goes first, again and again for a second: the runtime compiles in the
/// background what turns out to be hot, and a fast contestant would be done before. Invariant: all get the same events.
/// </summary>
internal static class Contest
{
    private static readonly string[] NoArguments = [];

    /// <summary>Longer than any contestant needs; one that hangs ends the run.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    private const long FewMethods = 3;
    private static readonly TimeSpan WarmTime = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestWarmTime = 4 * WarmTime;

    public static readonly IReadOnlyDictionary<string, Func<IContestant>> Contestants =
        new Dictionary<string, Func<IContestant>>(StringComparer.Ordinal)
        {
            ["weir-engine"] = () => new WeirEngine(),
            ["weir-silo"] = () => new WeirSilo(),
            ["dictionary"] = () => new PlainDictionary(),
            ["duckdb-batch"] = () => new DuckDbQuery(),
            ["faster"] = () => new FasterTable(),
            ["rocksdb"] = () => new RocksDbTable(),
            ["reactive"] = () => new ReactiveExtensions(),
            ["proto-actor"] = () => new ProtoActors(),
            ["akka-net"] = () => new AkkaActors(),
            ["orleans-naive"] = () => new OrleansGrains(),
        };

    /// <summary>Those that are done in a moment.</summary>
    public static readonly IReadOnlyList<string> Shortest = ["weir-engine", "dictionary"];

    /// <summary>Runs one contestant in another process.</summary>
    /// <exception cref="InvalidOperationException">It failed; the message says how to repeat it.</exception>
    public static async Task<Measurement> RunApartAsync(string name, Workload workload)
    {
        string[] arguments =
        [
            // Started as "dotnet Weir.Peers.dll", the process is dotnet.
            .. Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet"
                ? [typeof(Contest).Assembly.Location]
                : NoArguments,
            "--run", name, "--keys", Text(workload.Keys), "--events", Text(workload.Events),
            "--seed", workload.Seed.ToString(CultureInfo.InvariantCulture), .. workload.IsZipf ? ["--zipf"] : NoArguments,
        ];
        var start = new ProcessStartInfo(Environment.ProcessPath!, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
        }

        return process is { HasExited: true, ExitCode: 0 } && JsonSerializer.Deserialize<Measurement>(await output) is { } done
            ? done
            : throw new InvalidOperationException(
                $"{name} failed: {(await error).Trim()} Repeat it with {string.Join(' ', arguments)}.");
    }

    /// <summary>Runs one contestant here.</summary>
    public static async Task<Measurement> RunHereAsync(string name, Workload workload)
    {
        Reading[] readings = workload.Generate();
        Reading[] first = readings[..(readings.Length / 4)];
        long began = Stopwatch.GetTimestamp();
        long compiled;
        do
        {
            compiled = JitInfo.GetCompiledMethodCount();
            await RunAsync(name, workload, first);
        }
        while (Stopwatch.GetElapsedTime(began) < WarmTime
            || (IsCompiling(compiled) && Stopwatch.GetElapsedTime(began) < LongestWarmTime));
        GC.Collect();

        // What is still being compiled is not to be counted.
        await Task.Delay(WarmTime / 2);
        return await RunAsync(name, workload, readings);
    }

    private static bool IsCompiling(long before) => JitInfo.GetCompiledMethodCount() - before > FewMethods;

    private static async Task<Measurement> RunAsync(string name, Workload workload, Reading[] readings)
    {
        await using IContestant contestant = Contestants[name]();
        await contestant.PrepareAsync(workload, readings);
        GC.Collect();
        TimeSpan cpu = Environment.CpuUsage.TotalTime;
        long allocated = GC.GetTotalAllocatedBytes(precise: true);
        long began = Stopwatch.GetTimestamp();
        await contestant.RunAsync(readings);
        TimeSpan took = Stopwatch.GetElapsedTime(began);
        allocated = GC.GetTotalAllocatedBytes(precise: true) - allocated;
        cpu = Environment.CpuUsage.TotalTime - cpu;
        Sums sums = await contestant.SumsAsync();
        return new Measurement
        {
            Name = name,
            Keys = workload.Keys,
            Distribution = workload.Distribution,
            Events = readings.Length,
            EventsPerSecond = Math.Round(readings.Length / took.TotalSeconds),
            CpuNanosecondsPerEvent = Math.Round(cpu.TotalNanoseconds / readings.Length, 1),
            AllocatedBytesPerEvent = Math.Round((double)allocated / readings.Length, 1),
            Results = sums.Count,
            Checksum = sums.Checksum.ToString("x16", CultureInfo.InvariantCulture),
        };
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
