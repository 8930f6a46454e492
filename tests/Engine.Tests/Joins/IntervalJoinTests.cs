namespace Weir.Engine.Tests.Joins;

using CsCheck;
using Weir.Engine.Graph;
using Weir.Engine.Joins;
using Weir.Engine.Operators;
using Weir.Engine.Streams;
using Weir.Engine.Testing;
using Weir.Engine.Time;
using static Weir.Engine.Tests.Joins.Step;
using static Weir.Engine.Tests.Reading;

public sealed class IntervalJoinTests
{
    private static readonly View<string, string> Last = new("last");

    public static TheoryData<bool, int> All => Runs.All;

    [Theory]
    [MemberData(nameof(All))]
    public void APairLiesWithinBothEnds_AndHasTheLaterTime(bool crash, int partitions)
    {
        JobHarness run = Job(Between(-2, 3), crash, partitions);
        Assert.Equal(
            [
                "6: a 10/1 8/2 at 10", "6: a 10/1 9/2 at 10", "6: a 10/1 10/2 at 10", "6: a 10/1 13/2 at 13",
                "7: a 15/3 13/2 at 15", "7: a 15/3 14/2 at 15",
                "8: a 15/3 18/4 at 18",
            ],
            Two.Lines(run, R(7, 2), R(10, 2), R(13, 2), R(9, 2), R(8, 2), R(14, 2), L(10), L(15, 3), R(18, 4)));
    }

    [Theory]
    [InlineData(false, false, "10,11,12,13")]
    [InlineData(true, false, "11,12,13")]
    [InlineData(false, true, "10,11,12")]
    [InlineData(true, true, "11,12")]
    public void AnEndCanBeLeftOut(bool withoutLower, bool withoutUpper, string met)
    {
        JoinInterval interval = Between(0, 3);
        interval = withoutLower ? interval.LowerExclusive() : interval;
        interval = withoutUpper ? interval.UpperExclusive() : interval;
        Step[] rights = [.. Enumerable.Range(9, 6).Select(at => R(at))];
        foreach (Step[] table in new Step[][] { [L(10), .. rights], [.. rights, L(10)] })
        {
            JobHarness run = Job(interval, crash: true, 1);
            Two.Lines(run, table);
            Assert.Equal(
                met.Split(',').Select(at => $"a 10/1 {at}/1 at {at}"), run.Read(Tables.Texts));
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void EventsOfEqualTimeMeetInOrderOfArrival(bool crash, int partitions)
    {
        JobHarness run = Job(Between(0, 0), crash, partitions);
        Assert.Equal(
            ["2: a 5/1 5/3 at 5", "2: a 5/2 5/3 at 5", "3: a 5/1 5/4 at 5", "3: a 5/2 5/4 at 5"],
            Two.Lines(run, L(5, 1), L(5, 2), R(5, 3), R(5, 4), R(5, 5, "b")));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void AnEventBelowTheLowerWatermarkIsLate(bool crash, int partitions)
    {
        JobHarness run = Job(Between(-5, 5), crash, partitions);
        Assert.Equal(
            ["4: a 10/1 9/1 at 10", "7: a 10/1 10/2 at 10"],
            Two.Lines(run, L(10), MarkLeft(10), MarkRight(9), R(8), R(9), Mark(10), R(9, 3), R(10, 2), L(1)));
        Assert.Equal(3, run.LateEvents("join"));
        Assert.Equal([new Reading("a", 1)], run.Read(Two.LateLeft));
        Assert.Equal([new Reading("a", 8), new Reading("a", 9, 3)], run.Read(Two.LateRight));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void LateEventsWithoutAnOutputAreCounted(bool crash, int partitions)
    {
        var job = new TestJob(job => Two.Stamped(
            Two.Lefts(job).Join(Two.Rights(job)).Within(Between(0, 0)).Select("join", Two.Pair)));
        var run = new JobHarness(job, Runs.Options(crash, partitions));
        Assert.Empty(Two.Lines(run, Mark(5), L(4), R(4)));
        Assert.Equal((2, 0), (run.LateEvents("join"), run.Keys("join")));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void EventsAreFreedWhenTheWatermarkReachesTheirEnd(bool crash, int partitions)
    {
        JobHarness run = Job(Between(-2, 3), crash, partitions);
        Two.Lines(run, L(10), L(12), R(10), R(12), L(11));
        Assert.Equal("left: 10,11,12; right: 10,12", Held(run));
        Two.Lines(run, Mark(12));
        Assert.Equal("left: 10,11,12; right: 12", Held(run));
        Two.Lines(run, Mark(13));
        Assert.Equal("left: 11,12; right: 12", Held(run));
        Two.Lines(run, Mark(14));
        Assert.Equal("left: 12; right: ", Held(run));
        Assert.Equal(1, run.Keys("join"));
        Two.Lines(run, Mark(15));
        Assert.Equal((0, null), (run.Keys("join"), run.Inspect("join", "a")));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void AnEventAtTheWatermarkIsHeldUntilItNextRises(bool crash, int partitions)
    {
        JobHarness run = Job(Between(-2, 0), crash, partitions);
        Assert.Equal(["2: a 10/1 10/2 at 10"], Two.Lines(run, Mark(10), L(10), R(10, 2), Mark(11), R(11, 3)));
        Assert.Equal("left: ; right: 10,11", Held(run));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void WithoutABoundEventsAreHeldToTheEnd(bool crash, int partitions)
    {
        JobHarness run = Job(JoinInterval.Between(TimeSpan.Zero, TimeSpan.MaxValue), crash, partitions);
        Assert.Equal(["2: a 5/1 900000/2 at 900000"], Two.Lines(run, L(5), Mark(800_000), R(900_000, 2)));
        run.Seal();
        Assert.Equal(0, run.Keys("join"));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void TheViewShowsTheLastPair(bool crash, int partitions)
    {
        var job = new TestJob(job => Two.Lefts(job).Join(Two.Rights(job)).Within(Between(0, 9))
            .Select("join", Two.Pair).PublishAs(Last));
        var run = new JobHarness(job, Runs.Options(crash, partitions));
        Two.Lines(run, L(1), R(2), R(3, 7), Mark(100));
        Assert.Equal("a 1/1 3/7", run.Find(Last, "a")!.Value);
        Assert.Equal(1, run.Keys("join"));
    }

    [Fact]
    public void AnIntervalThatEndsBeforeItBeginsIsRefused()
    {
        var fault = Assert.Throws<ArgumentException>(() => Between(3, 2));
        Assert.Contains("swap the two", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AStreamWithoutEventTimeCanNotBeJoined()
    {
        var fault = Assert.Throws<JobDefinitionException>(() => new JobHarness(new TestJob(job =>
            Two.Lefts(job).Join(job.From(Two.Right).KeyBy(Two.Right.Key)).Within(Between(0, 0))
                .Select("join", Two.Pair))));
        Assert.Contains("'join' works in event time, but the topic 'right'", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AnEventWithoutTimeFails()
    {
        JobHarness run = Job(Between(0, 0), crash: false, 1);
        var fault = Assert.Throws<OperatorFailedException>(() => run.Send(Two.Left, new Reading("a", long.MinValue)));
        Assert.Contains("no timestamp", fault.Message, StringComparison.Ordinal);
        Assert.Equal("a", fault.Key);
    }

    [Fact]
    public void AViewOfOtherKeysIsAFault()
    {
        var fault = Assert.Throws<JobDefinitionException>(() => new JobHarness(new TestJob(job =>
            Two.Lefts(job).Join(Two.Rights(job)).Within(Between(0, 0)).Select("join", Two.Pair)
                .PublishAs(new View<long, string>("numbers")))));
        Assert.Contains("'numbers' has keys of the type 'System.Int64'", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void PairsAreTheCrossProductOfWhatIsInTimeAndInTheInterval() => Gen
        .Select(Two.Steps.Array[1, 50], Gen.Int[-6, 6], Gen.Int[0, 8], Gen.Bool, Gen.Bool)
        .Select(Gen.OneOf(1, 4), Gen.Bool)
        .Sample(
            (each, partitions, crash) =>
            {
                (Step[] steps, int lower, int width, bool withoutLower, bool withoutUpper) = each;
                JoinInterval interval = Between(lower, lower + width);
                interval = withoutLower ? interval.LowerExclusive() : interval;
                interval = withoutUpper ? interval.UpperExclusive() : interval;
                JobHarness run = Job(interval, crash, partitions, stamped: false);
                var oracle = new IntervalJoinOracle(
                    withoutLower ? lower + 1 : lower, withoutUpper ? lower + width - 1 : lower + width);
                Assert.Equal(oracle.Lines(steps), Two.OrderedLines(run, steps));
                Assert.Equal(oracle.Late, run.LateEvents("join"));
                Two.Play(run, Mark(100));
                Assert.Equal(0, run.Keys("join"));
            },
            iter: 60);

    [Fact]
    public void Restored_AndWhole_AreEqualToTheByte() => Gen.Select(Two.Steps, Gen.Bool).Array[1, 40].Sample(
        steps =>
        {
            JobHarness whole = Job(Between(-4, 6), crash: false, 2, stamped: false);
            JobHarness parts = Job(Between(-4, 6), crash: false, 2, stamped: false);
            foreach ((Step step, bool crash) in steps)
            {
                Two.Play(whole, step);
                Two.Play(parts, step);
                if (crash)
                    parts.CrashAndRestore();
            }

            Assert.Equal(whole.Read(Tables.Texts), parts.Read(Tables.Texts));
            Assert.Equal(whole.Snapshot(), parts.Snapshot());
        },
        iter: 20);

    private static JoinInterval Between(long lower, long upper) => JoinInterval.Between(Ms(lower), Ms(upper));

    // To see the timestamps takes a shuffle, which costs more than the join itself: properties do without.
    private static JobHarness Job(JoinInterval interval, bool crash, int partitions, bool stamped = true) => new(
        new TestJob(job =>
        {
            DataStream<string> pairs = Two.Lefts(job).Join(Two.Rights(job)).Within(interval).Select("join", Two.Pair)
                .LateLeftTo(Two.LateLeft).LateRightTo(Two.LateRight);
            if (stamped)
                Two.Stamped(pairs);
            else
                pairs.To(Tables.Texts);
        }),
        Runs.Options(crash, partitions));

    private static string Held(JobHarness run)
    {
        IReadOnlyList<HeldState> state = run.Inspect("join", "a")!.State;
        return $"left: {Times("left")}; right: {Times("right")}";

        string Times(string side) => string.Join(
            ',', ((Reading[]?)state.FirstOrDefault(each => each.Name == side)?.Value ?? []).Select(each => each.At));
    }
}
