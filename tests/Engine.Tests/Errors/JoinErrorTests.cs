namespace Weir.Engine.Tests.Errors;

using CsCheck;
using Weir.Engine.Errors;
using Weir.Engine.Graph;
using Weir.Engine.Joins;
using Weir.Engine.Operators;
using Weir.Engine.Streams;
using Weir.Engine.Testing;
using Weir.Engine.Tests.Joins;
using static Weir.Engine.Tests.Joins.Step;
using static Weir.Engine.Tests.Reading;

/// <summary>
/// Joins that fail on negative values: on those of left events when a result is made, on those of right ones then too,
/// or in a temporal join when they come. A step behind the join fails on the results that hold "13 6".
/// </summary>
public sealed class JoinErrorTests
{
    private static readonly Topic<DeadLetter<Either<Reading, Reading>>> Dead =
        Topic.Of<DeadLetter<Either<Reading, Reading>>>("dead-of-join");

    private static readonly View<string, string> Last = new("last");

    public static TheoryData<bool> Crashes => Runs.Crashes;

    [Theory]
    [InlineData(false, " at offset 1 of left/0")]
    [InlineData(true, "")]
    public void WithoutAPolicy_TheJobFails_AndTheMessageSaysWhere(bool temporal, string place)
    {
        JobHarness run = Job(temporal, Errors.Fail, new Cause());
        var fault = Assert.Throws<OperatorFailedException>(() => Two.Lines(run, R(4), L(3), L(5, -1), Mark(6)));
        Assert.Equal(
            $"The operator 'join' failed for the key 'a' on the event of 1970-01-01T00:00:00.005Z{place}: "
            + "InvalidOperationException: -1 is poison",
            fault.Message);
    }

    [Theory]
    [MemberData(nameof(Crashes))]
    public void AnEventThatFailsInAnIntervalJoin_IsADeadLetter_AndMeetsNobody(bool crash)
    {
        JobHarness run = Job(temporal: false, Errors.DeadLetterTo(Dead), new Cause(), crash);
        Assert.Equal(
            ["2: a 4/2 4/7", "4: a 4/2 6/9"],
            Two.Lines(run, R(4, 7), L(5, -1), L(4, 2), R(5, -3), R(6, 9), L(5, 13)));
        Assert.Equal("a 4/2 6/9", run.Find(Last, "a")!.Value);
        Assert.Equal(["0: a 6/3 4/7", "0: a 6/3 6/9"], Two.Lines(run, L(6, 3)));
        Assert.Equal(
            [
                Letter(Either<Reading, Reading>.Left(new Reading("a", 5, -1)), "-1 is poison", "left", 0),
                Letter(Either<Reading, Reading>.Right(new Reading("a", 5, -3)), "-3 is poison", "right", 1),
                Letter(Either<Reading, Reading>.Left(new Reading("a", 5, 13)), "13 is poison", "left", 2),
            ],
            run.Read(Dead));
        Assert.Equal(3, run.DeadLetters("join"));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void ALateEventThatFails_IsADeadLetter_AndLeavesNothing(bool crash, bool temporal)
    {
        JobHarness run = Job(temporal, Errors.DeadLetterTo(Dead), new Cause(), crash);
        Two.Lines(run, Mark(10), L(1, -1, "z"), L(2, 1, "z"));
        Assert.Equal(("z", 0L), (Assert.Single(run.Read(Dead)).Key, run.Read(Dead)[0].Offset));
        Assert.Equal((1L, 0), (run.LateEvents("join"), run.Keys("join")));
    }

    [Theory]
    [MemberData(nameof(Crashes))]
    public void AResultThatFailsInATemporalJoin_MakesItsLeftEventADeadLetter(bool crash)
    {
        JobHarness run = Job(temporal: true, Errors.DeadLetterTo(Dead), new Cause(), crash);
        Assert.Equal(
            ["7: a 3/1 none", "7: a 5/2 4/7", "7: a 8/4 6/9"],
            Two.Lines(run, L(3), R(4, 7), L(5, -1), L(5, 2), R(6, 9), L(7, 13), L(8, 4), Mark(20)));
        Assert.Equal("a 8/4 6/9", run.Find(Last, "a")!.Value);
        Assert.Equal(
            [
                Letter(Either<Reading, Reading>.Left(new Reading("a", 5, -1)), "-1 is poison"),
                Letter(Either<Reading, Reading>.Left(new Reading("a", 7, 13)), "13 is poison"),
            ],
            run.Read(Dead));
        Assert.Equal("versions", Assert.Single(run.Inspect("join", "a")!.State).Name);
    }

    [Theory]
    [MemberData(nameof(Crashes))]
    public void AVersionThatCanNotBeToldFromADeletion_FailsWhenItComes(bool crash)
    {
        JobHarness run = Job(temporal: true, Errors.DeadLetterTo(Dead), new Cause(), crash);
        Assert.Equal(
            ["4: a 5/2 1/7", "7: a 21/3 1/7"],
            Two.Lines(run, R(1, 7), R(4, -2), L(5, 2), R(3, -3, "b"), Mark(20), R(2, -4), L(21, 3), Mark(30)));
        Assert.Equal([1L, 2, 3], run.Read(Dead).Select(letter => letter.Offset));
        Assert.All(run.Read(Dead), letter => Assert.Equal("right", letter.Topic));
        Assert.Equal((0L, 1), (run.LateEvents("join"), run.Keys("join")));
    }

    [Theory]
    [MemberData(nameof(Crashes))]
    public void AKeyOfATemporalJoin_IsHeldWithTheEventThatWaited(bool crash)
    {
        JobHarness run = Job(temporal: true, Errors.QuarantineKey.DeadLetterTo(Dead), new Cause(), crash);
        Assert.Equal(
            ["5: b 5/1 none", "8: b 9/1 none"],
            Two.Lines(run, L(5, -1), L(6), R(7, 3), L(8, 2), L(5, 1, "b"), Mark(6), L(9, 4), L(9, 1, "b"), Mark(20)));
        Two.Lines(run, L(15, 5));
        QuarantinedKey held = Assert.Single(run.Quarantined("join"));
        Assert.Equal(("a", 3, T(6)), ((string)held.Key, held.Events, held.Watermark));
        Assert.Equal(
            "The operator 'join' failed for the key 'a' on the event of 1970-01-01T00:00:00.005Z: "
            + "InvalidOperationException: -1 is poison",
            held.Error);
        Assert.Equal(held, run.Inspect("join", "a")!.Quarantine);

        run.Release("join", "a");
        Assert.Equal(held, Assert.Single(run.Quarantined("join")));
        run.Discard("join", "a");
        Assert.Equal(["a 6/1 none", "a 8/2 7/3"], run.ReadNew(Tables.Texts));
        Assert.Equal(
            [
                (-1, T(5), held.Error),
                (4, T(9), $"Discarded behind another: {held.Error}"),
                (5, T(15), $"Discarded behind another: {held.Error}"),
            ],
            run.Read(Dead).Select(letter => (letter.Event.Match(each => each.Value, _ => 0), letter.Time, letter.Error)));
        Assert.Equal((3L, 0), (run.DeadLetters("join"), run.Quarantined("join").Count));
    }

    [Theory]
    [MemberData(nameof(Crashes))]
    public void TheEventThatWaited_CountsAmongThoseHeld(bool crash)
    {
        JobHarness run = Job(temporal: true, Errors.QuarantineKey.AtMost(2), new Cause(), crash);
        Two.Lines(run, L(5, -1), Mark(6), L(9));
        var fault = Assert.Throws<OperatorFailedException>(() => Two.Lines(run, L(10)));
        Assert.IsType<QuarantineFullException>(fault.InnerException);
    }

    [Theory]
    [MemberData(nameof(Crashes))]
    public void AReleasedKeyOfAnIntervalJoin_MeetsWhatWouldBeFreedByNow(bool crash)
    {
        var cause = new Cause();
        JobHarness run = Job(temporal: false, Errors.QuarantineKey, cause, crash);
        Assert.Equal(
            ["3: b 4/1 4/1"],
            Two.Lines(run, R(4, 7), L(5, -1), R(4, 1, "b"), L(4, 1, "b"), Mark(5), L(6, 2), Mark(50), L(7, 3)));
        Assert.Equal(3, Assert.Single(run.Quarantined("join")).Events);
        cause.IsThere = false;
        run.Release("join", "a");
        Assert.Equal(["a 5/-1 4/7", "a 6/2 4/7"], run.ReadNew(Tables.Texts));
        Assert.Equal(new Reading("a", 7, 3), Assert.Single(run.Read(Two.LateLeft)));
        Assert.Empty(run.Inspect("join", "a")!.State);
    }

    // Whichever values are poison, and wherever the watermarks stand when the cause is gone, releasing every key gives
    // each key the results, late events and state of a job that never failed.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AfterRelease_ResultsAreThoseOfAJobThatNeverFailed(bool temporal) => Gen
        .Select(Two.Steps.Select(Poisoned).Array[1, 40], Two.Steps.Array[0, 10], Gen.Bool)
        .Sample(
            (before, after, crash) =>
            {
                var cause = new Cause();
                JobHarness run = Job(temporal, Errors.QuarantineKey, cause, crash);
                JobHarness clean = Job(temporal, Errors.Fail, new Cause { IsThere = false }, crash);
                Two.Lines(run, before);
                Two.Lines(clean, before);
                run.Release("join", "a");
                cause.IsThere = false;
                foreach (QuarantinedKey held in run.Quarantined("join"))
                    run.Release("join", (string)held.Key);
                Assert.Empty(run.Quarantined("join"));
                AreAlike(clean, run);
                Two.Lines(run, [.. after, Mark(100)]);
                Two.Lines(clean, [.. after, Mark(100)]);
                AreAlike(clean, run);
            },
            iter: 60);

    [Fact]
    public void ThePolicy_IsStatedOnce()
    {
        var twice = new TestJob(job => Two.Lefts(job).JoinAsOf(Two.Rights(job)).Select("join", Two.Pair)
            .OnError(Errors.DeadLetterTo(Dead)).OnError(Errors.QuarantineKey).To(Tables.Texts));
        var fault = Assert.Throws<JobDefinitionException>(() => new JobHarness(twice));
        Assert.Contains("states OnError more than once", Assert.Single(fault.Faults), StringComparison.Ordinal);
    }

    private static Step Poisoned(Step step) => step.Event is { } each
        ? step with { Event = each with { Value = each.Value - 2 } }
        : step;

    private static void AreAlike(JobHarness clean, JobHarness run)
    {
        foreach (string key in new[] { "a", "b", "c" })
        {
            Assert.Equal(Of(clean, key), Of(run, key));
            Assert.Equal(Held(clean, key), Held(run, key));
            Assert.Equal(clean.Find(Last, key)?.Value, run.Find(Last, key)?.Value);
        }

        Assert.Equal(clean.LateEvents("join"), run.LateEvents("join"));
        Assert.Equal(clean.Keys("join"), run.Keys("join"));
    }

    private static IEnumerable<string> Of(JobHarness run, string key) =>
    [
        .. run.Read(Tables.Texts).Where(text => text.StartsWith(key, StringComparison.Ordinal)),
        .. run.Read(Two.LateLeft).Where(each => each.Key == key).Select(each => $"{each}"),
    ];

    private static string Held(JobHarness run, string key) => string.Join("; ", run.Inspect("join", key)?.State
        .Select(each => $"{each.Name} {string.Join(',', ((Array)each.Value!).Cast<object>())}") ?? []);

    private static DeadLetter<Either<Reading, Reading>> Letter(
        Either<Reading, Reading> value, string error, string topic = "", long offset = -1) => new(
        value,
        $"InvalidOperationException: {error}",
        "join",
        "a",
        topic,
        topic.Length == 0 ? -1 : 0,
        offset,
        T(value.Match(each => each.At, each => each.At)));

    private static JobHarness Job(
        bool temporal, ErrorPolicy<Either<Reading, Reading>> policy, Cause cause, bool crash = false) => new(
        new TestJob(job =>
        {
            JoinedStream<Reading, Reading, string> results = temporal
                ? Two.Lefts(job.KeyGroups(2)).JoinAsOf(Two.Rights(job)).EndedBy(version => IsEnd(version, cause))
                    .SelectOrDefault("join", (left, version) => Pair(left, version, cause))
                : Two.Lefts(job.KeyGroups(2)).Join(Two.Rights(job)).Within(JoinInterval.Between(-Ms(2), Ms(2)))
                    .Select("join", (left, right) => Pair(left, right, cause));
            results.OnError(policy).PublishAs(Last);
            results.LateLeft.Where(each => IsFine(each, cause)).To(Two.LateLeft);
            results.Where(text => IsFine(text, cause)).To(Tables.Texts);
        }),
        Runs.Options(crash));

    private static bool IsEnd(Reading version, Cause cause)
    {
        cause.Check(version.Value);
        return version.Value == 0;
    }

    private static string Pair(Reading left, Reading? right, Cause cause)
    {
        cause.Check(left.Value);
        cause.Check(right?.Value ?? 0);
        return Two.Pair(left, right);
    }

    private static bool IsFine(Reading late, Cause cause)
    {
        cause.Check(late.Value);
        return true;
    }

    private static bool IsFine(string text, Cause cause) =>
        !cause.IsThere || !text.Contains("13 6", StringComparison.Ordinal)
            ? true
            : throw new InvalidOperationException("13 is poison");
}
