namespace Weir.Protocol.Tests.Jobs;

using Weir.Engine.Time;
using Weir.Protocol.Checkpoints;
using Weir.Protocol.Jobs;

/// <summary>What a job does when silos come and go.</summary>
public sealed class JobMoveTests
{
    private static readonly JobShape Shape = new()
    {
        Job = "sums",
        Fingerprint = "abc",
        Partitions = new Dictionary<string, int> { ["in"] = 1 },
        Operators = [new ManifestOperator("sum", 1)],
        Participants = [new JobParticipant("source")],
    };

    private readonly JobProtocol _protocol = new(
        new JobProtocolOptions
        {
            Checkpoints = new CheckpointOptions { Interval = Ms(10_000), MinimumPause = Ms(10), Timeout = Ms(500) },
            Restart = new RestartStrategy.None(),
        },
        Shape,
        "me");

    private CheckpointRecord _stored = CheckpointRecord.Empty;
    private long _now;

    private EventTime Now => new(_now);

    [Fact]
    public void AMove_EndsTheEpochWhereACheckpointIsComplete_AndTheNextBeginsAtOnce()
    {
        Run(1);
        _protocol.RequestMove(handOver: false);
        Assert.True(_protocol.IsMoveDue);
        Checkpoint(1);
        Assert.Equal(1, Take<JobAction.Close>().Epoch);
        Take<JobAction.ReadRecord>();
        _protocol.OnRecordRead(_stored, Now);
        Store();
        Assert.Equal((2, 1), (_protocol.Epoch, _stored.Latest!.Number));
        Assert.False(_protocol.IsMoveDue);
    }

    [Fact]
    public void AHandOver_EndsTheCoordinator_OnceTheEpochIsClosed()
    {
        Run(1);
        _protocol.RequestMove(handOver: true);
        Checkpoint(1);
        Take<JobAction.Close>();
        Assert.Equal(1, Take<JobAction.HandOver>().Epoch);
        Assert.Equal(JobPhase.HandedOver, _protocol.Phase);
        _protocol.Tick(new EventTime(100_000));
        AssertNothingToDo();
    }

    [Fact]
    public void AMoveAtOnce_WaitsForNoCheckpoint()
    {
        Run(1);
        _protocol.MoveAtOnce(handOver: false);
        Take<JobAction.Close>();
        Take<JobAction.ReadRecord>();
    }

    [Fact]
    public void AJobThatIsToStopBehindASavepoint_DoesNotMove()
    {
        Run(1);
        _protocol.RequestSavepoint("last", thenStop: true);
        _protocol.RequestMove(handOver: false);
        Checkpoint(1, "last");
        Take<JobAction.SavepointDone>();
        Take<JobAction.Close>();
        Assert.Equal(JobPhase.Stopped, _protocol.Phase);
        AssertNothingToDo();
    }

    [Fact]
    public void LostParticipants_AreNoFailure_AndTheNextEpochBeginsAtOnce_ThenAfterMoments()
    {
        Run(1);
        _protocol.OnLost(1, "the silo is gone", Now);
        Take<JobAction.Close>();
        _protocol.Tick(Now);
        OpenAgain(2);
        _protocol.OnLost(1, "late", Now);
        AssertNothingToDo();

        _protocol.OnLost(2, "another silo is gone", Now);
        Take<JobAction.Close>();
        _protocol.Tick(Now);
        AssertNothingToDo();
        Assert.Equal(200, _protocol.NextWake.Milliseconds);
        _now = 200;
        _protocol.Tick(Now);
        OpenAgain(3);
        _now += 10_000;
        _protocol.OnLost(3, "long after", Now);
        Take<JobAction.Close>();
        _protocol.Tick(Now);
        Take<JobAction.ReadRecord>();
    }

    [Fact]
    public void LossesWhileParticipantsAreOpened_BeginTheNextEpoch()
    {
        _protocol.Begin();
        Take<JobAction.ReadRecord>();
        _protocol.OnRecordRead(_stored, Now);
        Store();
        Take<JobAction.Open>();
        _protocol.OnLost(1, "the silo is gone", Now);
        Take<JobAction.Close>();
        _protocol.Tick(Now);
        Take<JobAction.ReadRecord>();
    }

    private static TimeSpan Ms(long milliseconds) => TimeSpan.FromMilliseconds(milliseconds);

    private void Run(long epoch)
    {
        _protocol.Begin();
        OpenAgain(epoch);
    }

    private void OpenAgain(long epoch)
    {
        Take<JobAction.ReadRecord>();
        _protocol.OnRecordRead(_stored, Now);
        Store();
        Assert.Equal(epoch, Take<JobAction.Open>().Start.Epoch);
        _protocol.OnOpened(epoch, Now);
        Take<JobAction.Running>();
        Take<JobAction.RemoveOrphans>();
    }

    private void Checkpoint(long number, string? savepoint = null)
    {
        _now += 10;
        _protocol.Tick(Now);
        Assert.Equal(number, Take<JobAction.Trigger>().Number);
        _protocol.OnReport(new ParticipantReport { Participant = "source", Epoch = 1, Number = number });
        Manifest manifest = Take<JobAction.WriteManifest>().Manifest;
        _protocol.OnManifestWritten(
            new CompleteCheckpoint(number, 1, $"manifest-{number}", 0, manifest.TakenAt, savepoint));
        Store();
        Take<JobAction.Commit>();
    }

    private void Store()
    {
        _stored = Take<JobAction.WriteRecord>().Record;
        _protocol.OnRecordWritten(_stored, RecordOutcome.Stored, Now);
    }

    private T Take<T>()
        where T : JobAction
    {
        Assert.True(_protocol.TryTake(out JobAction? action), $"nothing to do instead of {typeof(T).Name}");
        return Assert.IsType<T>(action);
    }

    private void AssertNothingToDo() => Assert.False(_protocol.TryTake(out JobAction? action), $"to do: {action}");
}
