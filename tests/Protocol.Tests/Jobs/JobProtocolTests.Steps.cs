namespace Weir.Protocol.Tests.Jobs;

using Weir.Engine.Time;
using Weir.Protocol.Checkpoints;
using Weir.Protocol.Jobs;

/// <summary>What the tests have in common.</summary>
public sealed partial class JobProtocolTests
{
    private static TimeSpan Ms(long milliseconds) => TimeSpan.FromMilliseconds(milliseconds);

    private static SegmentRef Ref(string file) => new(file, 0, 1, 0);

    private static ParticipantReport Report(string name, long number) => new()
    {
        Participant = name,
        Epoch = 1,
        Number = number,
        Staged = name == "group" ? [Ref($"seg-{number}")] : [],
    };

    private static Manifest ManifestOf(long number) => new()
    {
        Job = "sums",
        Epoch = 1,
        Number = number,
        Lineage = 1,
        Fingerprint = "abc",
        TakenAt = new EventTime(0),
        Partitions = Shape.Partitions,
        Operators = Shape.Operators,
        Reports = [Report("source", number), Report("group", number)],
    };

    private static CompleteCheckpoint Complete(Manifest manifest) => new(
        manifest.Number, manifest.Epoch, $"manifest-{manifest.Number}", 0, manifest.TakenAt, manifest.Savepoint);

    private static JobAction TakeOf(JobProtocol protocol)
    {
        Assert.True(protocol.TryTake(out JobAction? action));
        return action;
    }

    private void Restore(JobProtocol other, CheckpointRecord record, Manifest? first, StoredState last)
    {
        other.Begin();
        Assert.IsType<JobAction.ReadRecord>(TakeOf(other));
        other.OnRecordRead(record, Now);
        var claim = Assert.IsType<JobAction.WriteRecord>(TakeOf(other));
        other.OnRecordWritten(claim.Record, RecordOutcome.Stored, Now);
        foreach (CompleteCheckpoint each in record.Retained)
            Assert.Equal(each, Assert.IsType<JobAction.ReadManifest>(TakeOf(other)).Checkpoint);
        if (first is not null)
            other.OnManifestRead(record.Retained[0], StoredState.Intact, first, Now);
        other.OnManifestRead(record.Latest!, last, null, Now);
    }

    private void Run()
    {
        _protocol.Begin();
        Take<JobAction.ReadRecord>();
        _protocol.OnRecordRead(_stored, Now);
        OpenAndRun();
    }

    private void OpenAndRun()
    {
        Store();
        long epoch = Take<JobAction.Open>().Start.Epoch;
        _protocol.OnOpened(epoch, Now);
        Take<JobAction.Running>();
        Take<JobAction.RemoveOrphans>();
        AssertNothingToDo();
    }

    private void Trigger()
    {
        _now = Math.Max(_now, _protocol.NextWake.Milliseconds);
        _protocol.Tick(Now);
        Take<JobAction.Trigger>();
    }

    private CheckpointRecord Propose(long number)
    {
        Trigger();
        _protocol.OnReport(Report("source", number));
        _protocol.OnReport(Report("group", number));
        _protocol.OnManifestWritten(Complete(Take<JobAction.WriteManifest>().Manifest));
        return Take<JobAction.WriteRecord>().Record;
    }

    private CheckpointRecord Checkpoint(long number)
    {
        _protocol.OnChanged(_protocol.Epoch, "source", number - 1, atOnce: false);
        _now += 110;
        _protocol.Tick(Now);

        // Who has not confirmed the one before is told again, and the record looked at.
        while (_protocol.TryTake(out JobAction? action))
        {
            if (action is JobAction.ReadRecord)
                _protocol.OnRecordRead(_stored, Now);
        }

        _protocol.OnReport(Report("source", number));
        _protocol.OnReport(Report("group", number));
        _protocol.OnManifestWritten(Complete(Take<JobAction.WriteManifest>().Manifest));
        Store();
        Take<JobAction.Commit>();
        return _stored;
    }

    private CheckpointRecord Store()
    {
        _stored = Take<JobAction.WriteRecord>().Record;
        _protocol.OnRecordWritten(_stored, RecordOutcome.Stored, Now);
        return _stored;
    }

    private void Wait(long milliseconds)
    {
        _now += milliseconds;
        _protocol.Tick(Now);
    }

    private T Take<T>()
        where T : JobAction => Assert.IsType<T>(TakeOf(_protocol));

    private void AssertNothingToDo() => Assert.False(_protocol.TryTake(out JobAction? action), $"to do: {action}");
}
