namespace Weir.Protocol.Tests.Jobs;

using Weir.Engine.Time;
using Weir.Protocol.Checkpoints;
using Weir.Protocol.Jobs;

/// <summary>What becomes of checkpoints.</summary>
public sealed partial class JobProtocolTests
{
    [Fact]
    public void ACheckpointIsCommitted_OnlyWhenTheRecordSaysSo()
    {
        Run();
        Trigger();
        _protocol.OnReport(Report("source", 1));
        AssertNothingToDo();
        _protocol.OnReport(Report("group", 1));
        Manifest manifest = Take<JobAction.WriteManifest>().Manifest;
        Assert.Equal(["source", "group"], manifest.Reports.Select(each => each.Participant));
        AssertNothingToDo();
        _protocol.OnManifestWritten(Complete(manifest));
        var write = Take<JobAction.WriteRecord>();
        AssertNothingToDo();
        _protocol.OnRecordWritten(write.Record, RecordOutcome.Stored, Now);
        var commit = Take<JobAction.Commit>();
        Assert.Equal((1, true), (commit.Number, commit.IsFirst));
        Assert.Equal(["group"], commit.Waiting);
        AssertNothingToDo();
    }

    [Fact]
    public void WhoHasNotConfirmedIsToldAgain_AndUntilThenTheCheckpointBeforeIsKept()
    {
        Run();
        Checkpoint(1);
        Wait(30);
        Assert.Equal(["group"], Take<JobAction.Commit>().Waiting);
        Take<JobAction.ReadRecord>();
        _protocol.OnRecordRead(_stored, Now);
        Assert.Equal([1, 2], Checkpoint(2).Retained.Select(each => each.Number));
        _protocol.OnConfirmed(1, 2, "group");
        Assert.Equal(2, _protocol.Confirmed);
        Assert.Equal([3], Checkpoint(3).Retained.Select(each => each.Number));
        Assert.Equal(["manifest-1", "manifest-2", "seg-1", "seg-2"], Take<JobAction.Retire>().Files);
    }

    [Fact]
    public void ALostAnswerIsLookedUp_AndTheWriteRepeatedIfItDidNotArrive()
    {
        Run();
        CheckpointRecord proposed = Propose(1);
        _protocol.OnRecordWritten(proposed, RecordOutcome.Unknown, Now);
        Take<JobAction.ReadRecord>();
        AssertNothingToDo();
        _protocol.OnRecordRead(_stored, Now);
        CheckpointRecord again = Take<JobAction.WriteRecord>().Record;
        Assert.Equal(proposed.Retained, again.Retained);
        _protocol.OnRecordWritten(again, RecordOutcome.Unknown, Now);
        Take<JobAction.ReadRecord>();
        _protocol.OnRecordRead(again, Now);
        Assert.Equal(1, Take<JobAction.Commit>().Number);
    }

    [Fact]
    public void ACheckpointThatTakesTooLongIsGivenUp_AndTheNextBegins()
    {
        Run();
        Trigger();
        _protocol.OnReport(Report("source", 1));
        Wait(500);
        Assert.Equal(1, Take<JobAction.Abort>().Number);
        Take<JobAction.ReadRecord>();
        _protocol.OnRecordRead(_stored, Now);
        Assert.Equal(
            "the last did not complete (checkpoint 1: it took longer than 0.5 s)", _protocol.Explain(Now));
        Wait(10);
        Assert.Equal(2, Take<JobAction.Trigger>().Number);
        _protocol.OnReport(Report("group", 1));
        AssertNothingToDo();
    }

    [Fact]
    public void WhenAllHaveEnded_TheFinalCheckpointIsStored_AndTheJobFinishes()
    {
        Run();
        _protocol.OnEnded(1, "source");
        _protocol.OnEnded(1, "group");
        Wait(10);
        Take<JobAction.Trigger>();
        _protocol.OnReport(Report("source", 1) with { HasEnded = true });
        _protocol.OnReport(Report("group", 1) with { HasEnded = true });
        Manifest manifest = Take<JobAction.WriteManifest>().Manifest;
        Assert.True(manifest.IsFinal);
        _protocol.OnManifestWritten(Complete(manifest));
        Store();
        Take<JobAction.Commit>();
        AssertNothingToDo();
        _protocol.OnConfirmed(1, 1, "group");
        Take<JobAction.FinishOutput>();
        _protocol.OnOutputFinished(1);
        Assert.True(Store().IsFinished);
        Take<JobAction.Close>();
        Take<JobAction.Finished>();
        Assert.Equal(JobPhase.Finished, _protocol.Phase);
    }

    [Fact]
    public void ASavepointIsTakenAtOnce_AndTheJobStopsBehindItsOutput()
    {
        Run();
        _protocol.RequestSavepoint("before", thenStop: true);
        Wait(10);
        Take<JobAction.Trigger>();
        _protocol.OnReport(Report("source", 1));
        _protocol.OnReport(Report("group", 1));
        _protocol.OnManifestWritten(Complete(Take<JobAction.WriteManifest>().Manifest));
        Assert.Equal("before", Store().Latest!.Savepoint);
        Take<JobAction.Commit>();
        Assert.Equal("before", Take<JobAction.SavepointDone>().Savepoint.Savepoint);
        AssertNothingToDo();
        _protocol.OnConfirmed(1, 1, "group");
        Take<JobAction.Close>();
        Assert.Equal(JobPhase.Stopped, _protocol.Phase);
    }
}
