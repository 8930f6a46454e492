namespace Weir.Simulation.Silos;

using Weir.Engine.Codecs;
using Weir.Engine.Operators;
using Weir.Engine.Snapshots;
using Weir.Engine.Time;
using Weir.Protocol.Checkpoints;
using Weir.Protocol.Exchange;
using Weir.Protocol.Groups;
using Weir.Simulation.World;

/// <summary>A key group in one epoch, as its grain hosts it.</summary>
public sealed class SimGroup : SimParticipant
{
    private readonly GroupTask _task;
    private readonly GroupProgram _program;
    private bool _isPumping;
    private EventTime _watermark;

    public SimGroup(SimCluster cluster, SimSilo silo, GroupPlace place, Placement placement)
        : base(cluster, silo, (place.Name, place.Group), placement)
    {
        _program = cluster.Job.Plan.CreateGroup(place.Operator, place.Group);
        if (Restored is { } restored)
            _program.Restore(restored.Mark!, [.. restored.Chain.Select(part => new SimSegment(cluster.Store, part))]);
        _task = new GroupTask(
            _program, new GroupTaskOptions(Epoch, cluster.Job.Plan.BarrierCount(place.Operator, place.Group)));
        _watermark = _program.Watermark;
    }

    public void Receive(Slice slice)
    {
        if (!CanWork)
            return;
        try
        {
            if (_task.Offer(slice) == SliceAdmission.Fenced)
                World.Count("slice fenced");
        }
        catch (SliceGapException gap)
        {
            Fail(gap.Message);
            return;
        }

        if (_isPumping)
            return;
        _isPumping = true;
        World.After(World.Delay(1), Pump);
    }

    public override void Abort(long number)
    {
        base.Abort(number);
        _task.Abort(number);
        Pump();
    }

    /// <summary>After a restore there may be something to say without any event.</summary>
    public void Begin()
    {
        if (CanWork && _program.HasEnded)
            TellEnd();
    }

    // A group that is restored late meets damage late, and one whose epoch is over may find its files removed.
    private void Pump()
    {
        _isPumping = false;
        if (!CanWork)
            return;
        try
        {
            Work();
        }
        catch (CorruptDataException damage)
        {
            World.Count("group met damage");
            Fail(damage.Message);
        }
    }

    private void Work()
    {
        while (Gate.IsOpen || _task.Due is not null)
        {
            while (Gate.IsOpen && _task.TryNext(out Slice? slice))
            {
                _program.Apply(slice);
                slice.Release();
                World.Require(_program.Watermark >= _watermark, $"the watermark of {Name} fell");
                _watermark = _program.Watermark;
                if (World.Chance.Happens(0.3))
                    _program.Flush(this);
                if (!CanWork)
                    return;
            }

            if (_task.Due is not { } due)
                break;
            Take(due);
        }

        _program.Flush(this);
        AskIfFull();
        if (_program.HasEnded)
            TellEnd();
        if (World.Chance.Happens(0.05))
            Fold();
    }

    protected override void OnRoom()
    {
        if (_isPumping || !Gate.IsOpen || !_task.HasWork)
            return;
        _isPumping = true;
        World.After(World.Delay(1), Pump);
    }

    private void Take(long number)
    {
        bool hasEnded = _program.HasEnded;

        // Whether a base comes where changes would do is left to chance, so that chains of every length are met.
        bool asBase = Checkpoints.Chain.NeedsBase || (Checkpoints.NeedsBase && World.Chance.Happens(0.3));
        GroupCapture capture = _program.Capture(asBase);
        _program.EmitBarrier(number);
        _program.Flush(this);
        Gate.Take(number);
        _task.Taken(number);
        if (World.Traces)
            World.Trace($"{Name} of epoch {Epoch} takes {number}");
        Write(Checkpoints.Prepare(number, capture, hasEnded));
    }

    /// <summary>Puts a base in the place of a long chain, in the background.</summary>
    private void Fold()
    {
        if (Checkpoints.Chain.At(long.MaxValue) is not { Count: > 2 } chain)
            return;
        IReadOnlyList<SegmentRef> folded = [.. chain.Take(World.Chance.Between(2, chain.Count))];
        byte[] merged = SegmentFold.Merge([.. folded.Select(part => new SimSegment(Cluster.Store, part))]);
        string name = CheckpointNames.Segments(Cluster.Job.Name, Epoch, 0, Cluster.NextToken());
        var into = new SegmentRef(name, 0, merged.Length, Checksum.Of(merged));
        World.Count("chain folded");
        Cluster.Store.Write(name, merged, isStored =>
        {
            if (isStored && CanWork && Cluster.Store.Read(into) is not null)
                Checkpoints.Chain.Fold(folded, into);
        });
    }
}
