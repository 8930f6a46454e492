namespace Weir.Engine.Tests.Windows;

using Weir.Engine.Graph;
using Weir.Engine.Operators;
using Weir.Engine.Testing;
using Weir.Engine.Windows;
using static Weir.Engine.Tests.Reading;
using static Weir.Engine.Tests.Windows.WindowJobs;

/// <summary>Evictors of one's own, and what all evictors have in common.</summary>
public sealed class EvictorTests
{
    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void Process_SeesWhatIsLeft_AlsoIfThatIsNothing(bool crash, int partitions)
    {
        Row[] table = [new Reading("a", 1), new Reading("a", 2, 2), new Reading("a", 3, 4), Row.Mark(9)];
        Assert.Equal(["3: 2,4"], Tables.Lines(Lines(Evictors.Count<Reading>(2), crash, partitions), table));
        Assert.Equal(["3: 1,2,4"], Tables.Lines(Lines(Evictors.Count<Reading>(2).After(), crash, partitions), table));
        Assert.Equal(["3: "], Tables.Lines(Lines(new All(), crash, partitions), table));
    }

    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void OfNoEvents_ASumIsZero_AndAReductionGivesNothing(bool crash, int partitions)
    {
        Assert.Equal([Whole(1, 0), Whole(3, 0)], Tables.Windows(Sums(new All(), crash, partitions), Doubling));
        JobHarness reduced = new(
            new TestJob(job => From(job).KeyBy(Input.Key).Window(Windows.Global())
                .Trigger(Triggers.Count(2))
                .Evict(new All())
                .Reduce("last", (_, last) => last)
                .Select(each => each.Value.Key)
                .To(Tables.Texts)),
            Runs.Options(crash, partitions));
        Assert.Empty(Tables.Lines(reduced, Doubling));
    }

    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void AnEvictorOfOnesOwn_SeesEventsWindowAndTime_BeforeAndAfter(bool crash, int partitions)
    {
        List<string> seen = [];
        JobHarness run = Lines(new Odd(seen), crash, partitions, lateness: 20);
        Assert.Equal(
            ["4: 1,3", "5: 1,5", "6: 1,5"],
            Tables.Lines(
                run,
                new Reading("a", 1), new Reading("a", 2, 2), new Reading("a", 3, 3), Row.Tick(7), Row.Mark(9),
                new Reading("a", 4, 5), new Reading("a", 5, 4), Row.Mark(100)));
        Assert.Equal(
            [
                "before 1@1 2@2 3@3 of [0,10) at 9, 7", "after 1@1 3@3 of [0,10) at 9, 7",
                "before 1@1 5@4 of [0,10) at 9, 7", "after 1@1 5@4 of [0,10) at 9, 7",
                "before 1@1 5@4 4@5 of [0,10) at 9, 7", "after 1@1 5@4 of [0,10) at 9, 7",
            ],
            seen);
    }

    [Fact]
    public void MoreThanThereAre_CanNotBeRemoved()
    {
        JobHarness run = Lines(new TooMany(), crash: false, 1);
        run.Send(Input, new Reading("a", 1));
        var failure = Assert.Throws<OperatorFailedException>(() => run.AdvanceWatermark(T(9)));
        Assert.IsType<ArgumentException>(failure.InnerException, exactMatch: false);
    }

    [Fact]
    public void TheFingerprintNamesTheEvictor()
    {
        static string Of(Evictor<Reading> evictor) => JobGraph.Build(SumJob(evictor), new()).Fingerprint;
        Assert.NotEqual(Of(Evictors.Count<Reading>(1)), Of(Evictors.Count<Reading>(2)));
        Assert.NotEqual(Of(Evictors.Count<Reading>(1)), Of(Evictors.Count<Reading>(1).After()));
    }

    [Fact]
    public void BadLimits_AreRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Evictors.Count<Reading>(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Evictors.Time<Reading>(TimeSpan.Zero));
    }

    private sealed class All : Evictor<Reading>
    {
        public override void EvictBefore(IKeptEvents<Reading> window) => window.RemoveWhere(_ => true);
    }

    private sealed class TooMany : Evictor<Reading>
    {
        public override void EvictBefore(IKeptEvents<Reading> window) => window.RemoveFirst(2);
    }

    /// <summary>Removes even values before and threes after, and notes all that it sees.</summary>
    private sealed class Odd(List<string> seen) : Evictor<Reading>
    {
        public override void EvictBefore(IKeptEvents<Reading> window)
        {
            Note("before", window);
            window.RemoveWhere(each => each.Value.Value % 2 == 0);
        }

        public override void EvictAfter(IKeptEvents<Reading> window)
        {
            Note("after", window);
            window.RemoveWhere(each => each.Value.Value == 3);
        }

        private void Note(string when, IKeptEvents<Reading> window) => seen.Add(
            $"{when} {string.Join(' ', window.Events.Select(each => $"{each.Value.Value}@{each.Time.Milliseconds}"))} of "
            + $"[{window.Window.Start.Milliseconds},{window.Window.End.Milliseconds}) at "
            + $"{window.Watermark.Milliseconds}, {window.Clock.Milliseconds}");
    }
}
