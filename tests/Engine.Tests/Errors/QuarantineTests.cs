namespace Weir.Engine.Tests.Errors;

using CsCheck;
using Weir.Engine.Codecs;
using Weir.Engine.Errors;
using Weir.Engine.Graph;
using Weir.Engine.Operators;
using Weir.Engine.State;
using Weir.Engine.Streams;
using Weir.Engine.Testing;
using Weir.Engine.Windows;
using static Weir.Engine.Tests.Reading;

public sealed class QuarantineTests
{
    private static readonly View<string, string> Last = new("last");

    public static TheoryData<bool> Crashes => Runs.Crashes;

    [Theory]
    [MemberData(nameof(Crashes))]
    public void OnlyTheKeyStops_AndItsEventsAndTimersWait(bool crash)
    {
        var run = new JobHarness(Gathering(new Cause()), Runs.Options(crash));
        run.Send(Input, new Reading("a", 1), new Reading("b", 1), new Reading("a", 2, -1), new Reading("a", 3));
        run.AdvanceWatermark(T(15));
        run.Send(Input, new Reading("a", 4), new Reading("b", 16));
        run.AdvanceWatermark(T(600));
        Assert.Equal(
            ["a 1", "b 1", "b 2", "b alone at 501: 1,1 1", "b alone at 516: 1,1 1", "b tell at 11: 1 1", "b tell at 26: 1,1 1"],
            run.Read(Tables.Texts).Order(StringComparer.Ordinal));
        Assert.Equal("a 1", run.Find(Last, "a")!.Value);

        QuarantinedKey held = Assert.Single(run.Quarantined("gathers"));
        Assert.Equal(("a", 3), ((string)held.Key, held.Events));
        Assert.Contains("at offset 2 of readings/0", held.Error, StringComparison.Ordinal);
        Assert.Equal(held, run.Inspect("gathers", "a")!.Quarantine);
        Assert.Null(run.Inspect("gathers", "b")!.Quarantine);
        Assert.Equal([T(8), T(11), T(501), T(1000)], run.Inspect("gathers", "a")!.Timers.Select(timer => timer.Time));
        Assert.Equal(0, run.DeadLetters("gathers"));
    }

    [Theory]
    [MemberData(nameof(Crashes))]
    public void AReleasedKey_GoesOnAsIfNothingHadHappened(bool crash)
    {
        var cause = new Cause();
        var run = new JobHarness(Gathering(cause), Runs.Options(crash));
        var clean = new JobHarness(Gathering(new Cause { IsThere = false }), Runs.Options(crash));
        Row[] table =
        [
            new Reading("a", 1), new Reading("a", 2, -1), Row.Mark(11), Row.Mark(20), new Reading("a", 21, 5),
            new Reading("a", 22, -3), Row.Tick(40), Row.Mark(800),
        ];
        foreach (Row row in table)
        {
            Tables.Play(run, in row);
            Tables.Play(clean, in row);
        }

        cause.IsThere = false;
        run.Release("gathers", "a");
        Assert.Equal(clean.Read(Tables.Texts), run.Read(Tables.Texts));
        Assert.Equal(clean.Read(Letters.Sides), run.Read(Letters.Sides));
        Assert.Empty(run.Quarantined("gathers"));
        run.Send(Input, new Reading("a", 900));
        clean.Send(Input, new Reading("a", 900));
        run.AdvanceWatermark(T(5000));
        clean.AdvanceWatermark(T(5000));
        Assert.Equal(clean.Read(Tables.Texts), run.Read(Tables.Texts));
        Assert.Equal(clean.Read(Letters.Sides), run.Read(Letters.Sides));
    }

    [Theory]
    [MemberData(nameof(Crashes))]
    public void AnEventThatFailsAgain_KeepsTheRestBehindIt(bool crash)
    {
        var run = new JobHarness(Gathering(new Cause()), Runs.Options(crash));
        run.Send(Input, new Reading("a", 1, -1), new Reading("a", 2, 2), new Reading("a", 3, -3), new Reading("a", 4, 4));
        run.Release("gathers", "a");
        Assert.Equal(4, Assert.Single(run.Quarantined("gathers")).Events);
        Assert.Empty(run.Read(Tables.Texts));
        Assert.Null(run.Find(Last, "a"));

        var healed = new Cause();
        var second = new JobHarness(Gathering(healed), Runs.Options(crash));
        second.Send(Input, new Reading("a", 1, -1), new Reading("a", 2, 2));
        healed.IsThere = false;
        second.Release("gathers", "a");
        healed.IsThere = true;
        second.Send(Input, new Reading("a", 3, -3), new Reading("a", 4, 4));
        second.Release("gathers", "a");
        QuarantinedKey held = Assert.Single(second.Quarantined("gathers"));
        Assert.Equal(2, held.Events);
        Assert.Contains("-3 is poison", held.Error, StringComparison.Ordinal);
        Assert.Equal(["a -1", "a 1"], second.Read(Tables.Texts));
    }

    [Theory]
    [MemberData(nameof(Crashes))]
    public void OneOfSeveralThatFailsAgain_LetsThoseBeforeItPass(bool crash)
    {
        var run = new JobHarness(
            new TestJob(job => From(job).KeyBy(Input.Key).Window(Windows.Tumbling(Ms(10)))
                .Aggregate("sums", new HalfSum(new Cause())).OnError(Errors.QuarantineKey).To(Tables.Results)),
            Runs.Options(crash));
        run.Send(Input, new Reading("a", 1, -1), new Reading("a", 2, 2));
        run.Discard("sums", "a");
        run.Send(Input, new Reading("a", 3, 3), new Reading("a", 4, -4), new Reading("a", 5, 5));
        run.Release("sums", "a");
        Assert.Equal(2, Assert.Single(run.Quarantined("sums")).Events);
        run.AdvanceWatermark(T(20));
        Assert.Empty(run.Read(Tables.Results));
        run.Discard("sums", "a");
        Assert.Equal(3, Assert.Single(run.Read(Tables.Results)).Value);
        Assert.Equal((4L, 0), (run.DeadLetters("sums"), run.Keys("sums")));
    }

    [Theory]
    [MemberData(nameof(Crashes))]
    public void DiscardedEvents_AreCounted_AndGoToTheTopicIfThereIsOne(bool crash)
    {
        var run = new JobHarness(
            Gathering(new Cause(), Errors.QuarantineKey.DeadLetterTo(Letters.Dead)), Runs.Options(crash));
        run.Send(Input, new Reading("a", 1), new Reading("a", 2, -1), new Reading("a", 3, 3));
        Assert.Empty(run.Read(Letters.Dead));
        run.AdvanceWatermark(T(100));
        run.Discard("gathers", "a");
        Assert.Equal([-1, 3], run.Read(Letters.Dead).Select(letter => letter.Event!.Value));
        Assert.StartsWith("Discarded behind another: ", run.Read(Letters.Dead)[1].Error, StringComparison.Ordinal);
        Assert.Equal(["a 1", "a tell at 11: 1 1"], run.Read(Tables.Texts));
        Assert.Equal(2, run.DeadLetters("gathers"));
        run.Send(Input, new Reading("a", 101, 4));
        Assert.Equal("a 5", run.Read(Tables.Texts)[^1]);
    }

    [Theory]
    [MemberData(nameof(Crashes))]
    public void MoreEventsThanMayBeHeld_FailTheJob(bool crash)
    {
        var run = new JobHarness(Gathering(new Cause(), Errors.QuarantineKey.AtMost(2)), Runs.Options(crash));
        run.Send(Input, new Reading("a", 1, -1), new Reading("a", 2), new Reading("b", 3), new Reading("b", 4));
        var fault = Assert.Throws<OperatorFailedException>(() => run.Send(Input, new Reading("a", 5)));
        Assert.IsType<QuarantineFullException>(fault.InnerException);
        Assert.Contains("at offset 4 of readings/0", fault.Message, StringComparison.Ordinal);
        Assert.Contains("-1 is poison", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Crashes))]
    public void ATimerThatFails_WaitsWithItsKey(bool crash)
    {
        var cause = new Cause();
        var run = new JobHarness(Later(cause), Runs.Options(crash));
        run.Send(Input, new Reading("a", 1), new Reading("c", 1));
        run.AdvanceWatermark(T(11));
        run.Send(Input, new Reading("a", 12, 0));
        run.AdvanceWatermark(T(40));
        Assert.Equal([0, 1], run.Quarantined("later").Select(held => held.Events).Order());
        Assert.Equal(["a 1", "c 1"], run.Read(Tables.Texts));
        Assert.Equal(T(11), Assert.Single(run.Inspect("later", "a")!.Timers).Time);

        run.Release("later", "a");
        Assert.Equal(2, run.Quarantined("later").Count);
        run.Discard("later", "c");
        Assert.Null(run.Inspect("later", "c")!.Quarantine);
        Assert.Empty(run.Inspect("later", "c")!.Timers);
        cause.IsThere = false;
        run.Release("later", "a");
        Assert.Equal(
            ["a 1", "c 1", "a fired 11", "a 102", "a fired 12", "a fired 13"],
            run.Read(Tables.Texts).Take(6));
        Assert.Empty(run.Quarantined("later"));
    }

    [Theory]
    [MemberData(nameof(Crashes))]
    public void WhatWasInTime_IsNotLateWhenReleased(bool crash)
    {
        var cause = new Cause();
        var run = new JobHarness(
            new TestJob(job => From(job).KeyBy(Input.Key).Window(Windows.Tumbling(Ms(10)))
                .Aggregate("sums", new HalfSum(cause)).LateTo(Tables.Late)
                .OnError(Errors.QuarantineKey).To(Tables.Results)),
            Runs.Options(crash));
        run.Send(Input, new Reading("a", 1, -1), new Reading("a", 12, 2));
        run.AdvanceWatermark(T(11));
        run.Send(Input, new Reading("a", 2, 3), new Reading("a", 13, 4));
        run.AdvanceWatermark(T(100));
        cause.IsThere = false;
        run.Release("sums", "a");
        Assert.Equal([-1, 6], run.Read(Tables.Results).Select(each => each.Value));
        Assert.Equal(new Reading("a", 2, 3), Assert.Single(run.Read(Tables.Late)));
        Assert.Equal((1L, 0), (run.LateEvents("sums"), run.Keys("sums")));
    }

    [Theory]
    [MemberData(nameof(Crashes))]
    public void TheEndOfTheInput_IsNotPassedOnBeforeTheRelease(bool crash)
    {
        var cause = new Cause();
        var run = new JobHarness(
            new TestJob(job => From(job).KeyBy(Input.Key).Window(Windows.Tumbling(Ms(10)))
                .Aggregate("sums", new HalfSum(cause)).OnError(Errors.QuarantineKey)
                .KeyBy(each => each.Window.Start).Window(Windows.Tumbling(Ms(10)))
                .Aggregate("totals", 0L, (sum, each) => sum + each.Value)
                .Select(each => $"{each.Key.Milliseconds}: {each.Value}").To(Tables.Texts)),
            Runs.Options(crash));
        run.Send(Input, new Reading("a", 1, -1), new Reading("b", 1, 5), new Reading("a", 2, 7));
        run.Seal();
        Assert.Empty(run.Read(Tables.Texts));
        cause.IsThere = false;
        run.Release("sums", "a");
        Assert.Equal(["0: 11"], run.Read(Tables.Texts));
    }

    [Fact]
    public void CommandsToNobody_DoNothing()
    {
        var run = new JobHarness(Gathering(new Cause()), Runs.Options(crash: true));
        run.Release("gathers", "nobody");
        run.Send(Input, new Reading("a", 1));
        run.Discard("gathers", "a");
        Assert.Equal("a 1", Assert.Single(run.Read(Tables.Texts)));
        var without = new JobHarness(Gathering(new Cause(), Errors.Fail));
        Assert.Throws<ArgumentException>(() => without.Release("gathers", "a"));
    }

    [Fact]
    public void HeldKeys_AreNotReadByAJobThatHoldsNone()
    {
        var run = new JobHarness(Later(new Cause()));
        run.Send(Input, new Reading("a", 1));
        run.AdvanceWatermark(T(11));
        var codecs = new CodecRegistry();
        var plan = new JobPlan(
            JobGraph.Build(Later(new Cause(), Errors.DeadLetterTo(Letters.Dead)), codecs),
            codecs,
            new Dictionary<string, int> { ["readings"] = 1, ["texts"] = 1, ["dead"] = 1 });
        byte[] segment = Segment(run);
        var fault = Assert.Throws<StateSchemaException>(() => plan.CreateGroup(0, 0).Restore(segment));
        Assert.Contains("release or discard them first", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TheCommandTopic_IsTheJobsOwn()
    {
        var graph = JobGraph.Build(Gathering(new Cause()), new CodecRegistry());
        Assert.Equal(("test-job-commands", "readings"), (graph.Commands!.Name, Assert.Single(graph.Inputs).Name));
        Assert.Null(JobGraph.Build(Gathering(new Cause(), Errors.Fail), new CodecRegistry()).Commands);
        var taken = new TestJob(job => From(job).KeyBy(Input.Key).Process("later", new FailsLater(new Cause()))
            .OnError(Errors.QuarantineKey).To(Topic.Of<string>("test-job-commands")));
        Assert.Contains(
            Assert.Throws<JobDefinitionException>(() => JobGraph.Build(taken, new CodecRegistry())).Faults,
            fault => fault.Contains("give yours another name", StringComparison.Ordinal));
    }

    // Sums do not depend on order; whichever values are poison, and wherever the watermark stands when the cause is gone,
    // releasing every key gives the windows of a job that never failed.
    [Fact]
    public void AfterRelease_WindowsAreThoseOfAJobThatNeverFailed() => Gen
        .Select(
            Gen.Select(Gen.Int[0, 3], Gen.Int[0, 60], Gen.Int[-2, 6]).Array[1, 40],
            Gen.Int[0, 60],
            Gen.Bool,
            Gen.Int[0, 2])
        .Sample(
            (events, watermark, crash, kind) =>
            {
                WindowSpec windows = new[]
                {
                    Windows.Tumbling(Ms(10)), Windows.Sliding(Ms(10), Ms(4)), Windows.Session(Ms(5)),
                }[kind];
                var cause = new Cause();
                JobHarness run = Summing(windows, cause, crash);
                JobHarness clean = Summing(windows, new Cause { IsThere = false }, crash);
                foreach (JobHarness each in new[] { run, clean })
                {
                    foreach ((int key, int at, int value) in events)
                        each.Send(Input, new Reading($"{key}", at, value));
                    each.AdvanceWatermark(T(watermark));
                    foreach ((int key, int at, int value) in events)
                        each.Send(Input, new Reading($"{key}", at + 30, value));
                }

                cause.IsThere = false;
                foreach (QuarantinedKey held in run.Quarantined("sums"))
                    run.Release("sums", (string)held.Key);
                Assert.Empty(run.Quarantined("sums"));
                run.Seal();
                clean.Seal();
                Assert.Equal(Sorted(clean), Sorted(run));
                Assert.Equal(clean.LateEvents("sums"), run.LateEvents("sums"));
            },
            iter: 60);

    private static IEnumerable<string> Sorted(JobHarness run) =>
        run.Read(Tables.Results).Select(each => $"{each}").Order(StringComparer.Ordinal);

    private static JobHarness Summing(WindowSpec windows, Cause cause, bool crash) => new(
        new TestJob(job => From(job.KeyGroups(2)).KeyBy(each => each.Key).Window(windows)
            .Aggregate("sums", new HalfSum(cause)).OnError(Errors.QuarantineKey).To(Tables.Results)),
        Runs.Options(crash));

    /// <summary>The largest segment of a job with one source and its commands: that of the only key.</summary>
    private static byte[] Segment(JobHarness run)
    {
        var reader = new ByteReader(run.Snapshot());
        reader.LeaveFrame(reader.EnterFrame());
        reader.LeaveFrame(reader.EnterFrame());
        byte[] largest = [];
        while (reader.Remaining > 0)
        {
            byte[] segment = reader.ReadBlob().ToArray();
            largest = segment.Length > largest.Length ? segment : largest;
        }

        return largest;
    }

    private static TestJob Gathering(Cause cause, ErrorPolicy<Reading>? policy = null) => new(job => From(job)
        .KeyBy(Input.Key)
        .Process("gathers", new Gathers(cause))
        .OnError(policy ?? Errors.QuarantineKey)
        .SideTo(Gathers.Side, Letters.Sides)
        .PublishAs(Last)
        .To(Tables.Texts));

    private static TestJob Later(Cause cause, ErrorPolicy<Reading>? policy = null) => new(job => From(job)
        .KeyBy(Input.Key)
        .Process("later", new FailsLater(cause))
        .OnError(policy ?? Errors.QuarantineKey)
        .To(Tables.Texts));
}
