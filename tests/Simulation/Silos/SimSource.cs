namespace Weir.Simulation.Silos;

using Weir.Engine.Operators;
using Weir.Engine.Streams;
using Weir.Protocol.Jobs;
using Weir.Protocol.Sources;

/// <summary>A source partition in one epoch, as its grain hosts it.</summary>
public sealed class SimSource : SimParticipant
{
    private readonly SourcePlace _place;
    private readonly SourceTask _task;
    private readonly SourceProgram _program;
    private long _heldBy;

    public SimSource(SimCluster cluster, SimSilo silo, SourcePlace place, Placement placement)
        : base(cluster, silo, (place.Name, place.Partition), placement)
    {
        _place = place;
        _program = cluster.Job.Plan.CreateSource(place.Source, place.Partition);
        _task = Restored is { } restored ? new SourceTask(_program, restored.Cut!) : new SourceTask(_program, from: 0);
        if (placement.Start.Later.TryGetValue(place.Name, out IReadOnlyList<InputDigest>? later))
            _task.Expect(later);
    }

    public void Begin()
    {
        if (_task.Last is { Batches: > 0 } last)
            _task.VerifyLast(Cluster.Log.Read(_program.Topic, _program.Partition, last.From, 1)[0]);
        Poll();
        TellChange();
    }

    public void Trigger(JobAction.Trigger trigger)
    {
        if (!CanWork)
            return;
        if (trigger.Completed > 0)
            _task.Complete(trigger.Completed);
        long number = trigger.Number;
        bool hasEnded = _program.HasEnded;
        if (_task.Cut(number) is not { } cut)
            return;
        Gate.Take(number);
        _heldBy = trigger.Holds ? number : 0;
        _program.EmitBarrier(number);
        _program.Flush(this);
        if (World.Traces)
            World.Trace($"{Name} of epoch {Epoch} cuts {number} at {cut.Next}");
        Write(Checkpoints.Prepare(number, cut, hasEnded));
    }

    public override void Abort(long number)
    {
        base.Abort(number);
        _task.Abort(number);
    }

    public override void Commit(long number)
    {
        _task.Complete(number);
        if (number >= _heldBy)
            _heldBy = 0;
        base.Commit(number);
    }

    private void Poll()
    {
        if (!CanWork || Cluster.HasFinished)
            return;
        if (_heldBy == 0 && !Gate.IsFull)
            Read();
        else
            World.Count("source waited for room");
        AskIfFull();
        if (_program.HasEnded)
            TellEnd();
        else
            World.After(World.Chance.Between(1, 12), Poll);
    }

    // A word of it may be lost, and without it no checkpoint would follow.
    private void TellChange()
    {
        if (!CanWork || Cluster.HasFinished)
            return;
        if (_task.HasChanged)
            Cluster.SendToJob(job => job.OnChanged(Epoch, Name, (_task.LastCut, false), static _ => { }));
        World.After(15, TellChange);
    }

    // The transport repeats what was read, and skips what was not; the task sees to it.
    private void Read()
    {
        long from = Math.Max(0, _task.Next - (World.Chance.Happens(0.2) ? World.Chance.Below(10) : 0));
        List<EventBatch> batches = Cluster.Log.Read(_program.Topic, _program.Partition, from, World.Chance.Between(1, 5));
        if (batches.Count > 1 && World.Chance.Happens(0.05))
            batches.RemoveAt(0);
        if (batches.Count == 0 || _task.Admit(batches[0].From, batches[^1].Next) != Admission.Continues)
            return;
        foreach (EventBatch batch in batches)
        {
            _task.Read(in batch);
            if (World.Chance.Happens(0.4))
                _program.Flush(this);
            if (!CanWork)
                return;
        }

        _program.Flush(this);
    }
}
