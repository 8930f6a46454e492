namespace Weir.Faults.Rounds;

using Orleans.Runtime;
using Weir.Contracts.Jobs;
using Weir.Faults.Input;
using Weir.Faults.Jobs;
using Weir.Faults.Probes;
using Weir.Protocol.Checkpoints;

/// <summary>What Orleans, or something that is left over, does to grains.</summary>
internal static class GrainRounds
{
    public static IEnumerable<Round> All =>
    [
        new Round("grains/duplicate/claimed", DuplicateAsync),
        new Round("grains/old-epoch/speaks", OldEpochAsync),
        new Round("grains/old-epoch/writes", OldWriterAsync),
        new Round("grains/idle/collected", CollectedAsync),
        new Round("grains/idle/while-paused", PausedAsync),
        new Round("jobs/savepoints/many", run => DrivenAsync(run, stops: false)),
        new Round("jobs/stops/many", run => DrivenAsync(run, stops: true)),
    ];

    /// <summary>A second activation of a group shows up: the epoch ends, and the next one goes on.</summary>
    private static async Task DuplicateAsync(RoundRun run)
    {
        run.Begin();
        await run.RunningAsync();
        await run.CheckpointsAsync(1);
        IClusterClient orleans = await run.OrleansAsync();
        long[] epochs = [.. run.Probes.Select(probe => probe.Epoch)];
        await orleans.GetGrain<IJobGrain>($"j:{MixJob.JobName}")
            .ClaimAsync(epochs[0], Participants.OfGroup("debit", run.Random.Next(64)), Guid.NewGuid());
        await orleans.GetGrain<IJobGrain>($"j:{PartitionedJob.JobName}")
            .ClaimAsync(epochs[1], Participants.OfSource("orders", 0), Guid.NewGuid());
        await run.NewEpochsAsync(epochs);
        run.Note("both jobs restarted");
        await run.RecoveredAsync();
    }

    private static async Task OldEpochAsync(RoundRun run)
    {
        run.Begin();
        await run.RunningAsync();
        await run.CheckpointsAsync(1);
        await run.KillAsync();
        run.StartSilo();
        await run.RecoveredAsync();
        long epoch = run.Probes[0].Epoch;
        var old = new FencingProbe(await run.OrleansAsync());
        for (int i = 0; i < 20; i++)
            await old.SpeakAsync(MixJob.JobName, epoch - 1, Participants.OfGroup("debit", run.Random.Next(64)));
        await run.RecoveredAsync();
        if (run.Probes[0].Epoch != epoch)
            throw new InvalidOperationException("What an older epoch said has ended the epoch.");
        run.Note($"epoch {epoch - 1} spoke in epoch {epoch}");
    }

    /// <summary>Whoever is left over from an epoch in which it was the one that wrote is refused in the next.</summary>
    private static async Task OldWriterAsync(RoundRun run)
    {
        run.Begin();
        await run.RunningAsync();
        await run.CheckpointsAsync(2);
        await run.KillAsync();
        run.StartSilo();
        await run.RecoveredAsync();

        // So many transfers that every group has written in the new epoch.
        await run.SendsAsync(500 / InputPlan.TransferRate);
        await run.CheckpointsAsync(2);
        JobStatus now = run.Probes[0].Last!;
        var old = new FencingProbe(await run.OrleansAsync());
        IReadOnlyList<string> accepted = await old.AppendAsync(now.Lineage, now.Epoch - 1, InputPlan.Partitions);
        if (accepted.Count > 0)
            throw new InvalidOperationException(string.Join("; ", accepted));
        if (old.Refused == 0)
            throw new FaultDidNotHappenException("no group had written anything");
        run.Note($"{old.Refused} appends of epoch {now.Epoch - 1} refused in epoch {now.Epoch}");
    }

    private static async Task CollectedAsync(RoundRun run)
    {
        run.Begin();
        await run.RunningAsync();
        long epoch = run.Probes[0].Epoch;
        for (int i = 0; i < 4; i++)
        {
            await CollectAsync(run);
            await run.SendsAsync(10);
        }

        await run.RecoveredAsync();
        if (run.Probes[0].Epoch != epoch)
            throw new InvalidOperationException("Collecting idle grains has ended the epoch.");
    }

    private static async Task PausedAsync(RoundRun run)
    {
        run.Begin();
        await run.RunningAsync();
        run.Sender.IsPaused = true;
        await run.IdleAsync();
        await CollectAsync(run);

        // A job that has nothing to do takes no more checkpoints once the last one holds all it has read.
        await run.StoredAsync();
        run.Sender.IsPaused = false;
        await run.RecoveredAsync();
    }

    /// <summary>What is collected are grains that nobody keeps alive: topics, keys, whoever was asked something.</summary>
    private static async Task CollectAsync(RoundRun run)
    {
        IManagementGrain management = (await run.OrleansAsync()).GetGrain<IManagementGrain>(0);
        await run.UntilAsync("grains are collected", async () =>
        {
            int before = await management.GetTotalActivationCount();
            await management.ForceActivationCollection(TimeSpan.Zero);
            return await management.GetTotalActivationCount() < before;
        });
        run.Note("idle grains collected");
    }

    private static async Task DrivenAsync(RoundRun run, bool stops)
    {
        run.Begin();
        await run.RunningAsync();
        run.Drive(stops);
        await run.UntilAsync("it was done often", () => (stops ? run.Driver.Started : run.Driver.Taken) >= 5);
    }
}
