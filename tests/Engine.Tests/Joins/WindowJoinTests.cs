namespace Weir.Engine.Tests.Joins;

using CsCheck;
using Weir.Engine.Streams;
using Weir.Engine.Testing;
using Weir.Engine.Windows;
using static Weir.Engine.Tests.Joins.Step;
using static Weir.Engine.Tests.Reading;

public sealed class WindowJoinTests
{
    private static readonly Topic<Either<Reading, Reading>> Late = Topic.Of<Either<Reading, Reading>>("late");
    private static readonly View<string, string> Last = new("last");

    public static TheoryData<bool, int> All => Runs.All;

    [Theory]
    [MemberData(nameof(All))]
    public void PairsOfAWindowHaveItsLastInstant(bool crash, int partitions)
    {
        JobHarness run = Pairs(Windows.Tumbling(Ms(10)), crash, partitions);
        Assert.Equal(
            [
                "6: a 1/1 7/3 at 9", "6: a 1/1 2/4 at 9", "6: a 9/2 7/3 at 9", "6: a 9/2 2/4 at 9",
                "7: a 11/5 19/6 at 19",
            ],
            Two.Lines(
                run, L(1, 1), R(7, 3), L(9, 2), R(2, 4), L(11, 5), R(19, 6), Mark(9), Mark(19)));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void AWindowWithOneSideOnlyGivesNoPair(bool crash, int partitions)
    {
        JobHarness run = Pairs(Windows.Tumbling(Ms(10)), crash, partitions);
        Assert.Empty(Two.Lines(run, L(1), R(11), R(5, 1, "b"), Mark(30)));
        Assert.Equal(0, run.Keys("join"));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void ALateEventWithinLatenessGivesAllPairsAgain(bool crash, int partitions)
    {
        JobHarness run = Pairs(Windows.Tumbling(Ms(10)).AllowLateness(Ms(5)), crash, partitions);
        Assert.Equal(
            ["2: a 1/1 2/2 at 9", "3: a 1/1 2/2 at 9", "3: a 1/1 3/3 at 9"],
            Two.Lines(run, L(1), R(2, 2), Mark(13), R(3, 3), Mark(14), L(4), R(5)));
        Assert.Equal(
            ["Left(Reading { Key = a, At = 4, Value = 1 })", "Right(Reading { Key = a, At = 5, Value = 1 })"],
            run.Read(Late).Select(each => each.ToString()));
        Assert.Equal(2, run.LateEvents("join"));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void EventsOfBothSidesMakeOneSession(bool crash, int partitions)
    {
        JobHarness run = Pairs(Windows.Session(Ms(5)), crash, partitions);
        Assert.Equal(
            ["4: a 1/1 5/2 at 13", "4: a 9/3 5/2 at 13"],
            Two.Lines(run, L(1), L(9, 3), R(5, 2), R(30), Mark(13), Mark(40)));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void WindowsByTheClockJoinWhatArrivesTogether(bool crash, int partitions)
    {
        JobHarness run = Pairs(Windows.TumblingProcessingTime(Ms(10)), crash, partitions);
        run.AdvanceClock(T(3));
        Assert.Empty(Two.Lines(run, L(1000), R(1, 2)));
        run.AdvanceClock(T(9));
        Assert.Equal(["a 1000/1 1/2 at 9"], run.ReadNew(Tables.Texts));
        run.AdvanceClock(T(10));
        Assert.Empty(Two.Lines(run, R(5, 3)));
        run.AdvanceClock(T(19));
        Assert.Empty(run.ReadNew(Tables.Texts));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void ATriggerAndAnEvictorSeeBothSides(bool crash, int partitions)
    {
        var job = new TestJob(job => Two.Stamped(Two.Lefts(job).Join(Two.Rights(job))
            .Window(Windows.Tumbling(Ms(10))).Trigger(Triggers.Count(3))
            .Evict(Evictors.Count<Either<Reading, Reading>>(2))
            .Select("join", Two.Pair)));
        var run = new JobHarness(job, Runs.Options(crash, partitions));
        Assert.Equal(["2: a 2/2 3/3 at 9"], Two.Lines(run, L(1), L(2, 2), R(3, 3), R(4), Mark(9)));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void TheViewShowsTheLastPairOfTheNewestWindow(bool crash, int partitions)
    {
        var job = new TestJob(job => Two.Lefts(job).Join(Two.Rights(job)).Window(Windows.Tumbling(Ms(10)))
            .Select("join", Two.Pair).PublishAs(Last));
        var run = new JobHarness(job, Runs.Options(crash, partitions));
        Two.Lines(run, L(1), R(2), R(3, 7), Mark(9));
        Assert.Equal("a 1/1 3/7", run.Find(Last, "a")!.Value);
        Assert.Equal(Range(0, 10), run.Find(Last, "a")!.Window);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void ACoGroupGetsAlsoWindowsWithOneSideOnly(bool crash, int partitions)
    {
        var job = new TestJob(job => Two.Stamped(Two.Lefts(job).CoGroup(Two.Rights(job))
            .Window(Windows.Tumbling(Ms(10)).AllowLateness(Ms(20)))
            .Apply<string>("groups", (both, window) => window.Emit(
                $"{window.Key} [{string.Join(',', both.Left.Select(each => each.Value))}] "
                + $"[{string.Join(',', both.Right.Select(each => each.Value))}] to {window.Window.End.Milliseconds}"))
            .LateTo(Late)));
        var run = new JobHarness(job, Runs.Options(crash, partitions));
        Assert.Equal(
            [
                "5: a [2,1] [3] to 10 at 9", "6: a [4] [] to 20 at 19", "7: a [2,1] [3,6] to 10 at 9",
                "8: a [] [5] to 30 at 29",
            ],
            Two.Lines(run, L(5, 2), L(1, 1), R(3, 3), L(10, 4), R(20, 5), Mark(9), Mark(19), R(4, 6), Mark(29), L(1)));
        Assert.Equal(1, run.LateEvents("groups"));
    }

    [Fact]
    public void PairsAreTheCrossProductOfEachWindow() => Gen
        .Select(Two.Steps.Array[1, 40], Gen.Int[1, 12], Gen.Int[1, 12], Gen.OneOf(1, 4), Gen.Bool)
        .Sample(
            (steps, size, slide, partitions, crash) =>
            {
                Reading[][] sides = [.. new[] { true, false }.Select(left => steps
                    .Where(step => step.Event is not null && step.Left == left)
                    .Select(step => step.Event!)
                    .ToArray())];
                JobHarness run = Pairs(Windows.Sliding(Ms(size), Ms(slide)), crash, partitions, stamped: false);
                foreach (Step step in steps.Where(step => step.Event is not null))
                    Two.Play(run, step);
                run.Seal();
                IEnumerable<string> expected =
                    from left in sides[0]
                    from right in sides[1]
                    where left.Key == right.Key
                    from start in Enumerable.Range(-12, 60).Where(start => start % slide == 0)
                    where start <= Math.Min(left.At, right.At) && Math.Max(left.At, right.At) < start + size
                    select Two.Pair(left, right);
                Assert.Equal(
                    expected.Order(StringComparer.Ordinal), run.Read(Tables.Texts).Order(StringComparer.Ordinal));
                Assert.Equal(0, run.Keys("join"));
            },
            iter: 60);

    private static JobHarness Pairs(WindowSpec windows, bool crash, int partitions, bool stamped = true) => new(
        new TestJob(job =>
        {
            DataStream<string> pairs =
                Two.Lefts(job).Join(Two.Rights(job)).Window(windows).Select("join", Two.Pair).LateTo(Late);
            if (stamped)
                Two.Stamped(pairs);
            else
                pairs.To(Tables.Texts);
        }),
        Runs.Options(crash, partitions));
}
