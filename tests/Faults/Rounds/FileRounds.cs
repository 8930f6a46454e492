namespace Weir.Faults.Rounds;

using Weir.Faults.Jobs;
using Weir.Faults.Silos;

/// <summary>
/// Files of checkpoints that are damaged while no silo runs: torn, cut, gone, or with one bit turned over.
/// </summary>
internal static class FileRounds
{
    public static IEnumerable<Round> All =>
        from job in (string[])[MixJob.JobName, PartitionedJob.JobName]
        from file in (string[])["manifest", "segment", "base"]
        from damage in (string[])["torn", "cut", "bit", "gone"]
        select new Round($"files/{job}/{file}/{damage}", run => DamageAsync(run, (job, file), damage));

    /// <summary>
    /// The job with shuffles stops and asks, and goes on when it is told to; the co-partitioned one goes on by itself, and
    /// what it writes stays exact.
    /// </summary>
    private static async Task DamageAsync(RoundRun run, (string Job, string File) what, string damage)
    {
        run.Begin();
        await run.RunningAsync();
        await run.CheckpointsAsync(3);
        await run.KillAsync();
        var files = new CheckpointFiles(run.Data, what.Job);
        string path = what.File switch
        {
            "manifest" => files.NewestManifest,
            "segment" => files.NewestSegment,
            _ => files.OldestSegment,
        };
        Damage(run, path, damage);
        run.Note($"{damage}: {Path.GetFileName(path)}");
        run.AllowFallBack();
        run.StartSilo();
        run.GoOn();
        await run.RecoveredAsync();
    }

    private static void Damage(RoundRun run, string path, string damage)
    {
        if (damage == "gone")
        {
            File.Delete(path);
            return;
        }

        using FileStream file = File.Open(path, FileMode.Open, FileAccess.ReadWrite);
        switch (damage)
        {
            case "torn":
                file.SetLength(run.Random.NextInt64(file.Length));
                break;
            case "cut":
                file.SetLength(file.Length - 1);
                break;
            default:
                long at = run.Random.NextInt64(file.Length);
                file.Position = at;
                int value = file.ReadByte();
                file.Position = at;
                file.WriteByte((byte)(value ^ (1 << run.Random.Next(8))));
                break;
        }
    }
}
