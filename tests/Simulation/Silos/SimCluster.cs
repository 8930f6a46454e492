namespace Weir.Simulation.Silos;

using Weir.Protocol.Checkpoints;
using Weir.Protocol.Jobs;
using Weir.Simulation.Jobs;
using Weir.Simulation.World;

/// <summary>Silos that crash and come back, what they share, and messages between them.</summary>
public sealed class SimCluster
{
    private int _coordinators;
    private int _savepoints;

    public SimCluster(SimWorld world, SimJob job)
    {
        World = world;
        Job = job;
        Log = new SimLog(world);
        Store = new SimStore(world);
        Record = new SimRecord(world, Store);
        Silos = [.. Enumerable.Range(0, 3).Select(index => new SimSilo(this, index))];
        Sources = [.. Enumerable.Range(0, job.Plan.SourceCount).SelectMany(source => Enumerable
            .Range(0, job.Plan.PartitionsOf(job.Plan.TopicOfSource(source).Name))
            .Select(partition => new SourcePlace(
                source, partition, Participants.OfSource(job.Plan.TopicOfSource(source).Name, partition))))];
        Groups = [.. job.Plan.OperatorNames.SelectMany((name, index) => Enumerable
            .Range(0, job.Plan.InstancesOf(index))
            .Select(group => new GroupPlace(index, group, Participants.OfGroup(name, group))))];
        Names = Groups.ToDictionary(place => (place.Operator, place.Group), place => place.Name);
    }

    public SimWorld World { get; }

    public SimJob Job { get; }

    public SimLog Log { get; }

    public SimStore Store { get; }

    public SimRecord Record { get; }

    public SimSilo[] Silos { get; }

    public IReadOnlyList<SourcePlace> Sources { get; }

    public IReadOnlyList<GroupPlace> Groups { get; }

    /// <summary>The name of a group.</summary>
    public IReadOnlyDictionary<(int Operator, int Group), string> Names { get; }

    public List<SimCoordinator> Coordinators { get; } = [];

    public bool HasFinished { get; set; }

    /// <summary>The savepoints that were said to be complete: from then on they are kept.</summary>
    public List<CompleteCheckpoint> Savepoints { get; } = [];

    public IEnumerable<SimCoordinator> Living => Coordinators.Where(each => each.IsAlive);

    /// <summary>Sends a message to a silo: it comes late, twice or never, and never to a later incarnation.</summary>
    public void Send(SimSilo to, Action deliver)
    {
        if (World.Fault(World.Faults.MessageLost, "message lost"))
            return;
        Deliver(to, to.Incarnation, deliver);
        if (World.Fault(World.Faults.MessageTwice, "message twice"))
            Deliver(to, to.Incarnation, deliver);
    }

    /// <summary>Sends a message to the job, which is to whichever coordinator is found.</summary>
    public void SendToJob(Action<SimCoordinator> deliver)
    {
        SimCoordinator[] living = [.. Living];
        if (living.Length == 0)
            return;
        SimCoordinator to = living[World.Chance.Below(living.Length)];
        Send(to.Silo, () =>
        {
            if (to.IsAlive)
                deliver(to);
        });
    }

    public void Start()
    {
        Revive();
        if (World.Faults.CrashEvery > 0)
            World.After(World.Chance.Between(20, World.Faults.CrashEvery), Crash);
        if (World.Faults.DuplicateEvery > 0)
            World.After(World.Chance.Between(20, World.Faults.DuplicateEvery), Duplicate);
        if (World.Faults.HasSavepoints)
            World.After(World.Chance.Between(50, 700), AskForSavepoint);
        if (World.Faults.MoveEvery > 0)
            World.After(World.Chance.Between(20, World.Faults.MoveEvery), AskToMove);
        if (World.Faults.DamageEvery > 0)
            World.After(World.Chance.Between(50, World.Faults.DamageEvery), Damage);
    }

    /// <summary>Someone asks for a savepoint, and perhaps for a stop behind it, and starts the job again later.</summary>
    private void AskForSavepoint()
    {
        if (World.Now >= World.FaultsUntil || HasFinished)
            return;
        World.After(World.Chance.Between(100, 700), AskForSavepoint);
        string name = $"savepoint-{++_savepoints}";
        bool thenStop = World.Chance.Happens(0.4);
        SendToJob(job => job.AskForSavepoint(name, thenStop));
    }

    /// <summary>Silos come and leave, so everything should stand elsewhere.</summary>
    private void AskToMove()
    {
        if (World.Now >= World.FaultsUntil || HasFinished)
            return;
        World.Count("move asked for");
        World.After(World.Chance.Between(20, World.Faults.MoveEvery), AskToMove);
        bool handOver = World.Chance.Happens(0.3);
        bool atOnce = World.Chance.Happens(0.2);
        SendToJob(job => job.AskToMove(handOver, atOnce));
    }

    public string NextToken() => World.Chance.Next().ToString("x16", null);

    private void Revive()
    {
        if (HasFinished)
            return;
        if (!Living.Any() && Silos.Any(silo => silo.IsUp))
            Begin();
        World.After(25, Revive);
    }

    private void Begin()
    {
        SimSilo[] up = [.. Silos.Where(silo => silo.IsUp)];
        if (up.Length == 0)
            return;
        var coordinator = new SimCoordinator(this, up[World.Chance.Below(up.Length)], $"writer-{++_coordinators}");
        Coordinators.Add(coordinator);
        coordinator.Begin();
    }

    private void Duplicate()
    {
        if (World.Now >= World.FaultsUntil || HasFinished)
            return;
        World.Count("second coordinator");
        Begin();
        World.After(World.Chance.Between(50, World.Faults.DuplicateEvery), Duplicate);
    }

    private void Crash()
    {
        if (World.Now >= World.FaultsUntil || HasFinished)
            return;
        SimSilo silo = Silos[World.Chance.Below(Silos.Length)];
        if (silo.IsUp)
        {
            World.Count("silo crashed");
            silo.Crash();
            World.After(World.Chance.Between(10, 200), silo.Restart);
        }

        World.After(World.Chance.Between(World.Faults.CrashEvery / 2, World.Faults.CrashEvery), Crash);
    }

    /// <summary>
    /// Damages what only the latest of several checkpoints refers to, as a power failure on a bad disk would: nothing runs
    /// on that could build upon it.
    /// </summary>
    private void Damage()
    {
        if (World.Now >= World.FaultsUntil || HasFinished)
            return;
        World.After(World.Chance.Between(100, World.Faults.DamageEvery), Damage);
        CheckpointRecord record = Record.Current;
        Manifest?[] manifests = [.. record.Retained.Select(Record.ReadManifest)];
        if (manifests.Length < 2 || manifests.Any(each => each is null))
            return;
        HashSet<string> needed = [.. manifests[..^1].SelectMany(each => each!.Files)];
        string[] victims = [.. manifests[^1]!.Files.Where(file => !needed.Contains(file)), record.Latest!.File];
        World.Count("checkpoint damaged");
        Record.FailPower();
        Store.Damage(victims[World.Chance.Below(victims.Length)]);
        foreach (SimSilo silo in Silos.Where(silo => silo.IsUp))
        {
            silo.Crash();
            World.After(World.Chance.Between(10, 60), silo.Restart);
        }
    }

    private void Deliver(SimSilo to, int incarnation, Action deliver)
    {
        long delay = World.Delay()
            + (World.Fault(World.Faults.MessageSlow, "message slow") ? World.Chance.Between(20, 150) : 0);
        World.After(delay, () =>
        {
            if (to.IsUp && to.Incarnation == incarnation)
                deliver();
        });
    }
}

public sealed record SourcePlace(int Source, int Partition, string Name);

public sealed record GroupPlace(int Operator, int Group, string Name);
