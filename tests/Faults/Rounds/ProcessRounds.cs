namespace Weir.Faults.Rounds;

using Weir.Faults.Silos;

/// <summary>Processes that are killed at any moment, or stand still for longer than anybody waits.</summary>
internal static class ProcessRounds
{
    public static IEnumerable<Round> All =>
    [
        new Round("process/kill/anywhere", run => KillAsync(run, times: 1)),
        new Round("process/kill/three-deep", run => KillAsync(run, times: 4)),
        new Round("process/zombie/alone", ZombieAsync),
        new Round("process/zombie/replaced", ReplacedZombieAsync),
    ];

    private static async Task KillAsync(RoundRun run, int times)
    {
        run.Begin();
        await run.RunningAsync();
        for (int kill = 0; kill < times; kill++)
        {
            await MomentAsync(run);
            await run.KillAsync();
            run.StartSilo();
        }

        await run.RecoveredAsync();
    }

    /// <summary>Kills come while the silo starts, serves, restores, has begun to work again, or is well under way.
    /// </summary>
    private static async Task MomentAsync(RoundRun run)
    {
        switch (run.Random.Next(5))
        {
            case 0:
                break;
            case 1:
                await RoundRun.ServesAsync(run.Silo);
                break;
            case 2:
                long[] before = [.. run.Probes.Select(probe => probe.Epoch - 1)];
                await run.NewEpochsAsync(before);
                break;
            case 3:
                await run.SendsAsync(run.Random.Next(1, 40));
                break;
            default:
                await run.CheckpointsAsync(run.Random.Next(1, 4));
                break;
        }
    }

    private static async Task ZombieAsync(RoundRun run)
    {
        run.Begin();
        await run.RunningAsync();
        TimeSpan still = SiloMain.LongestTimeout + TimeSpan.FromSeconds(1);
        run.Silo.Stop();
        run.Note($"stopped for {still.TotalSeconds} s");
        await Task.Delay(still);
        run.Silo.Continue();
        await run.RecoveredAsync();
    }

    /// <summary>The files are those of the stopped process: nobody else may begin to write.</summary>
    private static async Task ReplacedZombieAsync(RoundRun run)
    {
        run.Begin();
        await run.RunningAsync();
        run.Silo.Stop();
        SiloProcess second = run.StartRival();
        if (await second.Ready.WaitAsync(TimeSpan.FromSeconds(90)))
            throw new InvalidOperationException("A second silo runs on the files of one that stands still.");
        run.Note("a second silo was refused");
        run.Silo.Continue();
        await run.RecoveredAsync();
    }
}
