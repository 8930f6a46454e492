namespace Weir.Faults.Rounds;

using System.Globalization;

/// <summary>A log and a clock that misbehave while the silo lives.</summary>
internal static class StorageRounds
{
    public static IEnumerable<Round> All =>
    [
        new Round("log/appends/late", run => TroubleAsync(run, "log", "late", 200, 40)),
        new Round("log/appends/lost", run => TroubleAsync(run, "log", "lost", 25)),
        new Round("log/appends/refused", run => TroubleAsync(run, "log", "refused", 25)),
        new Round("log/appends/full", run => TroubleAsync(run, "log", "full", 30)),
        new Round("log/reads/late", run => TroubleAsync(run, "read", "late", 20, 100)),
        new Round("log/reads/refused", run => TroubleAsync(run, "read", "refused", 10)),
        new Round("store/writes/late", run => TroubleAsync(run, "store", "late", 20, 300)),
        new Round("store/writes/lost", run => TroubleAsync(run, "store", "lost", 4)),
        new Round("store/writes/refused", run => TroubleAsync(run, "store", "refused", 4)),
        new Round("store/writes/full", run => TroubleAsync(run, "store", "full", 6)),
        new Round("store/writes/slow", run => TroubleAsync(run, "store", "late", 1, 4000)),
        new Round("store/reads/refused", StoreReadsAsync),
        new Round("clock/jump/forward", run => ClockAsync(run, "clock 3600")),
        new Round("clock/jump/back", run => ClockAsync(run, "clock -3600")),
    ];

    private static async Task TroubleAsync(RoundRun run, string thing, string trouble, int calls, int delay = 0)
    {
        string command = string.Create(CultureInfo.InvariantCulture, $"{thing} {trouble} {calls} {delay}");
        run.Begin();
        await run.RunningAsync();
        await run.Silo.CommandAsync(command);
        int done = await run.CountedAsync($"done {thing}", calls);
        await run.Silo.CommandAsync($"{thing} none");
        run.Note($"{command}: {done} calls");
        await run.RecoveredAsync();
    }

    /// <summary>Restores from a store that does not answer at first.</summary>
    private static async Task StoreReadsAsync(RoundRun run)
    {
        run.Begin();
        await run.RunningAsync();
        await run.CheckpointsAsync(2);
        await run.KillAsync();
        run.StartSilo(commands: ["open refused 6"]);
        await run.RecoveredAsync();
        int done = await run.CountedAsync("done open", 1);
        run.Note($"{done} reads refused");
    }

    private static async Task ClockAsync(RoundRun run, string command)
    {
        run.Begin();
        await run.RunningAsync();
        await run.Silo.CommandAsync(command);
        run.Note(command);
        await run.RecoveredAsync();
    }
}
