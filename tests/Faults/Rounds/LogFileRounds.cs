namespace Weir.Faults.Rounds;

using Weir.Contracts;
using Weir.Contracts.Jobs;
using Weir.Faults.Jobs;
using Weir.Faults.Oracle;
using Weir.Faults.Probes;
using Weir.Faults.Silos;

/// <summary>
/// One bit of the log's file is turned over while no silo runs. It must be found and said, nothing wrong may come out
/// until then, and when everything is brought back from a copy the jobs go on.
/// </summary>
internal static class LogFileRounds
{
    private const int Anywhere = 6;

    public static IEnumerable<Round> All =>
    [
        new Round("log/bit/input", InputAsync),
        new Round("log/bit/output", OutputAsync),
        .. Enumerable.Range(1, Anywhere).Select(i => new Round($"log/bit/anywhere-{i}", AnywhereAsync)),
    ];

    /// <summary>In events that both jobs have not yet got behind them.</summary>
    private static async Task InputAsync(RoundRun run)
    {
        StoredFiles files = await StoppedAsync(run);
        run.Note(files.FlipNewest(Topics.Orders.Name, run.Random.Next(2), run.Random));
        run.StartSilo();
        // A job says why only until it tries again, so that the two need not say it at the same moment.
        HashSet<StatusProbe> said = [];
        await run.UntilAsync("both jobs say what is damaged", () =>
        {
            said.UnionWith(run.Probes.Where(HasSaid));
            return said.Count == run.Probes.Count;
        });
        await CheckAsync(run);
        await RestoreAsync(run, files);
    }

    /// <summary>In what a job has published: readers are told, and the job, which does not read it, goes on.</summary>
    private static async Task OutputAsync(RoundRun run)
    {
        StoredFiles files = await StoppedAsync(run);
        run.Note(files.FlipNewest(MixJob.Credits.Name, 0, run.Random));
        run.StartSilo();
        await run.RecoveredAsync();
        try
        {
            await MixOracle.ReadAsync(await run.ClientAsync(), MixJob.Credits);
            throw new InvalidOperationException("Nobody was told that the topic is damaged.");
        }
        catch (WeirException damage) when (damage.Error == WeirError.Corrupt)
        {
            run.Note(damage.Message);
        }

        await CheckAsync(run);
        await RestoreAsync(run, files);
    }

    /// <summary>Wherever it is: it is found when the log is opened, by a job, or by a reader, or nothing needs it.
    /// </summary>
    private static async Task AnywhereAsync(RoundRun run)
    {
        StoredFiles files = await StoppedAsync(run);
        run.Note(files.FlipAnywhere(run.Random));
        run.StartSilo();
        if (!await run.Silo.Ready.WaitAsync(TimeSpan.FromSeconds(90)))
        {
            string log = await File.ReadAllTextAsync(Path.Combine(run.Directory, "silo.log"));
            if (!log.Contains("restore the", StringComparison.Ordinal))
                throw new InvalidOperationException("The silo ended and did not say that its log is damaged.");
            run.Note("found when it was opened");
            await RestoreAsync(run, files);
            return;
        }

        bool isSaid = false;
        await run.UntilAsync("the jobs go on, or say what is damaged", () =>
            (isSaid |= run.Probes.Any(HasSaid)) || run.Probes.All(HasGoneOn));
        bool isRead = await CheckAsync(run);
        run.Note(isSaid ? "found by a job" : isRead ? "found by a reader" : "not needed by anyone");
        if (isSaid || isRead)
            await RestoreAsync(run, files);
        else
            await run.RecoveredAsync();
    }

    /// <summary>A silo that could take no checkpoints for a while, so that there is input behind the last one, and was
    /// killed; and what it stored.</summary>
    private static async Task<StoredFiles> StoppedAsync(RoundRun run)
    {
        run.Begin();
        await run.RunningAsync();
        await run.CheckpointsAsync(3);
        await run.Silo.CommandAsync("store refused");
        await run.SendsAsync(40);
        await run.KillAsync();
        var files = new StoredFiles(run.Data, Path.Combine(run.Directory, "copy"));
        files.Copy();
        return files;
    }

    private static async Task RestoreAsync(RoundRun run, StoredFiles files)
    {
        if (run.Silo.IsAlive)
            await run.KillAsync();
        files.Restore();
        run.StartOver();
        run.Note("brought back from the copy");
        run.StartSilo();
        await run.RecoveredAsync();
    }

    private static async Task<bool> CheckAsync(RoundRun run)
    {
        (List<string> problems, bool isDamaged) = await run.CheckSoFarAsync();
        return problems.Count == 0
            ? isDamaged
            : throw new InvalidOperationException($"On a damaged log: {string.Join("; ", problems)}");
    }

    private static bool HasSaid(StatusProbe probe) => probe.Last is { Epoch: > 1, Failure: { } why }
        && (why.Contains("restore the", StringComparison.Ordinal) || why.Contains("damaged", StringComparison.Ordinal));

    private static bool HasGoneOn(StatusProbe probe) => probe.Last is { Epoch: > 1, State: JobState.Running } status
        && status.Sources.Length > 0 && status.Operators.All(each => each.Events > 0)
        && status.Checkpoints.Failed == 0;
}
