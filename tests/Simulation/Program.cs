namespace Weir.Simulation;

using System.Globalization;

/// <summary>Runs seeds and prints what came of them; see the usage.</summary>
public static class Program
{
    private const string Command = "dotnet run -c Release --project tests/Simulation";
    private const string Usage = $"Usage: {Command} -- [--seeds N] [--from S] [--trace]";

    public static int Main(string[] args)
    {
        ArgumentNullException.ThrowIfNull(args);
        ulong seeds = 1000;
        ulong from = 1;
        bool isTraced = false;
        for (int i = 0; i < args.Length; i++)
        {
            bool hasNumber = i + 1 < args.Length
                && ulong.TryParse(args[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out _);
            switch (args[i])
            {
                case "--seeds" when hasNumber:
                    seeds = ulong.Parse(args[++i], CultureInfo.InvariantCulture);
                    break;
                case "--from" when hasNumber:
                    from = ulong.Parse(args[++i], CultureInfo.InvariantCulture);
                    break;
                case "--trace":
                    isTraced = true;
                    break;
                default:
                    Console.Error.WriteLine(Usage);
                    return 2;
            }
        }

        return Run(from, seeds, isTraced);
    }

    private static int Run(ulong from, ulong seeds, bool isTraced)
    {
        long began = TimeProvider.System.GetTimestamp();
        var jobs = new SortedDictionary<string, (int Passed, int Failed, long Steps)>(StringComparer.Ordinal);
        var happened = new SortedDictionary<string, long>(StringComparer.Ordinal);
        var failures = new List<SeedResult>();
        for (ulong seed = from; seed < from + seeds; seed++)
        {
            SeedResult result = SimulationRun.Run(seed, isTraced ? Console.Out : null);
            (int passed, int failed, long steps) = jobs.GetValueOrDefault(result.Job);
            jobs[result.Job] = result.Broken is null
                ? (passed + 1, failed, steps + result.Steps)
                : (passed, failed + 1, steps + result.Steps);
            foreach ((string what, int times) in result.Happened)
                happened[what] = happened.GetValueOrDefault(what) + times;
            if (result.Broken is null)
                continue;
            failures.Add(result);
            if (failures.Count <= 20)
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"seed {seed} ({result.Job}): {result.Broken}\n  again: {Command} -- --seeds 1 --from {seed} --trace"));
        }

        Print(jobs, happened);
        int broken = failures.Count;
        double seconds = TimeProvider.System.GetElapsedTime(began).TotalSeconds;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{seeds - (ulong)broken} passed, {broken} failed; {seeds / seconds * 60:F0} seeds a minute"));
        return broken == 0 ? 0 : 1;
    }

    private static void Print(
        SortedDictionary<string, (int Passed, int Failed, long Steps)> jobs, SortedDictionary<string, long> happened)
    {
        Console.WriteLine($"{"job",-16}{"passed",8}{"failed",8}{"steps",12}");
        foreach ((string job, (int passed, int failed, long steps)) in jobs)
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{job,-16}{passed,8}{failed,8}{steps,12}"));
        Console.WriteLine();
        foreach ((string what, long times) in happened)
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what,-24}{times,12}"));
        Console.WriteLine();
    }
}
