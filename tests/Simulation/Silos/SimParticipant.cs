namespace Weir.Simulation.Silos;

using Weir.Engine.Operators;
using Weir.Protocol.Checkpoints;
using Weir.Protocol.Exchange;
using Weir.Protocol.Jobs;
using Weir.Protocol.Sinks;
using Weir.Simulation.World;

/// <summary>Where everybody of an epoch runs.</summary>
public sealed record Placement(
    EpochStart Start, IReadOnlyDictionary<string, (SimSilo Silo, int Incarnation)> Silos);

/// <summary>A source or group in one epoch on one silo: what both have to do with checkpoints and output.</summary>
public abstract class SimParticipant : IStageOutput
{
    private readonly SliceNumbers _numbers;
    private readonly Dictionary<OutputLane, Queue<StagedBatch>> _immediate = [];
    private readonly string _producer;
    private long _confirming;
    private bool _isAppending;
    private bool _hasFailed;
    private bool _hasToldEnd;
    private bool _isAsking;

    protected SimParticipant(SimCluster cluster, SimSilo silo, (string Name, int Instance) who, Placement placement)
    {
        Cluster = cluster;
        Silo = silo;
        Placement = placement;
        Name = who.Name;
        _numbers = new SliceNumbers(Epoch);
        _producer = $"{cluster.Job.Name}/{placement.Start.Lineage}/{who.Name}";
        ParticipantReport? restored = placement.Start.Restored?.ReportOf(who.Name);
        var output = new StagedOutput(
            topic => cluster.Job.Plan.PartitionsOf(topic), who.Instance, restored?.Positions ?? default);
        foreach (SegmentRef part in restored?.Staged ?? [])
            output.Restore(placement.Start.Restored!.Number, part, ReadPart(part));
        Checkpoints = new CheckpointParticipant(who.Name, Epoch, output, restored);
        Gate = new StagingGate(output, cluster.World.Faults.Staging);
        Restored = restored;
    }

    public string Name { get; }

    public bool IsAlive { get; private set; } = true;

    public long Epoch => Placement.Start.Epoch;

    protected SimCluster Cluster { get; }

    protected SimSilo Silo { get; }

    protected Placement Placement { get; }

    protected SimWorld World => Cluster.World;

    protected CheckpointParticipant Checkpoints { get; }

    protected ParticipantReport? Restored { get; }

    protected StagingGate Gate { get; }

    public void Kill() => IsAlive = false;

    /// <summary>Its epoch is over for it. The job is told until it knows.</summary>
    public void Fail(string reason)
    {
        if (!IsAlive || _hasFailed)
            return;
        _hasFailed = true;
        if (World.Traces)
            World.Trace($"{Name} of epoch {Epoch} fails: {reason}");
        Tell();

        void Tell()
        {
            if (!IsAlive || Cluster.HasFinished)
                return;
            Cluster.SendToJob(job => job.OnFailure(Epoch, $"{Name}: {reason}"));
            World.After(40, Tell);
        }
    }

    public void OnStored(long number, SegmentRef? segment, SegmentRef? staged)
    {
        Checkpoints.Stored(number, segment, staged);
        Report();
    }

    public void OnNotStored(long number)
    {
        foreach (long failed in Checkpoints.Failed(number))
            Cluster.SendToJob(job => job.OnCheckpointFailed(Epoch, failed, $"{Name} could not store its part"));
    }

    public virtual void Abort(long number)
    {
        Checkpoints.Abort(number);
        Gate.Abort(number);
    }

    /// <summary>A checkpoint is complete: what became visible is appended, and that confirmed.</summary>
    public virtual void Commit(long number)
    {
        _confirming = Math.Max(_confirming, number);
        if (!_isAppending)
            AppendVisible();
    }

    void IStageOutput.Post(Slice slice)
    {
        _numbers.Stamp(slice);
        Silo.Post(this, Placement.Silos[Cluster.Names[(slice.Target.Operator, slice.Target.Group)]], slice);
    }

    void IStageOutput.Append(in OutputBatch batch)
    {
        StagedBatch staged = Checkpoints.Output.Add(in batch);
        if (!batch.IsImmediate)
            return;
        if (!_immediate.TryGetValue(staged.Lane, out Queue<StagedBatch>? lane))
            _immediate.Add(staged.Lane, lane = new Queue<StagedBatch>());
        lane.Enqueue(staged);
        if (lane.Count == 1)
            AppendImmediately(lane);
    }

    protected bool CanWork => IsAlive && !_hasFailed;

    protected void Write(CheckpointWrite write)
    {
        if (write.IsEmpty)
            OnStored(write.Number, null, null);
        else
            Silo.Store(this, write);
    }

    /// <summary>There may be room for output again, or leave to go on without.</summary>
    protected virtual void OnRoom()
    {
    }

    /// <summary>Asks for a checkpoint until there is room.</summary>
    protected void AskIfFull()
    {
        if (_isAsking || !CanWork || !Gate.IsFull)
            return;
        _isAsking = true;
        World.Count("staged output was full");
        Ask();

        void Ask()
        {
            if (!CanWork || Cluster.HasFinished)
                return;
            _isAsking = Gate.IsFull;
            OnRoom();
            if (!_isAsking)
                return;
            (long, bool) change = (Gate.Taken, Gate.NeedsCheckpoint);
            Cluster.SendToJob(job => job.OnChanged(Epoch, Name, change, number => Cluster.Send(Silo, () =>
            {
                if (!CanWork)
                    return;
                Gate.Expect(number);
                OnRoom();
            })));
            World.After(10, Ask);
        }
    }

    protected void TellEnd()
    {
        if (_hasToldEnd)
            return;
        _hasToldEnd = true;
        Cluster.SendToJob(job => job.OnEnded(Epoch, Name));
    }

    protected byte[] ReadPart(SegmentRef part) => Cluster.Store.Read(part)
        ?? throw new Weir.Engine.Codecs.CorruptDataException($"{part} is not there");

    private void Report()
    {
        if (Checkpoints.TryReport() is not { } report)
            return;
        byte[] bytes = ManifestCodec.EncodeReport(report);
        Cluster.SendToJob(job => job.OnReport(ManifestCodec.DecodeReport(bytes)));
    }

    private void AppendImmediately(Queue<StagedBatch> lane)
    {
        StagedBatch batch = lane.Peek();
        Cluster.Log.Append(_producer, Epoch, [batch], outcome =>
        {
            if (!CanWork)
                return;
            switch (outcome)
            {
                case AppendOutcome.Fenced:
                    Kill();
                    return;
                case AppendOutcome.Stored:
                    lane.Dequeue();
                    Checkpoints.Output.Appended(in batch);
                    Report();
                    break;
            }

            if (lane.Count > 0)
                AppendImmediately(lane);
        });
    }

    private void AppendVisible()
    {
        long number = _confirming;
        StagedBatch[][] lanes =
            [.. Checkpoints.Visible(number).GroupBy(batch => batch.Lane).Select(each => each.ToArray())];
        _isAppending = true;
        Append(lanes, 0, number);
    }

    private void Append(StagedBatch[][] lanes, int next, long number)
    {
        if (next == lanes.Length)
        {
            _isAppending = false;
            Checkpoints.Confirm(number);
            OnRoom();
            Cluster.SendToJob(job => job.OnConfirmed(Epoch, number, Name));
            if (_confirming > number)
                AppendVisible();
            return;
        }

        bool isAnswered = false;
        Cluster.Log.Append(_producer, Epoch, lanes[next], outcome =>
        {
            if (isAnswered || !IsAlive)
                return;
            isAnswered = true;
            if (outcome == AppendOutcome.Fenced)
                Kill();
            else
                Append(lanes, outcome == AppendOutcome.Stored ? next + 1 : next, number);
        });
    }
}
