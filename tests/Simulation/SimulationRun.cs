namespace Weir.Simulation;

using Weir.Engine.Streams;
using Weir.Protocol.Checkpoints;
using Weir.Protocol.Sources;
using Weir.Simulation.Jobs;
using Weir.Simulation.Silos;
using Weir.Simulation.World;

/// <summary>What came of a seed.</summary>
/// <param name="Seed">The seed.</param>
/// <param name="Job">The job that ran.</param>
/// <param name="Broken">The rule that was broken, or null.</param>
/// <param name="Steps">How many things happened.</param>
/// <param name="Happened">How often each fault happened.</param>
public sealed record SeedResult(
    ulong Seed, string Job, string? Broken, long Steps, IReadOnlyDictionary<string, int> Happened);

/// <summary>
/// Runs one seed: a job with the product's own state machines, in one thread, while everything around it fails. Then the
/// faults stop, the job must finish, and its output must be exactly what the oracle says.
/// </summary>
public static class SimulationRun
{
    private const int FaultsUntil = 2500;
    private const int Limit = 3_500;

    private static readonly SimJob[] Jobs =
    [
        new TumblingSums(),
        new SessionSums(),
        new ChainedSums(),
        new Transfers(),
        new TimersOnce(),
        new ClosePairs(),
        new Numbered(isImmediate: false),
        new Numbered(isImmediate: true),
    ];

    public static SeedResult Run(ulong seed, TextWriter? trace = null)
    {
        var world = new SimWorld(seed, trace) { FaultsUntil = FaultsUntil };
        SimJob job = Jobs[(int)(seed % (ulong)Jobs.Length)];
        string? broken = null;
        try
        {
            Play(world, job);
        }
        catch (BrokenRuleException rule)
        {
            broken = rule.Message;
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            broken = FormattableString.Invariant($"at {world.Now} ms: {fault}");
        }

        return new SeedResult(seed, job.Name, broken, world.Steps, world.Happened);
    }

    private static void Play(SimWorld world, SimJob job)
    {
        world.Faults = Faults.Of(world.Chance, mayDamage: job.IsDeterministic && !job.IsImmediate);
        var cluster = new SimCluster(world, job);
        SimInput input = SimInput.Fill(cluster.Log, job, world.Chance);
        world.At(FaultsUntil, () =>
        {
            world.Trace("no more faults");
            foreach (SimSilo silo in cluster.Silos.Where(silo => !silo.IsUp))
                silo.Restart();
        });
        var needed = new NeededFiles(cluster);
        cluster.Store.Removing = needed.OnRemoving;
        cluster.Record.Stored = (before, after) =>
        {
            needed.OnStored();
            CheckDigests(cluster, before, after);
        };
        cluster.Start();
        bool finished = world.RunUntil(() => cluster.HasFinished, Limit);
        world.Require(finished, $"the job has not finished: {Explain(cluster)}");
        if (cluster.World.Faults.DamageEvery == 0)
            world.Require(
                cluster.Savepoints.All(cluster.Record.Current.Retained.Contains), "a savepoint is no longer kept");
        if (job.Check(input, cluster.Log) is { } wrong)
            throw new BrokenRuleException($"the output is wrong: {wrong}");
    }

    private static string Explain(SimCluster cluster) => cluster.Living.LastOrDefault() is { } last
        ? $"{last.Protocol.Phase}, {last.Protocol.Explain(cluster.World.Time) ?? last.Protocol.LastFailure}"
        : "no coordinator lives";

    /// <summary>
    /// The digests of a new checkpoint are those of the log, and leave no gap behind the checkpoint before it.
    /// </summary>
    private static void CheckDigests(SimCluster cluster, CheckpointRecord before, CheckpointRecord after)
    {
        if (after.Latest is not { } latest || latest.Number <= (before.Latest?.Number ?? 0)
            || cluster.Record.ReadManifest(latest) is not { } manifest)
            return;
        Manifest? last = before.Latest is { } previous ? cluster.Record.ReadManifest(previous) : null;
        foreach (SourcePlace place in cluster.Sources)
        {
            SourceCut cut = manifest.ReportOf(place.Name)!.Cut!;
            string topic = cluster.Job.Plan.TopicOfSource(place.Source).Name;
            var found = InputDigest.At(cut.Input.From);
            foreach (EventBatch batch in cluster.Log.All(topic, place.Partition))
            {
                if (batch.From >= cut.Input.From && batch.Next <= cut.Input.Next)
                    found = BatchHash.Append(found, in batch);
            }

            cluster.World.Require(found == cut.Input, $"the digest of {place.Name} at {latest.Number} is wrong");
            long begin = last?.ReportOf(place.Name)!.Cut!.Next ?? (before.Latest is null ? 0 : long.MaxValue);
            cluster.World.Require(
                cut.Input.From <= begin, $"input of {place.Name} from {begin} to {cut.Input.From} is in no digest");
        }
    }

    /// <summary>What every checkpoint of the record refers to is there, and nobody removes it.</summary>
    private sealed class NeededFiles(SimCluster cluster)
    {
        private readonly Dictionary<string, string[]> _files = [];
        private HashSet<string> _needed = [];

        public void OnStored()
        {
            _needed = [];
            foreach (CompleteCheckpoint checkpoint in cluster.Record.Current.Retained)
            {
                if (!_files.TryGetValue(checkpoint.File, out string[]? files))
                {
                    Manifest? manifest = cluster.Record.ReadManifest(checkpoint);
                    cluster.World.Require(manifest is not null, $"the manifest of {checkpoint.Number} is not intact");
                    files = [.. manifest!.Files, checkpoint.File];
                    cluster.World.Require(
                        manifest.Reports.SelectMany(report => report.References)
                            .All(part => cluster.Store.Read(part) is not null),
                        $"checkpoint {checkpoint.Number} refers to what is not stored");
                    _files.Add(checkpoint.File, files);
                }

                _needed.UnionWith(files);
            }
        }

        public void OnRemoving(string name) => cluster.World.Require(
            !_needed.Contains(name), $"{name} is removed, and a checkpoint that is kept needs it");
    }
}
