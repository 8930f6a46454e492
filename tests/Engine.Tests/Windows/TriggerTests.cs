namespace Weir.Engine.Tests.Windows;

using Weir.Engine.Aggregates;
using Weir.Engine.Codecs;
using Weir.Engine.Graph;
using Weir.Engine.Testing;
using Weir.Engine.Time;
using Weir.Engine.Timers;
using Weir.Engine.Windows;
using static Weir.Engine.Tests.Reading;

public sealed class TriggerTests
{
    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void Count_FiresWithEveryNthEvent_AndKeepsTheContents(bool crash, int partitions) => Assert.Equal(
        [new Result(2, "a", 0, 10, 3), new Result(4, "a", 0, 10, 15)],
        Tables.Windows(
            Job(Windows.Tumbling(Ms(10)), Triggers.Count(2), crash, partitions),
            new Reading("a", 1), new Reading("b", 1), new Reading("a", 2, 2), new Reading("a", 3, 4),
            new Reading("a", 4, 8), new Reading("a", 5, 16), Row.Mark(9), new Reading("a", 5)));

    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void Purging_DropsWhatWasGiven(bool crash, int partitions) => Assert.Equal(
        [new Result(1, "a", 0, 10, 3), new Result(3, "a", 0, 10, 12), new Result(5, "a", 10, 20, 48)],
        Tables.Windows(
            Job(Windows.Tumbling(Ms(10)), Triggers.Purging(Triggers.Count(2)), crash, partitions),
            new Reading("a", 1), new Reading("a", 2, 2), new Reading("a", 3, 4), new Reading("a", 4, 8),
            new Reading("a", 11, 16), new Reading("a", 12, 32), Row.Mark(100)));

    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void PurgingEventTime_GivesEachLateEventAlone(bool crash, int partitions)
    {
        JobHarness run = Job(
            Windows.Tumbling(Ms(10)).AllowLateness(Ms(5)), Triggers.Purging(Triggers.EventTime), crash, partitions);
        Assert.Equal(
            [new Result(2, "a", 0, 10, 3), new Result(3, "a", 0, 10, 4)],
            Tables.Windows(
                run, new Reading("a", 1), new Reading("a", 2, 2), Row.Mark(9), new Reading("a", 3, 4), Row.Mark(14)));
        Assert.Equal(0, run.Keys("sums"));
    }

    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void ContinuousEventTime_FiresAtTheMultiples_AndAtTheEnd(bool crash, int partitions)
    {
        JobHarness run = Job(Windows.Tumbling(Ms(10)), Triggers.ContinuousEventTime(Ms(4)), crash, partitions);
        Assert.Equal(
            [new Result(2, "a", 0, 10, 1), new Result(5, "a", 0, 10, 7), new Result(6, "a", 0, 10, 7)],
            Tables.Windows(
                run,
                new Reading("a", 1), Row.Mark(3), Row.Mark(4), new Reading("a", 2, 2), new Reading("a", 5, 4),
                Row.Mark(8), Row.Mark(9), Row.Mark(20)));
        Assert.Equal(0, run.Keys("sums"));
    }

    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void ContinuousProcessingTime_FollowsTheClock(bool crash, int partitions) => Assert.Equal(
        [new Result(2, "a", 0, 100, 1), new Result(5, "a", 0, 100, 3)],
        Tables.Windows(
            Job(Windows.Tumbling(Ms(100)), Triggers.ContinuousProcessingTime(Ms(4)), crash, partitions),
            Row.Tick(5), new Reading("a", 1), Row.Tick(8), new Reading("a", 2, 2), Row.Tick(11), Row.Tick(12)));

    // The channels of three of the four partitions have said nothing when the event comes.
    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void ContinuousProcessingTime_WaitsForAClockThatHasNotBegun(bool crash)
    {
        var job = new TestJob(job => From(job).KeyBy(each => each.Key).Window(Windows.Tumbling(Ms(100)))
            .Trigger(Triggers.ContinuousProcessingTime(Ms(4)))
            .Aggregate("sums", new Sum<Reading, long>(each => each.Value)).To(Tables.Results));
        Assert.Equal(
            [new Result(3, "a", 0, 100, 1), new Result(5, "a", 0, 100, 3)],
            Tables.Windows(
                new JobHarness(job, Runs.Options(crash, partitions: 4)),
                new Reading("a", 1), Row.Tick(0), Row.Tick(3), Row.Tick(4), new Reading("a", 2, 2), Row.Tick(8)));
    }

    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void Count_AddsUpWhenSessionsMerge_AndFiresWithTheNextEvent(bool crash, int partitions) => Assert.Equal(
        [new Result(3, "a", 0, 28, 15), new Result(7, "a", 0, 30, 255)],
        Tables.Windows(
            Job(Windows.Session(Ms(10)), Triggers.Count(4), crash, partitions),
            new Reading("a", 0), new Reading("a", 18, 2), new Reading("a", 1, 4), new Reading("a", 9, 8),
            new Reading("a", 20, 16), new Reading("a", 3, 32), new Reading("a", 4, 64), new Reading("a", 5, 128)));

    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void Global_FiresByCountAndAtTheEnd_ButNotByItself(bool crash, int partitions)
    {
        Row[] table = [new Reading("a", 1), new Reading("a", 99, 2), Row.Mark(1000), new Reading("a", 5, 4)];
        Assert.Empty(Tables.Windows(Job(Windows.Global(), Triggers.Never, crash, partitions), table));
        Assert.Equal(
            [new Result(1, "a", long.MinValue, long.MaxValue, 3)],
            Tables.Windows(Job(Windows.Global(), Triggers.Count(2), crash, partitions), table));
        JobHarness run = Job(Windows.Global(), Triggers.EndOfStream, crash, partitions);
        Assert.Empty(Tables.Windows(run, table));
        run.Seal();
        Assert.Equal(7, Assert.Single(run.Read(Tables.Results)).Value);
    }

    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void ProcessingTimeWindows_GoByTheClock(bool crash, int partitions)
    {
        JobHarness run = Job(Windows.TumblingProcessingTime(Ms(10)), Triggers.ProcessingTime, crash, partitions);
        Assert.Equal(
            [new Result(4, "a", 0, 10, 3), new Result(6, "a", 10, 20, 4)],
            Tables.Windows(
                run, Row.Tick(3), new Reading("a", 500), Row.Tick(8), new Reading("a", 1, 2), Row.Tick(12),
                new Reading("a", 2, 4), Row.Tick(19)));
        Assert.Equal(0, run.Keys("sums"));
    }

    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void SlidingAndSessionsByTheClock(bool crash, int partitions)
    {
        Row[] table = [Row.Tick(3), new Reading("a", 1), Row.Tick(7), new Reading("a", 1, 2), Row.Tick(30)];
        Assert.Equal(
            [new Result(2, "a", -5, 5, 1), new Result(4, "a", 0, 10, 3), new Result(4, "a", 5, 15, 2)],
            Tables.Windows(
                Job(Windows.SlidingProcessingTime(Ms(10), Ms(5)), Triggers.ProcessingTime, crash, partitions), table));
        Assert.Equal(
            [new Result(4, "a", 3, 13, 3)],
            Tables.Windows(
                Job(Windows.SessionProcessingTime(Ms(6)), Triggers.ProcessingTime, crash, partitions), table));
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void TheClockOfABatch_CountsForItsOwnEvents(bool crash)
    {
        var run = new JobHarness(
            Definition(Windows.TumblingProcessingTime(Ms(10)), Triggers.ProcessingTime), Runs.Options(crash));
        Assert.Equal(
            [new Result(2, "a", 0, 10, 1)],
            Tables.Windows(run, new Reading("a", 1), Row.Tick(8), Row.Tick(9)));
    }

    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void GapByEvent(bool crash, int partitions) => Assert.Equal(
        [new Result(3, "a", 0, 2, 2), new Result(4, "a", 10, 15, 5)],
        Tables.Windows(
            Job(Windows.Session<Reading>(each => Ms(each.Value)), Triggers.EventTime, crash, partitions),
            new Reading("a", 10, 5), new Reading("a", 0, 1), new Reading("a", 1, 1), Row.Mark(3), Row.Mark(14),
            new Reading("a", 30, 4), new Reading("a", 10, 4)));

    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void StaleTimers_DoNotReachTheNextWindow(bool crash, int partitions)
    {
        JobHarness run = Job(Windows.Tumbling(Ms(10)), new Untidy(), crash, partitions);
        Assert.Equal(
            [new Result(4, "a", 10, 20, 2)],
            Tables.Windows(
                run, new Reading("a", 1), Row.Mark(9), new Reading("a", 11, 2), Row.Mark(17), Row.Mark(18), Row.Mark(19)));
        Assert.Equal(0, run.Keys("sums"));
    }

    [Fact]
    public void AnotherCount_ReadsTheState_AndAnotherKindDoesNot()
    {
        JobHarness run = Job(Windows.Tumbling(Ms(10)), Triggers.Count(5), crash: false, 1);
        run.Send(Input, new Reading("a", 1), new Reading("a", 2, 2));
        byte[] state = run.Snapshot();
        JobHarness other = Job(Windows.Tumbling(Ms(10)), Triggers.Purging(Triggers.Count(3)), crash: false, 1);
        other.Restore(state);
        Assert.Equal([new Result(0, "a", 0, 10, 7)], Tables.Windows(other, new Reading("a", 3, 4)));
        JobHarness third = Job(Windows.Tumbling(Ms(10)), Triggers.ContinuousEventTime(Ms(3)), crash: false, 1);
        Assert.Throws<CorruptDataException>(() => third.Restore(state));
    }

    [Fact]
    public void ATriggerOfOnesOwn_IsInTheFingerprint()
    {
        static string Of(Trigger trigger) =>
            JobGraph.Build(Definition(Windows.Tumbling(Ms(10)), trigger), new()).Fingerprint;
        Assert.Equal(Of(Triggers.EventTime), Of(Triggers.EventTime));
        Assert.NotEqual(Of(Triggers.EventTime), Of(new Untidy()));
        Assert.NotEqual(Of(Triggers.Count(1)), Of(Triggers.Count(2)));
        Assert.NotEqual(Of(Triggers.Count(2)), Of(Triggers.Purging(Triggers.Count(2))));
    }

    private static TestJob Definition(WindowSpec windows, Trigger trigger) => new(job => From(job).KeyBy(Input.Key)
        .Window(windows)
        .Trigger(trigger)
        .Aggregate("sums", new Sum<Reading, long>(each => each.Value))
        .To(Tables.Results));

    private static JobHarness Job(WindowSpec windows, Trigger trigger, bool crash, int partitions)
    {
        var run = new JobHarness(Definition(windows, trigger), Runs.Options(crash, partitions));
        run.AdvanceClock(T(0));
        return run;
    }

    /// <summary>Fires 17 ms after the start of a window, also if that lies behind its end, and leaves its timers.</summary>
    private sealed class Untidy : Trigger
    {
        public override TriggerResult OnEvent(EventTime time, ITriggerContext window)
        {
            window.Register(T(window.Window.Start.Milliseconds == 0 ? 17 : 18), TimeDomain.Event);
            return TriggerResult.Continue;
        }

        public override TriggerResult OnEventTime(EventTime time, ITriggerContext window) =>
            time == window.Window.MaxTimestamp ? TriggerResult.Continue : TriggerResult.Fire;
    }
}
