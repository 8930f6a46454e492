namespace Weir.Engine.Tests.Errors;

using Weir.Engine.Codecs;
using Weir.Engine.Errors;
using Weir.Engine.Graph;
using Weir.Engine.Operators;
using Weir.Engine.Streams;
using Weir.Engine.Testing;
using Weir.Engine.Windows;
using static Weir.Engine.Tests.Reading;

/// <summary>Calls to the outside that fail for good, for negative values.</summary>
public sealed class EnrichErrorTests
{
    public static TheoryData<bool> Crashes => Runs.Crashes;

    [Theory]
    [MemberData(nameof(Crashes))]
    public void ACallThatFails_MakesItsEventADeadLetter_AndTheRestGoesOn(bool crash)
    {
        JobHarness run = Run(AnswerAsync, new EnrichOptions(), crash);
        run.Send(Input, new Reading("a", 1), new Reading("b", 2, -1), new Reading("c", 3), new Reading("d", 4, -2));
        run.Send(Input, new Reading("e", 5));
        Assert.Equal(["a", "c", "e"], run.Read(Tables.Texts));
        Assert.Equal(
            [Letter(new Reading("b", 2, -1), "-1 is poison", 1), Letter(new Reading("d", 4, -2), "-2 is poison", 3)],
            run.Read(Letters.Dead));
        Assert.Equal(2, run.DeadLetters("ask"));
    }

    [Theory]
    [MemberData(nameof(Crashes))]
    public void TheLetter_ComesAfterAllAttempts(bool crash)
    {
        int asked = 0;
        JobHarness run = Run(
            (each, _) => ++asked % 3 == 0 && each.Value > 0
                ? Task.FromResult(each.Key)
                : throw new InvalidOperationException($"try {asked}"),
            new EnrichOptions { Retry = new EnrichRetry { Attempts = 3 } },
            crash);
        run.Send(Input, new Reading("a", 1, -1));
        run.Send(Input, new Reading("b", 2));
        Assert.Equal(["b"], run.Read(Tables.Texts));
        Assert.Equal(Letter(new Reading("a", 1, -1), "try 3", 0), Assert.Single(run.Read(Letters.Dead)));
    }

    [Theory]
    [InlineData(false, "Ordered")]
    [InlineData(true, "Ordered")]
    [InlineData(false, "Unordered")]
    [InlineData(true, "Unordered")]
    public void ALetter_GoesOutInThePlaceOfTheResult(bool crash, string order)
    {
        var slow = new TaskCompletionSource<string>();
        var options = new EnrichOptions { Order = Enum.Parse<ResultOrder>(order) };
        JobHarness run = Run((each, _) => each.Key == "a" ? slow.Task : AnswerAsync(each, _), options, crash);
        run.Send(Input, new Reading("a", 1), new Reading("b", 2, -1));
        Assert.Equal(options.Order == ResultOrder.Ordered ? [] : ["b"], Keys(run));
        run.AdvanceWatermark(T(5));
        slow.SetException(new InvalidOperationException("slow"));
        run.RunCalls();
        Assert.Equal(options.Order == ResultOrder.Ordered ? ["a", "b"] : ["b", "a"], Keys(run));
        Assert.Equal(["slow", "-1 is poison"], run.Read(Letters.Dead).OrderBy(letter => letter.Offset)
            .Select(letter => letter.Error.Split(": ")[1]));
    }

    [Theory]
    [MemberData(nameof(Crashes))]
    public void TheWatermark_PassesAnEventThatFailed(bool crash)
    {
        var run = new JobHarness(
            new TestJob(job => From(job)
                .EnrichAsync("ask", async (each, _) => each with { Key = await AnswerAsync(each, _) })
                .OnError(Errors.DeadLetterTo(Letters.Dead))
                .KeyBy(each => each.Key).Window(Windows.Tumbling(Ms(10)))
                .Aggregate("sums", 0L, (sum, each) => sum + each.Value).To(Tables.Results)),
            Runs.Options(crash));
        Assert.Equal(
            [new Result(3, "a", 0, 10, 4)],
            Tables.Windows(run, new Reading("a", 1), new Reading("a", 2, -1), new Reading("a", 3, 3), Row.Mark(9)));
        Assert.Single(run.Read(Letters.Dead));
    }

    [Theory]
    [MemberData(nameof(Crashes))]
    public void WhatFollows_IsUndoneInEveryBranch(bool crash)
    {
        var run = new JobHarness(
            new TestJob(job =>
            {
                EnrichedStream<Reading, long> values = From(job)
                    .EnrichAsync("ask", (each, _) => Task.FromResult(each.Value))
                    .OnError(Errors.DeadLetterTo(Letters.Dead));
                values.To(Letters.Sides);
                values.Select(value => $"{10 / value}").To(Tables.Texts);
            }),
            Runs.Options(crash));
        run.Send(Input, new Reading("a", 1, 5), new Reading("b", 2, 0), new Reading("c", 3, 2));
        Assert.Equal(["2", "5"], run.Read(Tables.Texts));
        Assert.Equal([5L, 2], run.Read(Letters.Sides));
        DeadLetter<Reading> letter = Assert.Single(run.Read(Letters.Dead));
        Assert.Equal((new Reading("b", 2, 0), 1L), (letter.Event, letter.Offset));
        Assert.StartsWith("DivideByZeroException: ", letter.Error, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Crashes))]
    public void BehindAnOperator_TheLetterHasNoPlace(bool crash)
    {
        var run = new JobHarness(
            new TestJob(job => From(job).KeyBy(Input.Key).Process("gathers", new Gathers(new Cause { IsThere = false }))
                .SideTo(Gathers.Side, Letters.Sides)
                .Select(text => new Reading(text, 0, -1))
                .EnrichAsync("ask", AnswerAsync).OnError(Errors.DeadLetterTo(Letters.Dead)).To(Tables.Texts)),
            Runs.Options(crash));
        run.Send(Input, new Reading("a", 7));
        Assert.Equal(
            Letter(new Reading("a 1", 0, -1), "-1 is poison", -1) with { Topic = "", Partition = -1, Time = T(7) },
            Assert.Single(run.Read(Letters.Dead)));
    }

    [Theory]
    [MemberData(nameof(Crashes))]
    public void WithFail_TheJobFails(bool crash)
    {
        var run = new JobHarness(
            new TestJob(job => From(job).EnrichAsync("ask", AnswerAsync).OnError(Errors.Fail).To(Tables.Texts)),
            Runs.Options(crash));
        Assert.Throws<OperatorFailedException>(() => run.Send(Input, new Reading("b", 2, -1)));
    }

    [Fact]
    public void WhatCanNotBeDecided_IsAFaultOfTheGraph()
    {
        Assert.Equal(
            "The operator 'ask' has no keys to keep in quarantine: choose Errors.Fail or Errors.DeadLetterTo.",
            Fault(stream => stream.OnError(Errors.QuarantineKey)));
        const string both = "The operator 'ask' has both OrElse and dead letters for a call that fails: choose one.";
        Assert.Equal(
            both,
            Fault(stream => stream.OrElse((_, _) => "").OnError(Errors.DeadLetterTo(Letters.Dead))));
        Assert.Equal(
            both,
            Fault(stream => stream.OnError(Errors.DeadLetterTo(Letters.Dead)).OrElse((_, _) => "")));
        Assert.Equal(
            "The operator 'ask' states OnError more than once: state it once.",
            Fault(stream => stream.OnError(Errors.DeadLetterTo(Letters.Dead)).OnError(Errors.DeadLetterTo(Letters.Dead))));
    }

    private static string Fault(Action<EnrichedStream<Reading, string>> edit)
    {
        var job = new TestJob(job =>
        {
            EnrichedStream<Reading, string> stream = From(job).EnrichAsync("ask", AnswerAsync);
            edit(stream);
            stream.To(Tables.Texts);
        });
        return Assert.Single(Assert.Throws<JobDefinitionException>(() => JobGraph.Build(job, new CodecRegistry())).Faults);
    }

    private static Task<string> AnswerAsync(Reading each, CancellationToken cancellation) => each.Value < 0
        ? throw new InvalidOperationException($"{each.Value} is poison")
        : Task.FromResult(each.Key);

    private static IEnumerable<string> Keys(JobHarness run) => run.Read(Letters.Dead).Select(each => each.Event!.Key);

    private static DeadLetter<Reading> Letter(Reading value, string error, long offset) => new(
        value, $"InvalidOperationException: {error}", "ask", "", "readings", 0, offset, T(value.At));

    private static JobHarness Run(
        Func<Reading, CancellationToken, Task<string>> ask, EnrichOptions options, bool crash) => new(
        new TestJob(job => From(job).EnrichAsync("ask", ask, options)
            .OnError(Errors.DeadLetterTo(Letters.Dead)).To(Tables.Texts)),
        Runs.Options(crash));
}
