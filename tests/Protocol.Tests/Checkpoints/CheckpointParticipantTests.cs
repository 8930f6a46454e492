namespace Weir.Protocol.Tests.Checkpoints;

using Weir.Engine.Operators;
using Weir.Engine.Snapshots;
using Weir.Engine.Time;
using Weir.Protocol.Checkpoints;
using Weir.Protocol.Sinks;

public sealed class CheckpointParticipantTests
{
    private readonly CheckpointParticipant _group = new("operator sum, group 3", 2, new StagedOutput(_ => 1, 3), null);

    [Fact]
    public void AReportIsGiven_WhenEverythingIsStored_AndOnce()
    {
        Emit(2);
        Assert.False(Capture(1, isBase: true).IsEmpty);
        Assert.Null(_group.TryReport());
        _group.Stored(1, Ref("seg-1"), Ref("out-1"));
        ParticipantReport report = _group.TryReport()!;
        Assert.Equal((2, 1), (report.Epoch, report.Number));
        Assert.Equal(["seg-1"], report.Chain.Select(each => each.File));
        Assert.Equal(["out-1"], report.Staged.Select(each => each.File));
        Assert.Null(_group.TryReport());
    }

    [Fact]
    public void WithoutAnythingNew_TheReportSaysTheSame()
    {
        Capture(1, isBase: true);
        _group.Stored(1, Ref("seg-1"), null);
        _group.TryReport();
        CheckpointWrite nothing = _group.Prepare(2, new GroupCapture(null, false, Mark), hasEnded: true);
        Assert.True(nothing.IsEmpty);
        _group.Stored(2, null, null);
        ParticipantReport report = _group.TryReport()!;
        Assert.Equal(["seg-1"], report.Chain.Select(each => each.File));
        Assert.True(report.HasEnded);
    }

    [Fact]
    public void WhatWasStoredForAnAbortedCheckpointIsReportedWithTheNext()
    {
        Emit(1);
        Capture(1, isBase: true);
        _group.Abort(1);
        Emit(1);
        Capture(2);
        _group.Stored(2, Ref("seg-2"), Ref("out-2"));
        Assert.Null(_group.TryReport());
        _group.Stored(1, Ref("seg-1"), Ref("out-1"));
        ParticipantReport report = _group.TryReport()!;
        Assert.Equal(2, report.Number);
        Assert.Equal(["seg-1", "seg-2"], report.Chain.Select(each => each.File));
        Assert.Equal(["out-1", "out-2"], report.Staged.Select(each => each.File));
    }

    [Fact]
    public void WhatWasNotStoredFailsWhatBuildsOnIt_AndTheNextCaptureStandsAlone()
    {
        Capture(1, isBase: true);
        _group.Stored(1, Ref("seg-1"), null);
        _group.TryReport();
        Emit(1);
        Capture(2);
        _group.Abort(2);
        Emit(1);
        Capture(3);
        Assert.Equal([3], _group.Failed(2));
        _group.Stored(3, Ref("seg-3"), Ref("out-3"));
        Assert.Null(_group.TryReport());
        Assert.True(_group.Chain.NeedsBase);
        CheckpointWrite write = Capture(4, isBase: true);
        Assert.Equal([0, 1], StagedOutput.Decode(Assert.Single(write.Staged)).Select(each => each.Sequence));
        _group.Stored(4, Ref("seg-4"), Ref("out-4"));
        ParticipantReport report = _group.TryReport()!;
        Assert.Equal(["seg-4"], report.Chain.Select(each => each.File));
        Assert.Equal(["out-4"], report.Staged.Select(each => each.File));
    }

    [Fact]
    public void AnOlderCheckpointThatIsCommittedLate_ShowsNothingNewer()
    {
        Emit(1);
        Capture(1, isBase: true);
        _group.Stored(1, Ref("seg-1"), Ref("out-1"));
        Emit(1);
        Capture(2);
        Assert.Single(_group.Visible(1));
        _group.Stored(2, Ref("seg-2"), Ref("out-2"));
        Assert.Equal(2, _group.Visible(2).Count);
        Assert.Equal(2, _group.Visible(1).Count);
        _group.Confirm(2);
        Assert.Empty(_group.Visible(2));
    }

    private static GroupMark Mark { get; } = new(default, EventTime.MaxValue, EventTime.MaxValue, 0);

    private static SegmentRef Ref(string file) => new(file, 0, 1, 0);

    private void Emit(int count) => _group.Output.Add(new OutputBatch("sums", 0, count, new byte[] { 0 }));

    private CheckpointWrite Capture(long number, bool isBase = false) =>
        _group.Prepare(number, new GroupCapture(new SegmentCopy(new byte[] { 1 }), isBase, Mark), hasEnded: false);
}
