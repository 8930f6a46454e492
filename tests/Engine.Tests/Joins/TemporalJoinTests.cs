namespace Weir.Engine.Tests.Joins;

using CsCheck;
using Weir.Engine.Graph;
using Weir.Engine.Operators;
using Weir.Engine.Streams;
using Weir.Engine.Testing;
using static Weir.Engine.Tests.Joins.Step;
using static Weir.Engine.Tests.Reading;

public sealed class TemporalJoinTests
{
    private static readonly View<string, string> Last = new("last");

    public static TheoryData<bool, int> All => Runs.All;

    [Theory]
    [MemberData(nameof(All))]
    public void AnEventMeetsTheNewestVersionThatIsNotLater(bool crash, int partitions)
    {
        JobHarness run = Job(crash, partitions);
        Assert.Equal(
            ["6: a 5/1 none at 5", "6: a 10/2 10/7 at 10", "6: a 15/1 10/7 at 15", "7: a 25/1 20/8 at 25"],
            Two.Lines(run, L(25), L(15), R(20, 8), R(10, 7), L(10, 2), L(5), Mark(15), Mark(25)));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void AnEventWithoutAVersionIsDroppedUnlessKept(bool crash, int partitions)
    {
        JobHarness run = Job(crash, partitions, outer: false);
        Assert.Equal(["5: a 15/1 10/7 at 15"], Two.Lines(run, L(5), L(15), R(10, 7), L(9), L(15, 1, "b"), Mark(100)));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void AnEventWaitsForTheWatermarksOfBothSides(bool crash, int partitions)
    {
        JobHarness run = Job(crash, partitions);
        Assert.Equal(
            ["4: a 10/1 10/7 at 10"], Two.Lines(run, L(10), MarkLeft(50), MarkRight(9), R(10, 7), MarkRight(10)));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void OfTwoVersionsOfOneTimeTheLastOneCounts(bool crash, int partitions)
    {
        JobHarness run = Job(crash, partitions);
        Assert.Equal(["4: a 10/1 10/8 at 10"], Two.Lines(run, R(10, 7), R(10, 8), L(10), R(12), Mark(10)));
        Assert.Equal("versions: 10/8,12/1", Held(run));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ResultsAreInOrderOfTimeAndThenOfArrivalOverAllKeys(bool crash)
    {
        JobHarness run = Job(crash, 1, groups: 1);
        Two.Lines(run, L(7, 1, "b"), L(5, 2), L(5, 3, "b"), L(7, 4), L(5, 5), L(6, 6, "c"), Mark(10));
        Assert.Equal(
            ["a 5/2", "b 5/3", "a 5/5", "c 6/6", "b 7/1", "a 7/4"],
            run.Read(Tables.Texts).Select(line => line[..5]));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void VersionsAreFreedWhenANewerOneIsReached(bool crash, int partitions)
    {
        JobHarness run = Job(crash, partitions);
        Two.Lines(run, R(10), R(20), R(30), L(25));
        Assert.Equal("waiting: 25/1; versions: 10/1,20/1,30/1", Held(run));
        Two.Lines(run, Mark(19));
        Assert.Equal("waiting: 25/1; versions: 10/1,20/1,30/1", Held(run));
        Two.Lines(run, Mark(20));
        Assert.Equal("waiting: 25/1; versions: 20/1,30/1", Held(run));
        Two.Lines(run, Mark(100));
        Assert.Equal("versions: 30/1", Held(run));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void ALateEventIsNotJoined(bool crash, int partitions)
    {
        JobHarness run = Job(crash, partitions);
        Assert.Equal(
            ["5: a 21/1 10/7 at 21"], Two.Lines(run, R(10, 7), Mark(20), L(20), L(15), L(21), Mark(21)));
        Assert.Equal([new Reading("a", 20), new Reading("a", 15)], run.Read(Two.LateLeft));
        Assert.Equal(2, run.LateEvents("join"));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void ALateVersionCountsForEventsToComeUnlessANewerOneIsHeld(bool crash, int partitions)
    {
        JobHarness run = Job(crash, partitions);
        Assert.Equal(
            ["2: a 15/1 10/7 at 15", "7: a 25/1 12/8 at 25"],
            Two.Lines(run, R(10, 7), L(15), Mark(20), R(12, 8), R(11, 9), L(25), R(26, 6), Mark(26)));
        Assert.Equal([new Reading("a", 12, 8), new Reading("a", 11, 9)], run.Read(Two.LateRight));
        Assert.Equal((2, "versions: 26/6"), (run.LateEvents("join"), Held(run)));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void ADeletionEndsWhatWasValid(bool crash, int partitions)
    {
        JobHarness run = Job(crash, partitions);
        Two.Lines(run, R(10, 7), R(20, 0), R(30, 8), L(15), L(20), L(29), L(30));
        Assert.Equal(
            ["0: a 15/1 10/7 at 15", "0: a 20/1 none at 20", "1: a 29/1 none at 29", "1: a 30/1 30/8 at 30"],
            Two.Lines(run, Mark(20), Mark(30)));
        Assert.Empty(Two.Lines(run, R(40, 0), Mark(39)));
        Assert.Equal("versions: 30/8,40/0", Held(run));
        Assert.Empty(Two.Lines(run, Mark(40)));
        Assert.Equal((0, null), (run.Keys("join"), run.Inspect("join", "a")));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void ALateVersionCountsAgainWhenItsDeletionIsForgotten(bool crash, int partitions)
    {
        JobHarness run = Job(crash, partitions);
        Assert.Equal(
            ["4: a 30/1 15/7 at 30"], Two.Lines(run, R(20, 0), Mark(25), R(15, 7), L(30), Mark(30)));
        Assert.Equal(1, run.LateEvents("join"));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void AKeyWithoutVersionsIsForgottenWhenItsEventsAreGiven(bool crash, int partitions)
    {
        JobHarness run = Job(crash, partitions);
        Two.Lines(run, L(5), L(6, 1, "b"), Mark(5));
        Assert.Equal(1, run.Keys("join"));
        Two.Lines(run, Mark(6));
        Assert.Equal(0, run.Keys("join"));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void TheViewShowsTheLastResult(bool crash, int partitions)
    {
        var job = new TestJob(job => Two.Lefts(job).JoinAsOf(Two.Rights(job)).Select("join", Two.Pair).PublishAs(Last));
        var run = new JobHarness(job, Runs.Options(crash, partitions));
        Two.Lines(run, R(1), L(3), L(2), Mark(2));
        Assert.Equal("a 2/1 1/1", run.Find(Last, "a")!.Value);
        Two.Lines(run, Mark(3));
        Assert.Equal("a 3/1 1/1", run.Find(Last, "a")!.Value);
    }

    [Fact]
    public void AFailureNamesOperatorKeyAndTime()
    {
        var run = new JobHarness(new TestJob(job => Two.Stamped(Two.Lefts(job).JoinAsOf(Two.Rights(job))
            .SelectOrDefault("join", (_, version) => version?.Key ?? throw new InvalidOperationException("no")))));
        Two.Lines(run, L(7), R(9, 0, "b"));
        var fault = Assert.Throws<OperatorFailedException>(() => run.AdvanceWatermark(T(8)));
        Assert.Equal(("join", "a", T(7)), (fault.OperatorName, fault.Key, fault.Time));

        run = new JobHarness(new TestJob(job => Two.Stamped(Two.Lefts(job).JoinAsOf(Two.Rights(job))
            .EndedBy(version => version.Value == 0 ? throw new InvalidOperationException("no") : false)
            .Select("join", Two.Pair))));
        fault = Assert.Throws<OperatorFailedException>(() => Two.Lines(run, R(9, 0, "b")));
        Assert.Equal(("join", "b", T(9)), (fault.OperatorName, fault.Key, fault.Time));
    }

    [Fact]
    public void ResultsAreThoseOfTheWholeHistory() => Gen
        .Select(Two.Steps.Array[1, 50], Gen.OneOf(1, 4), Gen.Bool)
        .Sample(
            (steps, partitions, crash) =>
            {
                // A late version behind a deletion is the one case where the history is not all that counts.
                Step[] table = [.. steps.Select(WithoutDeletion), Mark(100)];
                JobHarness run = Job(crash, partitions, stamped: false);
                var oracle = new TemporalJoinOracle(table);
                string[] lines = Two.Lines(run, table);
                foreach (string key in new[] { "a", "b", "c" })
                    Assert.Equal(oracle.Lines(key), lines.Where(line => line.Contains($": {key} ")));
                Assert.Equal(oracle.Late.Count(), run.LateEvents("join"));
                int held = table.Where(step => step.Event is not null && step.Right)
                    .Select(step => step.Event!.Key).Distinct().Count();
                Assert.Equal(held, run.Keys("join"));
            },
            iter: 80);

    [Fact]
    public void DeletionsAreVersionsOfTheHistory() => Gen
        .Select(Two.Steps.Array[1, 50], Gen.OneOf(1, 4), Gen.Bool)
        .Sample(
            (steps, partitions, crash) =>
            {
                int[] late = [.. new TemporalJoinOracle(steps).Late];
                Step[] table = [.. steps.Where((_, index) => !late.Contains(index)), Mark(100)];
                JobHarness run = Job(crash, partitions, stamped: false);
                string[] lines = Two.Lines(run, table);
                var oracle = new TemporalJoinOracle(table);
                foreach (string key in new[] { "a", "b", "c" })
                    Assert.Equal(oracle.Lines(key), lines.Where(line => line.Contains($": {key} ")));
            },
            iter: 80);

    [Fact]
    public void Restored_AndWhole_AreEqualToTheByte() => Gen.Select(Two.Steps, Gen.Bool).Array[1, 40].Sample(
        steps =>
        {
            JobHarness whole = Job(crash: false, 2, stamped: false, groups: 3);
            JobHarness parts = Job(crash: false, 2, stamped: false, groups: 3);
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
        iter: 40);

    private static Step WithoutDeletion(Step step) =>
        step.Event is { Value: 0 } reading ? step with { Event = reading with { Value = 1 } } : step;

    private static JobHarness Job(
        bool crash, int partitions, bool outer = true, bool stamped = true, int groups = KeyGroups.Default) => new(
        new TestJob(job =>
        {
            var join = Two.Lefts(job.KeyGroups(groups)).JoinAsOf(Two.Rights(job))
                .EndedBy(version => version.Value == 0);
            var results = (outer ? join.SelectOrDefault("join", Two.Pair) : join.Select("join", Two.Pair))
                .LateLeftTo(Two.LateLeft).LateRightTo(Two.LateRight);
            if (stamped)
                Two.Stamped(results);
            else
                results.To(Tables.Texts);
        }),
        Runs.Options(crash, partitions));

    private static string Held(JobHarness run) => string.Join("; ", run.Inspect("join", "a")!.State
        .Select(each => $"{each.Name}: {string.Join(',', ((Reading[])each.Value!).Select(Two.Show))}"));
}
