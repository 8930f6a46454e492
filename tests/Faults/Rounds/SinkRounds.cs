namespace Weir.Faults.Rounds;

using Weir.Faults.Jobs;
using Weir.Protocol.Faults;

/// <summary>
/// A job whose output leaves Weir, into rows of a database or lines of a file: killed at every step of giving it away,
/// also while an earlier kill is recovered from, and with a database that dies.
/// </summary>
internal static class SinkRounds
{
    private static readonly string[] Labels =
    [
        CrashLabels.RecordAfter, CrashLabels.CommitBefore, CrashLabels.SinkBefore, CrashLabels.SinkBeforeCommit,
        CrashLabels.SinkAfterCommit, CrashLabels.ConfirmBefore,
    ];

    public static IEnumerable<Round> All =>
    [
        .. from kind in (string[])[RowsTarget.Sqlite, RowsTarget.PostgreSql, RowsTarget.Csv]
           from label in Labels
           select new Round($"sinks/{kind}/{label}", run => CrashAsync(run, label)) { Setup = SetupOf(kind) },
        new Round("sinks/postgresql/server-killed", ServerKilledAsync) { Setup = SetupOf(RowsTarget.PostgreSql) },
    ];

    private static RoundSetup SetupOf(string kind) => new() { Jobs = [RowsJob.JobName], Rows = kind };

    private static async Task CrashAsync(RoundRun run, string label)
    {
        run.Begin();
        await run.RunningAsync();
        await run.CheckpointsAsync(1);
        await run.KillAsync();
        run.StartSilo($"{label}:{run.Random.Next(1, 30)}");
        await run.FallAsync();
        run.StartSilo($"{label}:{run.Random.Next(1, 4)}");
        await run.FallAsync();
        run.StartSilo();
        await run.RecoveredAsync();
    }

    private static async Task ServerKilledAsync(RoundRun run)
    {
        run.Begin();
        await run.RunningAsync();
        for (int death = 0; death < 2; death++)
        {
            await run.CheckpointsAsync(1);
            long checkpoint = run.Probes[0].Checkpoint;
            await run.Server.KillAsync();

            // What has been staged is not given away, so checkpoints come to wait for it, or the epoch ends.
            await run.SendsAsync(60);
            await run.Server.StartAgainAsync();
            run.Note($"the server killed after checkpoint {checkpoint}");
            await run.RecoveredAsync();
        }
    }
}
