namespace Weir.Faults.Rounds;

using System.Globalization;
using Weir.Protocol.Faults;

/// <summary>
/// Every label, once in the middle of the work and once more while the silo recovers from an earlier kill. Labels of
/// the recovery itself are come to after a kill, and then again, three deep.
/// </summary>
internal static class CrashRounds
{
    private static readonly HashSet<string> OfRecovery =
    [
        CrashLabels.EpochBefore, CrashLabels.EpochAfter, CrashLabels.RestoreManifest, CrashLabels.RestoreVerified,
        CrashLabels.RestoreBeforeLoad, CrashLabels.RestoreAfterLoad, CrashLabels.RestoreBeforeOutput,
        CrashLabels.RestoreBeforeSources, CrashLabels.RestoreBeforeFirstSlice,
    ];

    public static IEnumerable<Round> All => CrashLabels.All.SelectMany(label => OfRecovery.Contains(label)
        ? new[]
        {
            new Round($"crash/{label}/once", run => InRecoveryAsync(run, label, deaths: 1)),
            new Round($"crash/{label}/again", run => InRecoveryAsync(run, label, deaths: 2)),
        }
        :
        [
            new Round($"crash/{label}/once", run => OnceAsync(run, label)),
            new Round($"crash/{label}/recovery", run => InRecoveryAsync(run, label, deaths: 1)),
        ]);

    private static async Task OnceAsync(RoundRun run, string label)
    {
        run.Begin(Trap(label, PassingOf(run, label)));
        Drive(run, label);
        await run.FallAsync();
        run.StartSilo();
        await run.RecoveredAsync();
    }

    private static async Task InRecoveryAsync(RoundRun run, string label, int deaths)
    {
        run.Begin();
        await run.RunningAsync();
        await run.CheckpointsAsync(1);
        Drive(run, label);
        await run.KillAsync();
        for (int death = 0; death < deaths; death++)
        {
            run.StartSilo(Trap(label, 1));
            await run.FallAsync();
        }

        run.StartSilo();
        await run.RecoveredAsync();
    }

    private static void Drive(RoundRun run, string label)
    {
        if (label.StartsWith("savepoint", StringComparison.Ordinal))
            run.Drive(stops: false);
        if (label == CrashLabels.StopBefore)
            run.Drive(stops: true);
    }

    private static string Trap(string label, int passing) =>
        string.Create(CultureInfo.InvariantCulture, $"{label}:{passing}");

    // Far enough that the place is come to in the middle of the work, near enough that it is come to within seconds.
    private static int PassingOf(RoundRun run, string label) => label.Split('.')[0] switch
    {
        "append" => run.Random.Next(20, 200),
        "delivery" => run.Random.Next(10, 60),
        "slice" => run.Random.Next(100, 1500),
        _ => run.Random.Next(1, 4),
    };
}
