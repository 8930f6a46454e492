namespace Weir.Engine.Tests.Windows;

using Weir.Engine.Codecs;
using Weir.Engine.Graph;
using Weir.Engine.Testing;
using Weir.Engine.Time;
using Weir.Engine.Timers;
using Weir.Engine.Windows;
using static Weir.Engine.Tests.Reading;
using static Weir.Engine.Tests.Windows.WindowJobs;

/// <summary>Triggers of one's own, and what all triggers have in common.</summary>
public sealed class TriggerTests
{
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

    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void ATriggerOfOnesOwn_CanLookAtEvents(bool crash, int partitions)
    {
        JobHarness run = Job(Windows.Tumbling(Ms(10)), Triggers.Purging(new AtSeven()), crash, partitions);
        Assert.Equal(
            [new Result(1, "a", 0, 10, 8), new Result(4, "b", 0, 10, 7)],
            Tables.Windows(
                run, new Reading("a", 1), new Reading("a", 2, 7), new Reading("a", 3), Row.Mark(5),
                new Reading("b", 6, 7), Row.Mark(9)));
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

    [Fact]
    public void TriggersThatDoNotFit_AreRefused()
    {
        static void Use(WindowSpec windows, Trigger trigger) => JobGraph.Build(Definition(windows, trigger), new());
        Trigger[] unmergeable =
            [Triggers.Delta<Reading>(1, _ => 0), Triggers.Timeout(Triggers.Count(1), Ms(1))];
        foreach (Trigger trigger in unmergeable)
        {
            Use(Windows.Global(), trigger);
            Assert.Throws<ArgumentException>(() => Use(Windows.Session(Ms(1)), trigger));
            Assert.Throws<ArgumentException>(() => Use(Windows.Session(Ms(1)), Triggers.Purging(trigger)));
        }

        Assert.Throws<ArgumentException>(() => Use(Windows.Global(), Triggers.Delta<string>(1, _ => 0)));
        Assert.Throws<ArgumentOutOfRangeException>(() => Triggers.Timeout(Triggers.Never, TimeSpan.Zero));
    }

    [Fact]
    public void BadLimits_AreRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Triggers.Count(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Triggers.ContinuousEventTime(TimeSpan.Zero));
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

    private sealed class AtSeven : Trigger<Reading>
    {
        public override TriggerResult OnEvent(Reading value, EventTime time, ITriggerContext window) =>
            value.Value == 7 ? TriggerResult.Fire : TriggerResult.Continue;
    }
}
