namespace Weir.Protocol.Tests.Jobs;

using Weir.Engine.Time;
using Weir.Protocol.Checkpoints;
using Weir.Protocol.Jobs;

/// <summary>How epochs begin and end.</summary>
public sealed partial class JobProtocolTests
{
    private static readonly JobShape Shape = new()
    {
        Job = "sums",
        Fingerprint = "abc",
        Partitions = new Dictionary<string, int> { ["in"] = 1 },
        Operators = [new ManifestOperator("sum", 1)],
        Participants = [new JobParticipant("source"), new JobParticipant("group")],
    };

    private static readonly JobProtocolOptions Options = new()
    {
        Checkpoints = new CheckpointOptions { Interval = Ms(100), MinimumPause = Ms(10), Timeout = Ms(500), Retained = 1 },
        Restart = new RestartStrategy.FixedDelay(2, Ms(50)),
        RepeatAfter = Ms(30),
    };

    private readonly JobProtocol _protocol = new(Options, Shape, "me");
    private CheckpointRecord _stored = CheckpointRecord.Empty;
    private long _now;

    private EventTime Now => new(_now);

    [Fact]
    public void AnEpochIsRecorded_BeforeAnythingIsOpened()
    {
        _protocol.Begin();
        Take<JobAction.ReadRecord>();
        _protocol.OnRecordRead(CheckpointRecord.Empty, Now);
        var write = Take<JobAction.WriteRecord>();
        Assert.Equal((1, "me", 1), (write.Record.Epoch, write.Record.Writer, write.Record.Lineage));
        AssertNothingToDo();
        _protocol.OnRecordWritten(write.Record, RecordOutcome.Stored, Now);
        Assert.Null(Take<JobAction.Open>().Start.Restored);
    }

    [Fact]
    public void IfTheRecordCanNotBeReadThen_TheEpochEnds()
    {
        Run();
        _protocol.OnRecordWritten(Propose(1), RecordOutcome.Unknown, Now);
        Take<JobAction.ReadRecord>();
        _protocol.OnRecordUnavailable("no answer", Now);
        Assert.Equal(1, Take<JobAction.Close>().Epoch);
        Assert.Equal(JobPhase.Waiting, _protocol.Phase);
        Wait(50);
        Take<JobAction.ReadRecord>();
    }

    [Fact]
    public void ARecordThatCanNotBeRead_IsNoFailure_AndIsReadUntilItCan()
    {
        _protocol.Begin();
        for (int i = 0; i < 20; i++)
        {
            Take<JobAction.ReadRecord>();
            _protocol.OnRecordUnavailable("no answer", Now);
            Assert.Equal(JobPhase.Waiting, _protocol.Phase);
            Assert.InRange(_protocol.NextWake.Milliseconds, _now, _now + 5000);
            Assert.Contains("no answer", _protocol.LastFailure, StringComparison.Ordinal);
            Wait(5000);
        }

        Take<JobAction.ReadRecord>();
        _protocol.OnRecordRead(CheckpointRecord.Empty, Now);
        Take<JobAction.WriteRecord>();
    }

    [Fact]
    public void ARecordOfAnother_IsTheEnd()
    {
        Run();
        _protocol.OnRecordWritten(Propose(1), RecordOutcome.Conflict, Now);
        Take<JobAction.ReadRecord>();
        _protocol.OnRecordRead(_stored with { Epoch = 2, Writer = "another" }, Now);
        Take<JobAction.Close>();
        Take<JobAction.Superseded>();
        AssertNothingToDo();
        _protocol.OnFailure(1, "late", Now);
        AssertNothingToDo();
    }

    [Fact]
    public void WhoBeginsAgainAfterAFailure_DoesNotTakeTheJobFromAnother_UnlessToldTo()
    {
        Run();
        _protocol.OnFailure(1, "its participants are gone", Now);
        Take<JobAction.Close>();
        Wait(50);
        Take<JobAction.ReadRecord>();
        _protocol.OnRecordRead(_stored with { Epoch = 2, Writer = "another" }, Now);
        Take<JobAction.Superseded>();
        AssertNothingToDo();
        var told = new JobProtocol(Options, Shape, "third");
        told.Begin();
        Assert.IsType<JobAction.ReadRecord>(TakeOf(told));
        told.OnRecordRead(_stored with { Epoch = 2, Writer = "another" }, Now);
        Assert.Equal(3, Assert.IsType<JobAction.WriteRecord>(TakeOf(told)).Record.Epoch);
    }

    [Fact]
    public void AFailedEpochIsFollowedByAnother_UntilTheStrategyGivesUp()
    {
        Run();
        for (int epoch = 1; epoch <= 3; epoch++)
        {
            _protocol.OnFailure(epoch, "it broke", Now);
            Take<JobAction.Close>();
            if (epoch == 3)
                break;
            AssertNothingToDo();
            Wait(50);
            Take<JobAction.ReadRecord>();
            _protocol.OnRecordRead(_stored, Now);
            OpenAndRun();
            Assert.Equal(epoch + 1, _protocol.Epoch);
        }

        var write = Take<JobAction.WriteRecord>();
        Assert.Contains("it broke", write.Record.Failure, StringComparison.Ordinal);
        _protocol.OnRecordWritten(write.Record, RecordOutcome.Stored, Now);
        Take<JobAction.Failed>();
        Assert.Equal(JobPhase.Failed, _protocol.Phase);
    }

    [Fact]
    public void WhatNoRestartCanHeal_FailsTheJobOnce_AlsoWhileItIsOpened()
    {
        _protocol.Begin();
        Take<JobAction.ReadRecord>();
        _protocol.OnRecordRead(_stored, Now);
        Store();
        Take<JobAction.Open>();
        _protocol.OnFatal(1, "the state has another form");
        Take<JobAction.Close>();
        Assert.Equal("the state has another form", Store().Failure);
        Take<JobAction.Failed>();
        Wait(1_000_000);
        AssertNothingToDo();
        Assert.Equal(JobPhase.Failed, _protocol.Phase);
    }

    [Fact]
    public void WhatNoRestartCanHeal_OfAnOlderEpoch_ChangesNothing()
    {
        Run();
        _protocol.OnFatal(0, "it is late");
        AssertNothingToDo();
        Assert.Equal(JobPhase.Running, _protocol.Phase);
    }

    [Fact]
    public void ADamagedCheckpointIsPassedOver_AndANewLineageBegins()
    {
        Run();
        Checkpoint(1);
        CheckpointRecord two = Checkpoint(2);
        var other = new JobProtocol(Options with { AcceptsDuplicates = true }, Shape, "other");
        Manifest first = ManifestOf(1);
        Restore(other, two, first, StoredState.Damaged);
        var verify = Assert.IsType<JobAction.VerifyFiles>(TakeOf(other));
        Assert.Equal(1, verify.Manifest.Number);
        other.OnFilesVerified(1, StoredState.Intact, Now);
        var write = Assert.IsType<JobAction.WriteRecord>(TakeOf(other));
        Assert.Equal(2, write.Record.Lineage);
        Assert.Equal([1], write.Record.Retained.Select(each => each.Number));
        other.OnRecordWritten(write.Record, RecordOutcome.Stored, Now);
        Assert.Equal(first, Assert.IsType<JobAction.Open>(TakeOf(other)).Start.Restored);
        Assert.IsType<JobAction.VerifyContents>(TakeOf(other));
        other.OnOpened(2, Now);
        Assert.IsType<JobAction.Running>(TakeOf(other));
        Assert.IsType<JobAction.RemoveOrphans>(TakeOf(other));
        Assert.False(other.TryTake(out _));
        other.OnContentsVerified(1, StoredState.Intact, Now);
        Assert.Equal(1, Assert.IsType<JobAction.Commit>(TakeOf(other)).Number);
    }

    [Fact]
    public void WhereTheReplayIsTheSame_TheLineageGoesOn()
    {
        Run();
        Checkpoint(1);
        CheckpointRecord two = Checkpoint(2);
        var other = new JobProtocol(Options with { KeepLineageOnFallback = true }, Shape, "other");
        Restore(other, two, ManifestOf(1), StoredState.Damaged);
        Assert.IsType<JobAction.VerifyFiles>(TakeOf(other));
        other.OnFilesVerified(1, StoredState.Intact, Now);
        Assert.Equal(1, Assert.IsType<JobAction.WriteRecord>(TakeOf(other)).Record.Lineage);
    }

    [Fact]
    public void WhereOutputWouldBeThereTwice_TheJobStopsAndAsks()
    {
        Run();
        Checkpoint(1);
        CheckpointRecord two = Checkpoint(2);
        var other = new JobProtocol(Options, Shape, "other");
        Restore(other, two, ManifestOf(1), StoredState.Damaged);
        Assert.IsType<JobAction.VerifyFiles>(TakeOf(other));
        other.OnFilesVerified(1, StoredState.Intact, Now);
        Assert.Equal(JobPhase.Failed, other.Phase);
        Assert.StartsWith("checkpoint 2 is damaged, and output beyond checkpoint 1", other.LastFailure, StringComparison.Ordinal);
    }

    [Fact]
    public void AStoreThatDoesNotAnswerIsNoDamage()
    {
        Run();
        Checkpoint(1);
        var other = new JobProtocol(Options, Shape, "other");
        Restore(other, _stored, null, StoredState.Unavailable);
        Assert.False(other.TryTake(out _));
        Assert.Equal(JobPhase.Waiting, other.Phase);
    }
}
