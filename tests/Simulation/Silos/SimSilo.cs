namespace Weir.Simulation.Silos;

using Weir.Engine.Operators;
using Weir.Protocol.Checkpoints;

/// <summary>A process: what it holds is gone when it crashes. It writes one file of segments per checkpoint.</summary>
public sealed class SimSilo(SimCluster cluster, int index)
{
    private readonly Dictionary<(long Epoch, long Number), List<(SimParticipant From, CheckpointWrite Write)>> _files = [];
    private readonly Dictionary<(object From, SimSilo To), long> _lanes = [];

    public int Index => index;

    public int Incarnation { get; private set; }

    public bool IsUp { get; private set; } = true;

    public Dictionary<string, SimParticipant> Here { get; } = [];

    public void Crash()
    {
        if (cluster.World.Traces)
            cluster.World.Trace($"silo {index} crashes");
        IsUp = false;
        Incarnation++;
        foreach (SimParticipant participant in Here.Values)
            participant.Kill();
        Here.Clear();
        _files.Clear();
        _lanes.Clear();
    }

    public void Restart()
    {
        if (cluster.World.Traces)
            cluster.World.Trace($"silo {index} is back");
        IsUp = true;
    }

    /// <summary>Has something stored, in one file with what others of this silo have for the same checkpoint.</summary>
    public void Store(SimParticipant from, CheckpointWrite write)
    {
        (long, long) key = (from.Epoch, write.Number);
        if (!_files.TryGetValue(key, out var writes))
        {
            _files.Add(key, writes = []);
            int incarnation = Incarnation;
            cluster.World.After(1 + cluster.World.Delay(), () =>
            {
                if (IsUp && Incarnation == incarnation)
                    WriteFile(key);
            });
        }

        writes.Add((from, write));
    }

    /// <summary>
    /// Sends a slice: in order, perhaps twice, and if it is lost the sender knows. Within a silo it is passed by
    /// reference.
    /// </summary>
    public void Post(SimParticipant from, (SimSilo Silo, int Incarnation) to, Slice slice)
    {
        if (cluster.World.Fault(cluster.World.Faults.SliceLost, "slice lost"))
        {
            from.Fail("a slice could not be sent");
            return;
        }

        string name = cluster.Names[(slice.Target.Operator, slice.Target.Group)];
        bool twice = cluster.World.Fault(cluster.World.Faults.SliceTwice, "slice twice");
        if (to.Silo != this || twice)
        {
            byte[] bytes = Encode(slice);
            (SliceHead head, Slice original) = (new SliceHead(slice.Target, slice.Epoch, slice.Sequence), slice);
            original.Release();
            Hand(from, to, () => Receive(to.Silo, name, head, bytes));
            if (twice)
                Hand(from, to, () => Receive(to.Silo, name, head, bytes));
        }
        else
        {
            Hand(from, to, () => (to.Silo.Here.GetValueOrDefault(name) as SimGroup)?.Receive(slice));
        }
    }

    private static byte[] Encode(Slice slice)
    {
        var writer = new Weir.Engine.Codecs.ByteWriter();
        slice.Encode(writer);
        return writer.ToArray();
    }

    private void Receive(SimSilo to, string name, SliceHead head, byte[] bytes)
    {
        if (to.Here.GetValueOrDefault(name) is not SimGroup group)
            return;
        Slice copy = cluster.Job.Plan.DecodeSlice(head.Target, bytes);
        copy.Epoch = head.Epoch;
        copy.Sequence = head.Sequence;
        group.Receive(copy);
    }

    private void Hand(SimParticipant from, (SimSilo Silo, int Incarnation) to, Action deliver)
    {
        (object, SimSilo) lane = (from, to.Silo);
        long at = Math.Max(cluster.World.Now + cluster.World.Delay(2), _lanes.GetValueOrDefault(lane));
        _lanes[lane] = at;
        cluster.World.At(at, () =>
        {
            if (to.Silo.IsUp && to.Silo.Incarnation == to.Incarnation)
                deliver();
        });
    }

    private void WriteFile((long Epoch, long Number) key)
    {
        List<(SimParticipant From, CheckpointWrite Write)> writes = _files[key];
        _files.Remove(key);
        string name = CheckpointNames.Segments(cluster.Job.Name, key.Epoch, key.Number, cluster.NextToken());
        var bytes = new List<byte>();
        var refs = new List<(SimParticipant From, long Number, SegmentRef? Segment, SegmentRef? Staged)>();
        foreach ((SimParticipant from, CheckpointWrite write) in writes)
        {
            refs.Add((
                from,
                write.Number,
                Add(name, bytes, write.Segment is { } segment ? [segment] : []),
                Add(name, bytes, write.Staged)));
        }

        int incarnation = Incarnation;
        cluster.Store.Write(name, [.. bytes], isStored =>
        {
            if (!IsUp || Incarnation != incarnation)
                return;
            foreach ((SimParticipant from, long number, SegmentRef? segment, SegmentRef? staged) in refs)
            {
                if (!from.IsAlive)
                    continue;
                if (isStored)
                    from.OnStored(number, segment, staged);
                else
                    from.OnNotStored(number);
            }
        });
    }

    private static SegmentRef? Add(string name, List<byte> file, IReadOnlyList<ReadOnlyMemory<byte>> pieces)
    {
        if (pieces.Count == 0)
            return null;
        byte[] part = [.. pieces.SelectMany(piece => piece.ToArray())];
        var added = new SegmentRef(name, file.Count, part.Length, Checksum.Of(part));
        file.AddRange(part);
        return added;
    }

    private readonly record struct SliceHead(SliceTarget Target, long Epoch, long Sequence);
}
