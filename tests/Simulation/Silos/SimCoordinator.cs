namespace Weir.Simulation.Silos;

using Weir.Engine.Time;
using Weir.Protocol.Checkpoints;
using Weir.Protocol.Jobs;

/// <summary>
/// An activation of a job's grain: it does what the protocol says and tells it what came of it. Its silo may crash, and
/// another activation may run at the same time without either knowing.
/// </summary>
public sealed partial class SimCoordinator
{
    private readonly SimCluster _cluster;
    private readonly JobProtocol _protocol;
    private readonly string _writer;
    private readonly int _incarnation;
    private long _wake = long.MaxValue;
    private bool _isOver;
    private bool _isStopped;

    public SimCoordinator(SimCluster cluster, SimSilo silo, string writer)
    {
        _cluster = cluster;
        Silo = silo;
        _writer = writer;
        _incarnation = silo.Incarnation;
        _protocol = new JobProtocol(Options(cluster), Shape(cluster), writer);
    }

    public SimSilo Silo { get; }

    public bool IsAlive => !_isOver && Silo.IsUp && Silo.Incarnation == _incarnation;

    public JobProtocol Protocol => _protocol;

    private EventTime Now => _cluster.World.Time;

    public void Begin()
    {
        Trace("begins");
        Tell(() => _protocol.Begin());
        Watch();
    }

    public void AskForSavepoint(string name, bool thenStop) =>
        Tell(() => _protocol.RequestSavepoint(name, thenStop));

    /// <summary>The silos have changed, so that participants, and perhaps this, should stand elsewhere.</summary>
    public void AskToMove(bool handOver, bool atOnce) => Tell(() =>
    {
        if (atOnce)
            _protocol.MoveAtOnce(handOver);
        else
            _protocol.RequestMove(handOver);
    });

    public void OnReport(ParticipantReport report) => Tell(() => _protocol.OnReport(report));

    public void OnEnded(long epoch, string participant) => Tell(() => _protocol.OnEnded(epoch, participant));

    public void OnChanged(long epoch, string participant, (long Behind, bool AtOnce) change, Action<long> answer) => Tell(() =>
        answer(_protocol.OnChanged(epoch, participant, change.Behind, change.AtOnce)));

    public void OnConfirmed(long epoch, long number, string participant) =>
        Tell(() => _protocol.OnConfirmed(epoch, number, participant));

    public void OnCheckpointFailed(long epoch, long number, string reason) =>
        Tell(() => _protocol.OnCheckpointFailed(epoch, number, reason, Now));

    public void OnFailure(long epoch, string reason) => Tell(() => _protocol.OnFailure(epoch, reason, Now));

    private static JobProtocolOptions Options(SimCluster cluster) => new()
    {
        Checkpoints = new CheckpointOptions
        {
            Interval = TimeSpan.FromMilliseconds(40),
            MinimumPause = TimeSpan.FromMilliseconds(5),
            Timeout = TimeSpan.FromMilliseconds(100),
            Retained = 2,
            MaxUnconfirmed = 3,
        },
        Restart = new RestartStrategy.ExponentialDelay
        {
            Initial = TimeSpan.FromMilliseconds(5),
            Maximum = TimeSpan.FromMilliseconds(80),
            ResetAfter = TimeSpan.FromMilliseconds(300),
        },
        Loss = new RestartStrategy.ExponentialDelay
        {
            Initial = TimeSpan.FromMilliseconds(5),
            Maximum = TimeSpan.FromMilliseconds(40),
            ResetAfter = TimeSpan.FromMilliseconds(100),
        },
        RepeatAfter = TimeSpan.FromMilliseconds(40),
        KeepLineageOnFallback = cluster.Job.IsDeterministic,
        AcceptsDuplicates = true,
    };

    private static JobShape Shape(SimCluster cluster) => new()
    {
        Job = cluster.Job.Name,
        Fingerprint = cluster.Job.Plan.Graph.Fingerprint,
        Partitions = cluster.Job.Partitions,
        Operators = [.. cluster.Job.Plan.OperatorNames.Select((name, index) =>
            new ManifestOperator(name, cluster.Job.Plan.InstancesOf(index)))],
        Participants =
        [
            .. cluster.Sources.Select(place => new JobParticipant(place.Name)),
            .. cluster.Groups.Select(place => new JobParticipant(place.Name)),
        ],
    };

    private void Tell(Action call)
    {
        if (!IsAlive)
            return;
        call();
        while (!_isOver && _protocol.TryTake(out JobAction? action))
            Do(action);
        if (_protocol.Phase == JobPhase.Stopped && !_isStopped)
        {
            _cluster.World.Count("job stopped");
            Trace("has stopped the job");
            _isStopped = true;
            _cluster.World.After(_cluster.World.Chance.Between(5, 100), () =>
            {
                _isStopped = false;
                Tell(() => _protocol.Begin());
            });
        }

        long wake = _protocol.NextWake.Milliseconds;
        if (wake == long.MaxValue || (_wake <= wake && _wake > _cluster.World.Now))
            return;
        _wake = wake;
        _cluster.World.At(wake, () =>
        {
            if (_wake == wake)
                _wake = long.MaxValue;
            Tell(() => _protocol.Tick(Now));
        });
    }

    private void Later(Action call, int most = 4) => _cluster.World.After(_cluster.World.Delay(most), () => Tell(call));

    private void Do(JobAction action)
    {
        switch (action)
        {
            case JobAction.ReadRecord or JobAction.WriteRecord:
                _recordActions.Enqueue(action);
                if (_recordActions.Count == 1)
                    DoAtRecord();
                break;
            case JobAction.ReadManifest read:
                Later(() => ReadManifest(read.Checkpoint));
                break;
            case JobAction.VerifyFiles verify:
                Later(() => _protocol.OnFilesVerified(verify.Manifest.Number, Lengths(verify.Manifest), Now));
                break;
            case JobAction.VerifyContents verify:
                Later(() => _protocol.OnContentsVerified(verify.Manifest.Number, Contents(verify.Manifest), Now), 30);
                break;
            case JobAction.WriteManifest write:
                WriteManifest(write.Manifest);
                break;
            case JobAction.Open open:
                Open(open.Start);
                break;
            case JobAction.SavepointDone done:
                _cluster.World.Count("savepoint taken");
                _cluster.Savepoints.Add(done.Savepoint);
                break;
            case JobAction.Superseded:
                _cluster.World.Count("coordinator superseded");
                Trace("is superseded");
                _isOver = true;
                break;
            case JobAction.HandOver:
                _cluster.World.Count("job handed over");
                Trace("hands the job over");
                _isOver = true;
                break;
            case JobAction.Failed failed:
                _cluster.World.Require(false, $"the job failed: {failed.Reason}");
                break;
            case JobAction.Finished:
                Trace("has finished");
                _cluster.HasFinished = true;
                break;
            default:
                DoAtParticipants(action);
                break;
        }
    }

    /// <summary>Notices silos that are gone, as membership does.</summary>
    private void Watch()
    {
        if (!IsAlive || _cluster.HasFinished)
            return;
        if (_placement is { } placement && placement.Silos.Values.Any(each => each.Silo.Incarnation != each.Incarnation))
            Tell(() => _protocol.OnLost(placement.Start.Epoch, "a silo is gone", Now));
        _cluster.World.After(15, Watch);
    }

    private void Trace(string what)
    {
        if (_cluster.World.Traces)
            _cluster.World.Trace($"{_writer} on silo {Silo.Index} {what}");
    }
}
