namespace Weir.Engine.Tests.Errors;

using Weir.Engine.Aggregates;
using Weir.Engine.Errors;
using Weir.Engine.Graph;
using Weir.Engine.Operators;
using Weir.Engine.Streams;
using Weir.Engine.Testing;
using Weir.Engine.Time;
using Weir.Engine.Windows;
using static Weir.Engine.Tests.Reading;

public sealed class DeadLetterTests
{
    public static TheoryData<bool> Crashes => Runs.Crashes;

    [Fact]
    public void WithoutAPolicy_TheJobFails_AndTheMessageSaysWhere()
    {
        var run = new JobHarness(Process(Errors.Fail), Runs.Options(crash: false));
        run.Send(Input, new Reading("a", 1), new Reading("a", 2));
        var fault = Assert.Throws<OperatorFailedException>(
            () => run.Send(Input, new Reading("a", 3), new Reading("a", 4, -1)));
        Assert.Equal(
            "The operator 'gathers' failed for the key 'a' on the event of 1970-01-01T00:00:00.004Z at offset 3 of "
            + "readings/0: InvalidOperationException: -1 is poison",
            fault.Message);
        Assert.Equal(new EventOrigin("readings", 0, 3), fault.Origin);
    }

    [Fact]
    public void BehindAnOperator_TheMessageNamesItAndItsGroup()
    {
        var run = new JobHarness(new TestJob(job => From(job).KeyBy(Input.Key)
            .Process("gathers", new Gathers(new Cause())).SideTo(Gathers.Side, Letters.Sides)
            .KeyBy(text => text).Process("second", new Refuses()).To(Tables.Texts)));
        var fault = Assert.Throws<OperatorFailedException>(() => run.Send(Input, new Reading("a", 1)));
        Assert.Equal("gathers", fault.Origin!.Name);
        Assert.Null(fault.Origin.Offset);
        Assert.Matches("on the event of .* from the operator 'gathers', group [0-9]+: ", fault.Message);
    }

    [Theory]
    [MemberData(nameof(Crashes))]
    public void ADeadLetter_HasTheEventAndWhereItLay(bool crash)
    {
        var run = new JobHarness(Process(Errors.DeadLetterTo(Letters.Dead)), Runs.Options(crash));
        var poison = new Reading("a", 2, -5);
        run.Send(Input, new Reading("a", 1), poison, new Reading("b", 3));
        Assert.Equal(
            new DeadLetter<Reading>(
                poison, "InvalidOperationException: -5 is poison", "gathers", "a", "readings", 0, 1, T(2)),
            Assert.Single(run.Read(Letters.Dead)));
        Assert.Equal(1, run.DeadLetters("gathers"));
    }

    [Theory]
    [MemberData(nameof(Crashes))]
    public void AResultThatCanNotBeWritten_LeavesThoseBesideItWhole(bool crash)
    {
        var run = new JobHarness(
            new TestJob(job => From(job).KeyBy(Input.Key)
                .Process("says", new Says()).OnError(Errors.DeadLetterTo(Letters.Dead))
                .To(Said.Topic)),
            Runs.Options(crash));
        run.Send(Input, new Reading("a", 1, 1), new Reading("a", 2, -2), new Reading("a", 3, 3), new Reading("a", 4, -4));
        run.Send(Input, new Reading("a", 5, -5), new Reading("a", 6, 6));
        Assert.Equal([1L, 3L, 6L], run.Read(Said.Topic).Select(each => each.Value));
        Assert.Equal(3, run.DeadLetters("says"));
    }

    // Each call emits more than a batch holds: a batch may end before a call but not within one that fails, and the last
    // one fails where a batch has just ended.
    [Fact]
    public void ACallThatFailsBehindManyResults_LeavesThoseOfOtherCallsWhole()
    {
        var run = new JobHarness(new TestJob(job => From(job).KeyBy(Input.Key)
            .Process("says", new SaysOften()).OnError(Errors.DeadLetterTo(Letters.Dead))
            .To(Said.Topic)));
        run.Send(
            Input, new Reading("a", 1, 1), new Reading("a", 2, -20_000), new Reading("a", 3, 3), new Reading("a", 4, 0));
        Assert.Equal(
            Enumerable.Repeat(1L, SaysOften.Times).Concat(Enumerable.Repeat(3L, SaysOften.Times)),
            run.Read(Said.Topic).Select(each => each.Value));
        Assert.Equal(2, run.DeadLetters("says"));
    }

    [Theory]
    [MemberData(nameof(Crashes))]
    public void WhatAFailedCallHasDone_IsUndone(bool crash)
    {
        Reading[] good = [new("a", 1), new("a", 2, 7), new("b", 2, 3), new("a", 30, 4)];
        var clean = new JobHarness(Process(Errors.DeadLetterTo(Letters.Dead)), Runs.Options(crash));
        var poisoned = new JobHarness(Process(Errors.DeadLetterTo(Letters.Dead)), Runs.Options(crash));
        foreach (Reading each in good)
        {
            clean.Send(Input, each);
            poisoned.Send(Input, new Reading(each.Key, 5, -1), each, each with { At = 900, Value = -2 });
            poisoned.Send(Input, new Reading("never", 5, -3));
        }

        foreach (long watermark in (long[])[9, 20, 40, 700, 2000])
        {
            Assert.Equal(Held(clean, "a"), Held(poisoned, "a"));
            clean.AdvanceWatermark(T(watermark));
            poisoned.AdvanceWatermark(T(watermark));
            clean.AdvanceClock(T(watermark));
            poisoned.AdvanceClock(T(watermark));
            Assert.Equal(clean.ReadNew(Tables.Texts), poisoned.ReadNew(Tables.Texts));
        }

        Assert.Equal(clean.Read(Letters.Sides), poisoned.Read(Letters.Sides));
        Assert.Equal(3 * good.Length, poisoned.Read(Letters.Dead).Count);
        Assert.Null(poisoned.Inspect("gathers", "never"));
    }

    [Theory]
    [MemberData(nameof(Crashes))]
    public void ATimerThatFails_IsDroppedAndReported(bool crash)
    {
        var run = new JobHarness(
            new TestJob(job => From(job).KeyBy(Input.Key).Process("later", new FailsLater(new Cause()))
                .OnError(Errors.DeadLetterTo(Letters.Dead)).To(Tables.Texts)),
            Runs.Options(crash));
        run.Send(Input, new Reading("a", 1), new Reading("good", 2));
        run.AdvanceWatermark(T(11));
        run.AdvanceWatermark(T(50));
        run.Send(Input, new Reading("a", 60, 0));
        Assert.Equal(
            ["a 1", "a 2", "good 1", "good fired 12", "good fired 13", "good fired 14"],
            run.Read(Tables.Texts).Where(text => text.Length < 14).Order(StringComparer.Ordinal).Take(6));
        DeadLetter<Reading> letter = Assert.Single(run.Read(Letters.Dead));
        Assert.True(letter.IsTimer);
        Assert.Null(letter.Event);
        Assert.Equal(("a", T(11), -1L), (letter.Key, letter.Time, letter.Offset));
        Assert.Empty(run.Inspect("later", "a")!.Timers);
    }

    [Theory]
    [MemberData(nameof(Crashes))]
    public void AFoldThatFails_LeavesItsWindowsAsTheyWere(bool crash)
    {
        Row[] good = [new Reading("a", 1), new Reading("a", 12, 5), new Reading("b", 3), Row.Mark(15), new Reading("a", 17)];
        Row[] poisoned = [.. good.SelectMany(row => row.Event is { } each
            ? new[] { row, each with { Value = -1 }, new Reading("c", each.At, -7) }
            : [row])];
        foreach (WindowSpec windows in new[]
        {
            Windows.Tumbling(Ms(10)).AllowLateness(Ms(3)), Windows.Sliding(Ms(10), Ms(5)), Windows.Session(Ms(6)),
        })
        {
            var clean = new JobHarness(Folds(windows), Runs.Options(crash));
            var run = new JobHarness(Folds(windows), Runs.Options(crash));
            Assert.Equal(
                Tables.Windows(clean, [.. good, Row.Mark(99)]).Select(each => each with { Row = 0 }),
                Tables.Windows(run, [.. poisoned, Row.Mark(99)]).Select(each => each with { Row = 0 }));
            Assert.Equal(8, run.Read(Letters.Dead).Count);
            Assert.Equal(0, run.Keys("folds"));
        }
    }

    [Theory]
    [MemberData(nameof(Crashes))]
    public void AResultThatFails_ClosesItsWindowAndIsReported(bool crash)
    {
        var cause = new Cause();
        var run = new JobHarness(
            new TestJob(job =>
            {
                AggregatedStream<string, Reading, long> sums = From(job).KeyBy(Input.Key)
                    .Window(Windows.Tumbling(Ms(10)))
                    .Aggregate("sums", new Sum<Reading, long>(each => each.Value))
                    .OnError(Errors.DeadLetterTo(Letters.Dead));
                sums.To(Tables.Results);
                sums.Where(each =>
                {
                    cause.Check(each.Value);
                    return true;
                }).Select(each => each.Key).To(Tables.Texts);
            }),
            Runs.Options(crash));
        run.Send(Input, new Reading("a", 1, -4), new Reading("b", 1, 4));
        run.AdvanceWatermark(T(9));
        Assert.Equal("b", Assert.Single(run.Read(Tables.Results)).Key);
        Assert.Equal("b", Assert.Single(run.Read(Tables.Texts)));
        DeadLetter<Reading> letter = Assert.Single(run.Read(Letters.Dead));
        Assert.Equal((true, "a", T(9)), (letter.IsTimer, letter.Key, letter.Time));
        Assert.Equal(0, run.Keys("sums"));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void WindowsThatKeepTheirEvents_LoseOnlyTheOneThatFailed(bool crash, bool evicts)
    {
        WindowedStream<string, Reading> Keep(JobBuilder job)
        {
            WindowedStream<string, Reading> windows = From(job).KeyBy(Input.Key).Window(Windows.Session(Ms(5)))
                .Trigger(Triggers.Count(2));
            return evicts ? windows.Evict(Evictors.Count<Reading>(3)) : windows;
        }

        var run = new JobHarness(
            new TestJob(job => Keep(job).Process("joins", new Joins(new Cause()))
                .OnError(Errors.DeadLetterTo(Letters.Dead)).To(Tables.Texts)),
            Runs.Options(crash));
        run.Send(Input, new Reading("a", 1, 1), new Reading("a", 11, 2), new Reading("a", 6, -3), new Reading("a", 7, 4));
        run.Send(Input, new Reading("a", 2, 5));
        // The one that failed had merged [1, 6) and [11, 16) and fired; both are there again, each with its count of 1.
        Assert.Equal(["[7, 16) 2,4", evicts ? "[1, 16) 2,4,5" : "[1, 16) 1,2,4,5"], run.Read(Tables.Texts));
        Assert.Equal(new Reading("a", 6, -3), Assert.Single(run.Read(Letters.Dead)).Event);
    }

    [Fact]
    public void ThePolicy_IsStatedOnce()
    {
        var twice = new TestJob(job => From(job).KeyBy(Input.Key).Process("gathers", new Gathers(new Cause()))
            .OnError(Errors.DeadLetterTo(Letters.Dead)).OnError(Errors.QuarantineKey).To(Tables.Texts));
        var fault = Assert.Throws<JobDefinitionException>(() => new JobHarness(twice));
        Assert.Contains("states OnError more than once", Assert.Single(fault.Faults), StringComparison.Ordinal);
    }

    private static (string State, string Timers) Held(JobHarness run, string key)
    {
        KeyInspection held = run.Inspect("gathers", key)!;
        string state = string.Join("; ", held.State.Select(each =>
            $"{each.Name} {(each.Value is Array items ? string.Join(',', items.Cast<object>()) : each.Value)}"));
        return (state, string.Join("; ", held.Timers));
    }

    private static TestJob Process(ErrorPolicy<Reading> policy) => new(job =>
    {
        ProcessedStream<string, Reading, string> all = From(job).KeyBy(Input.Key)
            .Process("gathers", new Gathers(new Cause())).OnError(policy);
        all.SideTo(Gathers.Side, Letters.Sides).To(Tables.Texts);
    });

    private static TestJob Folds(WindowSpec windows) => new(job => From(job).KeyBy(Input.Key).Window(windows)
        .Aggregate("folds", new HalfSum(new Cause()))
        .OnError(Errors.DeadLetterTo(Letters.Dead)).To(Tables.Results));

    private sealed class Joins(Cause cause) : WindowProcess<string, Reading, string>
    {
        public override void Process(IReadOnlyList<Reading> events, IWindowContext<string, string> window)
        {
            string values = string.Join(',', events.Select(each => each.Value));
            window.Emit($"[{window.Window.Start.Milliseconds}, {window.Window.End.Milliseconds}) {values}");
            cause.Check(events.Min(each => each.Value));
        }
    }

    private sealed class Refuses : KeyedProcess<string, string, string>
    {
        public override void OnEvent(string value, IKeyContext<string, string> key) =>
            throw new InvalidOperationException("no");
    }
}

/// <summary>What is emitted, as it is or as something that holds more, for which its codec has no place.</summary>
public record Said(long Value)
{
    public static readonly Topic<Said> Topic = Weir.Engine.Streams.Topic.Of<Said>("said");
}

public sealed record SaidTwice(long Value, long Again) : Said(Value);

public sealed class Says : KeyedProcess<string, Reading, Said>
{
    public override void OnEvent(Reading value, IKeyContext<string, Said> key) =>
        key.Emit(value.Value < 0 ? new SaidTwice(value.Value, 1) : new Said(value.Value));
}

/// <summary>Emits a positive value many times, and for others as often as they are below 0 before what can not be written.
/// </summary>
public sealed class SaysOften : KeyedProcess<string, Reading, Said>
{
    public const int Times = 20_000;

    public override void OnEvent(Reading value, IKeyContext<string, Said> key)
    {
        for (long left = value.Value > 0 ? Times : -value.Value; left > 0; left--)
            key.Emit(new Said(value.Value));
        if (value.Value <= 0)
            key.Emit(new SaidTwice(value.Value, 1));
    }
}
