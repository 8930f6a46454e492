namespace Weir.Faults.Rounds;

using System.Diagnostics;

/// <summary>Runs rounds one by one.</summary>
internal static class RoundRunner
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(240);

    /// <summary>Runs a round; whatever goes wrong is a problem of the result.</summary>
    public static async Task<RoundResult> RunAsync(Round round, ulong seed, bool keeps = false)
    {
        var time = Stopwatch.StartNew();
        RoundRun run;
        try
        {
            run = await RoundRun.CreateAsync(RoundCatalog.SeedOf(seed, round), round.Setup);
        }
        catch (CanNotRunException reason)
        {
            return new RoundResult(round, seed, time.Elapsed, []) { NotRun = reason.Message };
        }

        List<string> problems = [];
        await using (run)
        {
            try
            {
                await round.Script(run).WaitAsync(Limit);
                problems = await run.FinishAsync().WaitAsync(Limit);
            }
            catch (FaultDidNotHappenException nothing)
            {
                problems.Add($"the fault did not happen: {nothing.Message}");
            }
            catch (Exception fault)
            {
                problems.Add($"{fault.GetType().Name}: {fault.Message}");
            }
        }

        bool isKept = keeps || problems.Count > 0;
        if (!isKept)
            Directory.Delete(run.Directory, recursive: true);
        return new RoundResult(round, seed, time.Elapsed, problems)
        {
            Notes = run.Notes,
            Events = run.Events,
            Directory = isKept ? run.Directory : null,
        };
    }
}
