namespace Weir.Protocol.Tests.Checkpoints;

using Weir.Engine.Time;
using Weir.Protocol.Checkpoints;

public sealed class CheckpointCoordinatorTests
{
    private static readonly JobParticipant[] Three = [new("a"), new("b"), new("c", Ends: false)];
    private readonly CheckpointCoordinator _coordinator = new(
        new CheckpointOptions { Interval = Ms(100), MinimumPause = Ms(20), Timeout = Ms(1000) },
        Three,
        (Epoch: 3, LastNumber: 7),
        T(0));

    [Fact]
    public void TheFirstBeginsAfterAnInterval_AndNumbersGoOn()
    {
        Assert.Equal(T(100), _coordinator.NextWake);
        Assert.Null(_coordinator.TryBegin(T(99)));
        Assert.Equal(8, _coordinator.TryBegin(T(100))!.Number);
        Assert.Null(_coordinator.TryBegin(T(500)));
    }

    [Fact]
    public void TheNextBegins_AnIntervalAfterTheBeginning_AndAPauseAfterTheEnd()
    {
        Complete(T(100), T(150));
        _coordinator.OnChanged("a", 8, atOnce: false);
        Assert.Equal(T(200), _coordinator.NextWake);
        Complete(T(200), T(295));
        _coordinator.OnChanged("a", 9, atOnce: false);
        Assert.Equal(T(315), _coordinator.NextWake);
    }

    [Fact]
    public void WhileNothingChanges_NoneBegins_UntilSomeoneAsks()
    {
        Assert.False(_coordinator.IsCurrent);
        Complete(T(100), T(150));
        Assert.True(_coordinator.IsCurrent);
        Assert.Null(_coordinator.TryBegin(T(1_000_000)));

        // What came before its part in 8 is in 8.
        _coordinator.OnChanged("a", 7, atOnce: false);
        Assert.Equal(EventTime.MaxValue, _coordinator.NextWake);
        _coordinator.OnChanged("a", 8, atOnce: false);
        Assert.False(_coordinator.IsCurrent);
        Complete(T(1_000_000), T(1_000_010));
        Assert.True(_coordinator.IsCurrent);
        _coordinator.RequestSavepoint("keep");
        Complete(T(1_000_030), T(1_000_040));
        _coordinator.RequestAnother();
        Complete(T(1_000_060), T(1_000_070));
        Assert.True(_coordinator.IsCurrent);
    }

    [Fact]
    public void WhatChangesWhileOneIsUnderWay_IsForTheNext_AndSoIsAllOfOneThatIsGivenUp()
    {
        _coordinator.TryBegin(T(100));
        _coordinator.OnChanged("a", 8, atOnce: false);
        foreach (JobParticipant each in Three)
            _coordinator.OnReport(Report(each.Name, 8));
        _coordinator.Complete(T(110));
        Assert.Equal(T(200), _coordinator.NextWake);
        _coordinator.TryBegin(T(200));
        _coordinator.Abort("it took too long", T(210));
        Assert.Equal(T(300), _coordinator.NextWake);
        Complete(T(300), T(310));
        Assert.True(_coordinator.IsCurrent);
    }

    [Fact]
    public void WhoHasNoRoom_HasOneBegunAtOnce_ThatHoldsTheSources_AndOneThatLetsThemGo()
    {
        Complete(T(100), T(150));
        Assert.Equal(0, _coordinator.OnChanged("a", 8, atOnce: true));
        CheckpointStart held = _coordinator.TryBegin(T(150))!;
        Assert.True(held.Holds);
        Assert.Equal(9, _coordinator.OnChanged("a", 8, atOnce: true));
        Assert.Equal(0, _coordinator.OnChanged("a", 9, atOnce: false));

        // Given up: it is tried again soon, and holds again.
        _coordinator.Abort("the disk is full", T(160));
        Assert.Equal(T(180), _coordinator.NextWake);
        CheckpointStart again = _coordinator.TryBegin(T(180))!;
        Assert.True(again.Holds);
        Assert.Equal(10, _coordinator.OnChanged("a", 9, atOnce: true));
        foreach (JobParticipant each in Three)
            _coordinator.OnReport(Report(each.Name, 10));
        _coordinator.Complete(T(190));
        Assert.Equal(T(280), _coordinator.NextWake);
        Assert.False(_coordinator.TryBegin(T(280))!.Holds);
    }

    [Fact]
    public void ReportsOfOthersAreIgnored()
    {
        _coordinator.TryBegin(T(100));
        Assert.False(_coordinator.OnReport(Report("a", number: 7)));
        Assert.False(_coordinator.OnReport(Report("a", number: 8) with { Epoch = 2 }));
        Assert.False(_coordinator.OnReport(Report("unknown", number: 8)));
        Assert.Equal(["a", "b", "c"], _coordinator.Missing());
        Assert.False(_coordinator.OnReport(Report("a", 8)));
        Assert.False(_coordinator.OnReport(Report("a", 8)));
        Assert.False(_coordinator.OnReport(Report("c", 8)));
        Assert.True(_coordinator.OnReport(Report("b", 8)));
        Assert.Equal(["a", "b", "c"], _coordinator.Reports.Select(each => each.Participant));
    }

    [Fact]
    public void OneThatTakesTooLongIsGivenUp_AndASavepointIsTriedAgain()
    {
        _coordinator.RequestSavepoint("keep");
        Assert.Equal(T(20), _coordinator.NextWake);
        Assert.Equal("keep", _coordinator.TryBegin(T(20))!.Savepoint);
        Assert.False(_coordinator.IsOverdue(T(1019)));
        Assert.True(_coordinator.IsOverdue(T(1020)));
        _coordinator.Abort("it took too long", T(1020));
        Assert.Equal("keep", _coordinator.TryBegin(T(1040))!.Savepoint);
        foreach (JobParticipant each in Three)
            _coordinator.OnReport(Report(each.Name, 9));
        _coordinator.Complete(T(1050));
        _coordinator.OnChanged("a", 9, atOnce: false);
        Assert.Null(_coordinator.TryBegin(T(1200))!.Savepoint);
    }

    [Fact]
    public void WhenAllHaveEnded_TheLastBeginsSoon_AndIsFinalIfAllHadEnded()
    {
        _coordinator.OnEnded("a");
        Assert.Equal(T(100), _coordinator.NextWake);
        _coordinator.OnEnded("b");
        Assert.Equal(T(20), _coordinator.NextWake);
        _coordinator.TryBegin(T(20));
        _coordinator.OnReport(Report("a", 8) with { HasEnded = true });
        _coordinator.OnReport(Report("b", 8) with { HasEnded = true });
        Assert.False(_coordinator.IsFinal);
        _coordinator.OnReport(Report("c", 8));
        Assert.True(_coordinator.IsFinal);
    }

    [Fact]
    public void ItSaysWhyCheckpointsDoNotComplete()
    {
        Assert.Null(_coordinator.Explain(T(50)));
        for (int i = 0; i < 12; i++)
        {
            _coordinator.TryBegin(T(1000 * i + 100));
            _coordinator.Abort("it took longer than 1 s", T(1000 * i + 200));
        }

        _coordinator.TryBegin(T(20_000));
        _coordinator.OnReport(Report("b", 20));
        Assert.Equal(
            "12 in a row did not complete (checkpoint 19: it took longer than 1 s); "
            + "checkpoint 20 waits for a and 1 more since 12 s",
            _coordinator.Explain(T(32_500)));
        foreach (JobParticipant each in Three)
            _coordinator.OnReport(Report(each.Name, 20));
        _coordinator.Complete(T(33_000));
        Assert.Null(_coordinator.Explain(T(33_001)));
    }

    private static TimeSpan Ms(long milliseconds) => TimeSpan.FromMilliseconds(milliseconds);

    private static EventTime T(long milliseconds) => new(milliseconds);

    private static ParticipantReport Report(string participant, long number) =>
        new() { Participant = participant, Epoch = 3, Number = number };

    private void Complete(EventTime begin, EventTime end)
    {
        long number = _coordinator.TryBegin(begin)!.Number;
        foreach (JobParticipant each in Three)
            _coordinator.OnReport(Report(each.Name, number));
        _coordinator.Complete(end);
    }
}
