namespace Weir.Engine.Tests.Operators;

using Weir.Engine.Codecs;
using Weir.Engine.Graph;
using Weir.Engine.Operators;
using Weir.Engine.Streams;
using Weir.Engine.Testing;
using Weir.Engine.Windows;
using static Weir.Engine.Tests.Reading;

public sealed class EnrichFailureTests
{
    private static readonly EnrichRetry Thrice = new() { Attempts = 3 };

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void AFailedCall_NamesOperatorTimeAndCause(bool crash)
    {
        JobHarness run = Run((_, _) => throw new InvalidOperationException("no such user"), crash: crash);
        var fault = Assert.Throws<OperatorFailedException>(() => run.Send(Input, new Reading("a", 1500)));
        Assert.Equal(("ask", null, T(1500)), (fault.OperatorName, fault.Key, fault.Time));
        Assert.Equal(
            $"The operator 'ask' failed on the event of {T(1500)} at offset 0 of readings/0: "
            + "InvalidOperationException: no such user",
            fault.Message);
        Assert.IsType<InvalidOperationException>(fault.InnerException);
    }

    [Fact]
    public void ACancelledCall_HasFailed()
    {
        JobHarness run = Run((_, _) => Task.FromCanceled<string>(new CancellationToken(canceled: true)));
        var fault = Assert.Throws<OperatorFailedException>(() => run.Send(Input, new Reading("a", 1)));
        Assert.IsType<TaskCanceledException>(fault.InnerException);
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void AFallback_TakesThePlaceOfTheResult(bool crash)
    {
        JobHarness run = Run(
            (each, _) => each.Value > 1 ? throw new TimeoutException("late") : Task.FromResult("fine"),
            edit: stream => stream.OrElse((each, fault) => $"{each.Key} {fault.Message}"),
            crash: crash);
        run.Send(Input, new Reading("a", 1), new Reading("b", 1, 2), new Reading("c", 1));
        Assert.Equal(["fine", "b late", "fine"], run.Read(Tables.Texts));
    }

    [Fact]
    public void AFallbackThatFails_IsTheCause()
    {
        JobHarness run = Run(
            (_, _) => throw new TimeoutException("late"),
            edit: stream => stream.OrElse((_, fault) => throw new InvalidOperationException("worse", fault)));
        var fault = Assert.Throws<OperatorFailedException>(() => run.Send(Input, new Reading("a", 1)));
        Assert.EndsWith(": worse", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2, 3)]
    [InlineData(3, 3)]
    [InlineData(1, 1)]
    public void Exceptions_AreRetried_UpToTheNumberOfAttempts(int failures, int attempts)
    {
        int asked = 0;
        JobHarness run = Run(
            (each, _) => ++asked <= failures ? throw new InvalidOperationException("busy") : Task.FromResult(each.Key),
            new EnrichOptions { Retry = new EnrichRetry { Attempts = attempts } });
        if (failures < attempts)
            run.Send(Input, new Reading("a", 1));
        else
            Assert.Throws<OperatorFailedException>(() => run.Send(Input, new Reading("a", 1)));
        Assert.Equal(Math.Min(failures + 1, attempts), asked);
        Assert.Equal(failures < attempts ? ["a"] : Array.Empty<string>(), run.Read(Tables.Texts));
    }

    [Fact]
    public void OnlyTheNamedExceptions_AreRetried()
    {
        int asked = 0;
        JobHarness run = Run(
            (_, _) => ++asked == 1 ? throw new TimeoutException("late") : throw new InvalidOperationException("no"),
            new EnrichOptions { Retry = Thrice with { When = fault => fault is TimeoutException } });
        var failure = Assert.Throws<OperatorFailedException>(() => run.Send(Input, new Reading("a", 1)));
        Assert.Equal(("no", 2), (failure.InnerException!.Message, asked));
    }

    [Fact]
    public void Results_AreRetried_AndTheLastOneGoesOnAsItIs()
    {
        int asked = 0;
        JobHarness run = Run(
            (_, _) => Task.FromResult($"try {++asked}"),
            new EnrichOptions { Retry = Thrice },
            stream => stream.RetryWhen(text => text != "try 2"));
        run.Send(Input, new Reading("a", 1), new Reading("b", 1));
        Assert.Equal(["try 4", "try 2"], run.Read(Tables.Texts));
    }

    [Fact]
    public void WhatFollows_FailsInTheNameOfTheOperator()
    {
        JobHarness run = new(new TestJob(job => From(job)
            .EnrichAsync("ask", (each, _) => Task.FromResult(each.Value))
            .Select(value => $"{10 / value}")
            .To(Tables.Texts)));
        var fault = Assert.Throws<OperatorFailedException>(() => run.Send(Input, new Reading("a", 7, 0)));
        Assert.Equal(("ask", T(7)), (fault.OperatorName, fault.Time));
        Assert.IsType<DivideByZeroException>(fault.InnerException);
    }

    [Fact]
    public void Settings_OutOfRange_AreFaultsOfTheGraph()
    {
        var options = new EnrichOptions
        {
            Order = (ResultOrder)7,
            Capacity = 0,
            Timeout = TimeSpan.Zero,
            Retry = new EnrichRetry
            {
                Attempts = 0,
                Growth = (RetryGrowth)9,
                Delay = TimeSpan.FromDays(2),
                MaxDelay = TimeSpan.FromSeconds(-1),
            },
        };
        var job = new TestJob(job =>
        {
            Ask(job, "ask", options);
            Ask(job, "Bad Name", new EnrichOptions { Timeout = Timeout.InfiniteTimeSpan })
                .RetryWhen(_ => true)
                .Select(_ => 1L)
                .EnrichAsync("ask", (each, _) => Task.FromResult(each)).To(Topic.Of<long>("numbers"));
        });
        string[] expected =
        [
            "The operator 'ask' can not run: Order is 7",
            "The operator 'ask' can not run: Capacity is 0",
            "The operator 'ask' can not run: Timeout is 00:00:00",
            "The operator 'ask' can not run: Retry.Attempts is 0",
            "The operator 'ask' can not run: Retry.Growth is 9",
            "The operator 'ask' can not run: Retry.Delay is 2.00:00:00",
            "The operator 'ask' can not run: Retry.MaxDelay is -00:00:01",
            "The operator 'Bad Name' has RetryWhen and no attempts to spare",
            "The operator 'Bad Name' (enrich) needs another name",
            "The name 'ask' belongs to 2 operators",
            "The topic 'readings' is read 2 times",
        ];
        var faults = Assert.Throws<JobDefinitionException>(() => JobGraph.Build(job, new CodecRegistry())).Faults;
        Assert.Equal(expected.Length, faults.Count);
        Assert.All(expected.Zip(faults), pair => Assert.StartsWith(pair.First, pair.Second, StringComparison.Ordinal));
    }

    [Fact]
    public void Events_NeedACodec_AndResultsDoNot()
    {
        var job = new TestJob(job => From(job)
            .EnrichAsync("to-actions", (_, _) => Task.FromResult(new Action(() => { })))
            .Where(_ => true)
            .EnrichAsync("from-actions", (each, _) => Task.FromResult(each.Method.Name))
            .To(Tables.Texts));
        var faults = Assert.Throws<JobDefinitionException>(() => JobGraph.Build(job, new CodecRegistry())).Faults;
        Assert.StartsWith(
            "The operator 'from-actions': There is no codec for the type 'System.Action'",
            Assert.Single(faults),
            StringComparison.Ordinal);
    }

    [Fact]
    public void AWindowBehindACall_NeedsTheTimeOfTheSource()
    {
        var job = new TestJob(job => job.From(Input)
            .EnrichAsync("first", (each, _) => Task.FromResult(each))
            .EnrichAsync("second", (each, _) => Task.FromResult(each))
            .KeyBy(each => each.Key).Window(Windows.Tumbling(Ms(10)))
            .Aggregate("sums", 0L, (sum, each) => sum + each.Value)
            .To(Tables.Results));
        var faults = Assert.Throws<JobDefinitionException>(() => JobGraph.Build(job, new CodecRegistry())).Faults;
        Assert.Equal(
            "The operator 'sums' works in event time, but the topic 'readings' has no WithEventTime.",
            Assert.Single(faults));
    }

    [Fact]
    public void TheFingerprint_KnowsTheOrder_AndNotHowCallsAreMade()
    {
        string print = Fingerprint(new EnrichOptions());
        Assert.Equal(print, Fingerprint(new EnrichOptions { Capacity = 5, Timeout = Ms(50), Retry = Thrice }));
        Assert.NotEqual(print, Fingerprint(new EnrichOptions { Order = ResultOrder.Unordered }));
        Assert.NotEqual(print, Fingerprint(new EnrichOptions(), "other"));
    }

    [Fact]
    public void ASegment_OfAnotherOperatorOrType_IsRefused()
    {
        byte[] segment = Group("ask", job => From(job)).Snapshot();
        Group("ask", job => From(job)).Restore(segment);
        Assert.Throws<CorruptDataException>(() => Group("other", job => From(job)).Restore(segment));
        Assert.Throws<CorruptDataException>(() =>
            Group("ask", job => From(job).Select(each => each.Value)).Restore(segment));
    }

    private static GroupProgram Group<T>(string name, Func<JobBuilder, DataStream<T>> from)
    {
        var codecs = new CodecRegistry();
        var job = new TestJob(job => from(job).EnrichAsync(name, (_, _) => Task.FromResult("")).To(Tables.Texts));
        var graph = JobGraph.Build(job, codecs);
        return new JobPlan(graph, codecs, new Dictionary<string, int> { [Input.Name] = 1, [Tables.Texts.Name] = 1 })
            .CreateGroup(0, 0);
    }

    private static string Fingerprint(EnrichOptions options, string name = "ask") =>
        JobGraph.Build(new TestJob(job => Ask(job, name, options).To(Tables.Texts)), new CodecRegistry()).Fingerprint;

    private static EnrichedStream<Reading, string> Ask(JobBuilder job, string name, EnrichOptions options) =>
        From(job).EnrichAsync(name, (_, _) => Task.FromResult(""), options);

    private static JobHarness Run(
        Func<Reading, CancellationToken, Task<string>> ask,
        EnrichOptions? options = null,
        Action<EnrichedStream<Reading, string>>? edit = null,
        bool crash = false) => new(
            new TestJob(job =>
            {
                EnrichedStream<Reading, string> results = From(job).EnrichAsync("ask", ask, options);
                edit?.Invoke(results);
                results.To(Tables.Texts);
            }),
            Runs.Options(crash));
}
