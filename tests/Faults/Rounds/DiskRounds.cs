namespace Weir.Faults.Rounds;

/// <summary>A disk that is really full: nothing can be written, whoever writes it, until somebody makes room.</summary>
internal static class DiskRounds
{
    private const int Mebibytes = 48;

    public static IEnumerable<Round> All =>
    [
        new Round("disk/full/running", run => FullAsync(run, isKilled: false)) { Setup = Small },
        new Round("disk/full/killed", run => FullAsync(run, isKilled: true)) { Setup = Small },
    ];

    private static RoundSetup Small { get; } = new() { DiskSize = Mebibytes };

    private static async Task FullAsync(RoundRun run, bool isKilled)
    {
        run.Begin();
        await run.RunningAsync();
        await run.CheckpointsAsync(2);
        run.Disk.Fill();
        int log = await run.CountedAsync("met log-full", 3);
        int store = await run.CountedAsync("met store-full", 1);
        run.Note($"no room for {log} appends and {store} files");
        if (isKilled)
        {
            // What it can not even open without room, it opens when there is some.
            await run.KillAsync();
            run.StartSilo();
            bool serves = await run.Silo.Ready.WaitAsync(TimeSpan.FromSeconds(90));
            run.Note(serves ? "started without room" : "did not start without room");
        }

        await run.Disk.FreeAsync();
        if (!run.Silo.IsAlive)
            run.StartSilo();
        await run.RecoveredAsync();
    }
}
