namespace Weir.Faults.Rounds;

using Weir.Contracts.Jobs;
using Weir.Faults.Silos;
using Weir.Protocol.Faults;

/// <summary>
/// Two silos that share the log, the records and the checkpoints. The second dies, or stands still for longer than the
/// first waits for it and then goes on as if nothing had happened. Where the silos know each other by a shared table and
/// the log has a process of its own, the first may be the one. And two silos may each take themselves for the whole
/// cluster: every grain of the job is then there twice.
/// </summary>
internal static class ClusterRounds
{
    private static readonly RoundSetup AreEqual = new() { SharesMembers = true };

    private static readonly string[] Labels =
    [
        CrashLabels.SliceAfter, CrashLabels.BarrierAfterGroup, CrashLabels.CopyAfter, CrashLabels.SegmentAfter,
        CrashLabels.ReportBefore, CrashLabels.ReportAfter, CrashLabels.CommitBefore, CrashLabels.OutputAfter,
        CrashLabels.ConfirmBefore,
    ];

    public static IEnumerable<Round> All =>
    [
        new Round("cluster/second/joins", JoinsAsync),
        new Round("cluster/second/killed", KilledAsync),
        new Round("cluster/second/zombie", ZombieAsync),
        new Round("cluster/first/killed", FirstKilledAsync) { Setup = AreEqual },
        new Round("cluster/first/zombie", FirstZombieAsync) { Setup = AreEqual },
        new Round("cluster/split/rival-killed", run => SplitAsync(run, isKilled: true)),
        new Round("cluster/split/rival-stopped", run => SplitAsync(run, isKilled: false)),
        .. Labels.Select(label => new Round($"cluster/{label}/crash", run => CrashAsync(run, label))),
    ];

    private static async Task JoinsAsync(RoundRun run)
    {
        run.Begin();
        await run.RunningAsync();
        await run.JoinAsync();
        run.Note("a second silo joined");
        await run.RecoveredAsync();
        await run.CheckpointsAsync(2);
    }

    private static async Task KilledAsync(RoundRun run)
    {
        SiloProcess second = await BeginAsync(run);
        long[] epochs = [.. run.Probes.Select(probe => probe.Epoch)];
        await second.KillAsync();
        run.Note("the second silo killed");
        await run.NewEpochsAsync(epochs);
        await run.RecoveredAsync();
    }

    private static async Task ZombieAsync(RoundRun run)
    {
        SiloProcess second = await BeginAsync(run);
        long[] epochs = [.. run.Probes.Select(probe => probe.Epoch)];
        second.Stop();
        await run.NewEpochsAsync(epochs);
        await run.CheckpointsAsync(1);
        second.Continue();
        run.Note("the second silo stood still until it was replaced");
        await run.RecoveredAsync();
        await run.CheckpointsAsync(3);
    }

    private static async Task FirstKilledAsync(RoundRun run)
    {
        SiloProcess second = await BeginAsync(run);
        long[] epochs = [.. run.Probes.Select(probe => probe.Epoch)];
        SiloProcess first = run.Silo;
        run.Promote(second);
        await first.KillAsync();
        run.Note("the first silo killed");
        await run.NewEpochsAsync(epochs);
        await run.RecoveredAsync();
        await run.JoinAsync();
        run.Note("started again, it joined");
        await run.RecoveredAsync();
    }

    private static async Task FirstZombieAsync(RoundRun run)
    {
        SiloProcess second = await BeginAsync(run);
        long[] epochs = [.. run.Probes.Select(probe => probe.Epoch)];
        SiloProcess first = run.Silo;
        run.Promote(second);
        first.Stop();
        await run.NewEpochsAsync(epochs);
        await run.CheckpointsAsync(1);
        first.Continue();
        run.Note("the first silo stood still until it was replaced");
        await run.RecoveredAsync();
        await run.CheckpointsAsync(3);
    }

    /// <summary>
    /// Both have an activation of the job, of every source and of every group, and both want to run it. Epochs are given
    /// out by the job's record, so at any time the work of one of them counts; that of the other is refused.
    /// </summary>
    private static async Task SplitAsync(RoundRun run, bool isKilled)
    {
        run.Begin();
        await run.RunningAsync();
        await run.CheckpointsAsync(1);
        long[] epochs = [.. run.Probes.Select(probe => probe.Epoch)];
        (SiloProcess rival, SiloConnection connection) = await run.SplitAsync();
        await using (connection)
        {
            await run.UntilAsync("the rival has begun epochs of its own", async () =>
            {
                JobStatus[] there = await Task.WhenAll(
                    run.Probes.Select(probe => connection.Client.DescribeJobAsync(probe.Job)));
                return there.Select((status, index) => status.Epoch > epochs[index]).All(each => each);
            });
            await run.SendsAsync(50);
            run.Note($"epochs {string.Join(" and ", run.Probes.Select(probe => probe.Epoch))} with a rival");
        }

        if (isKilled)
            await rival.KillAsync();
        else
            await rival.EndAsync();
        await run.NewEpochsAsync(epochs);
        await run.RecoveredAsync();
    }

    private static async Task CrashAsync(RoundRun run, string label)
    {
        SiloProcess second = await BeginAsync(run, $"{label}:{run.Random.Next(1, 40)}");
        await run.FallAsync(second);
        await run.RecoveredAsync();
    }

    /// <summary>Both silos are there before the jobs begin, so that both have a share of them.</summary>
    private static async Task<SiloProcess> BeginAsync(RoundRun run, string? trap = null)
    {
        run.StartSilo();
        await RoundRun.ServesAsync(run.Silo);
        SiloProcess second = await run.JoinAsync(trap);
        run.BeginWork();
        if (trap is null)
        {
            await run.RunningAsync();
            await run.CheckpointsAsync(1);
        }

        return second;
    }
}
