namespace Weir.Engine.Tests.Operators;

using CsCheck;
using Weir.Engine.Codecs;
using Weir.Engine.Graph;
using Weir.Engine.Operators;
using Weir.Engine.Streams;
using Weir.Engine.Testing;
using Weir.Engine.Time;
using Weir.Engine.Windows;
using static Weir.Engine.Tests.Reading;

public sealed class EnrichTests
{
    private static readonly EnrichOptions Unordered = new() { Order = ResultOrder.Unordered };

    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void CallsThatAnswerAtOnce_AreLikeASelect(bool crash, int partitions)
    {
        var job = new TestJob(job => From(job)
            .EnrichAsync("ask", (each, _) => Task.FromResult(each with { Value = each.Value * 10 }))
            .KeyBy(each => each.Key).Window(Windows.Tumbling(Ms(10)))
            .Aggregate("sums", 0L, (sum, each) => sum + each.Value)
            .To(Tables.Results));
        Assert.Equal(
            [new Result(3, "a", 0, 10, 30), new Result(3, "b", 0, 10, 40), new Result(5, "a", 10, 20, 10)],
            Tables.Windows(
                new JobHarness(job, Runs.Options(crash, partitions)),
                new Reading("a", 1), new Reading("a", 2, 2), new Reading("b", 3, 4), Row.Mark(9),
                new Reading("a", 11), Row.Mark(19)));
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void Ordered_ASlowCall_HoldsUpWhatIsBehindIt(bool crash)
    {
        var outside = new Outside();
        JobHarness run = outside.Run(new EnrichOptions(), crash);
        run.Send(Input, new Reading("a", 1), new Reading("b", 2), new Reading("c", 3));
        Assert.Equal(3, run.CallsInFlight);
        Assert.Equal([], outside.Answer(run, "c", "b"));
        Assert.Equal(["a", "b", "c"], outside.Answer(run, "a"));
        Assert.Equal(0, run.CallsInFlight);
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void Unordered_ResultsGoOnAsTheyArrive(bool crash)
    {
        var outside = new Outside();
        JobHarness run = outside.Run(Unordered, crash);
        run.Send(Input, new Reading("a", 1), new Reading("b", 2), new Reading("c", 3));
        Assert.Equal(["c"], outside.Answer(run, "c"));
        Assert.Equal(["b", "a"], outside.Answer(run, "b", "a"));
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void Unordered_NoResultCrossesAWatermark(bool crash)
    {
        var outside = new Outside();
        JobHarness run = outside.Run(Unordered, crash);
        run.Send(Input, new Reading("a", 1), new Reading("b", 2));
        run.AdvanceWatermark(T(5));
        run.Send(Input, new Reading("c", 6));
        Assert.Equal([], outside.Answer(run, "c"));
        Assert.Equal(["b"], outside.Answer(run, "b"));
        Assert.Equal(["a", "c"], outside.Answer(run, "a"));
    }

    [Theory]
    [InlineData(false, "Ordered")]
    [InlineData(true, "Ordered")]
    [InlineData(false, "Unordered")]
    [InlineData(true, "Unordered")]
    public void TheWatermark_WaitsForEveryEventBeforeIt(bool crash, string order)
    {
        var outside = new Outside();
        var run = new JobHarness(
            new TestJob(job => outside
                .Ask(From(job), new EnrichOptions { Order = Enum.Parse<ResultOrder>(order) })
                .KeyBy(_ => "all").Window(Windows.Tumbling(Ms(10)))
                .Aggregate("sums", 0L, (sum, _) => sum + 1)
                .To(Tables.Results)),
            Runs.Options(crash));
        run.Send(Input, new Reading("a", 1), new Reading("b", 2));
        run.Seal();
        outside.Answer(run, "b");
        Assert.Empty(run.ReadNew(Tables.Results));
        outside.Answer(run, "a");
        Assert.Equal([new("all", Range(0, 10), 2)], run.ReadNew(Tables.Results));
        Assert.Equal(0, run.LateEvents("sums"));
    }

    [Fact]
    public void Timestamps_AreThoseOfTheEvents()
    {
        GroupProgram group = Program(new Outside().Job(new EnrichOptions()), 1).CreateGroup(0, 0);
        Slice<Reading> slice = SliceOf(new Reading("a", 7), new Reading("b", 3));
        group.Apply(slice);
        IGroupCalls calls = group.Calls!;
        Assert.True(calls.TryBegin(out PendingCall? first));
        Assert.True(calls.TryBegin(out PendingCall? second));
        Assert.Equal((T(7), T(3)), (first.Time, second.Time));
        Assert.False(calls.TryBegin(out _));
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void Capacity_BoundsCallsInFlight(bool crash)
    {
        var outside = new Outside();
        JobHarness run = outside.Run(new EnrichOptions { Capacity = 2 }, crash);
        run.Send(Input, new Reading("a", 1), new Reading("b", 2), new Reading("c", 3), new Reading("d", 4));
        Assert.Equal(["a", "b"], outside.Asked);
        Assert.Equal([], outside.Answer(run, "b"));
        Assert.Equal(["a", "b"], outside.Asked);
        Assert.Equal(["a", "b"], outside.Answer(run, "a"));
        Assert.Equal(["a", "b", "c", "d"], outside.Asked);
        Assert.Equal(["c", "d"], outside.Answer(run, "c", "d"));
    }

    [Fact]
    public void AFullOperator_HasNoRoom_UntilAnEventGoesOn()
    {
        GroupProgram group = Program(new Outside().Job(new EnrichOptions { Capacity = 2 }), 1).CreateGroup(0, 0);
        IGroupCalls calls = group.Calls!;
        Assert.True(calls.HasRoom);
        group.Apply(SliceOf(new Reading("a", 1)));
        Assert.True(calls.HasRoom);
        group.Apply(SliceOf(new Reading("b", 2), new Reading("c", 3)));
        Assert.False(calls.HasRoom);
        Assert.True(calls.TryBegin(out PendingCall? first));
        Assert.True(calls.TryBegin(out PendingCall? second));
        Assert.False(calls.TryBegin(out _));
        calls.Complete(second, "b");
        Assert.False(calls.HasRoom);
        Assert.False(calls.TryBegin(out _));
        calls.Complete(first, "a");
        Assert.True(calls.HasRoom);
        Assert.True(calls.TryBegin(out _));
    }

    [Fact]
    public void ARestore_MakesTheCallsInFlightAgain_AndCancelsTheOldOnes()
    {
        var outside = new Outside();
        JobHarness run = outside.Run(new EnrichOptions(), crash: false);
        run.Send(Input, new Reading("a", 1), new Reading("b", 2));
        run.AdvanceWatermark(T(5));
        byte[] snapshot = run.Snapshot();
        Assert.Equal(["a", "b"], outside.Answer(run, "a", "b"));
        outside.Forget();

        run.Restore(snapshot);
        Assert.Equal(snapshot, run.Snapshot());
        Assert.Equal(["a", "b"], outside.Asked);
        Assert.All(outside.Tokens, token => Assert.False(token.IsCancellationRequested));
        Assert.Equal(["a", "b"], outside.Answer(run, "b", "a"));
        run.Send(Input, new Reading("c", 6));
        run.CrashAndRestore();
        Assert.Equal(["a", "b", "c", "c"], outside.Asked);
        Assert.Equal([true, false], outside.Tokens.TakeLast(2).Select(token => token.IsCancellationRequested));
    }

    [Theory]
    [InlineData("Ordered")]
    [InlineData("Unordered")]
    public void CrashesAtAnyTime_ChangeNeitherResultsNorWhatIsHeld(string order) => Gen
        .Select(Gen.Int[1, 4], Gen.Select(Gen.Int[0, 5], Gen.Int[0, 100]).Array[1, 40])
        .Sample(
            (capacity, steps) =>
            {
                var options = new EnrichOptions { Order = Enum.Parse<ResultOrder>(order), Capacity = capacity };
                (Outside whole, Outside parts) = (new Outside(), new Outside());
                (JobHarness wholeRun, JobHarness partsRun) = (whole.Run(options, false), parts.Run(options, true));
                for (int i = 0; i < steps.Length; i++)
                {
                    IEnumerable<string> expected = Step(whole, wholeRun, i, steps[i]);
                    IEnumerable<string> actual = Step(parts, partsRun, i, steps[i]);
                    Assert.Equal(wholeRun.Snapshot(), partsRun.Snapshot());

                    // The order in which calls finished behind a watermark is not kept.
                    if (order == "Unordered")
                        (expected, actual) = (expected.Order(), actual.Order());
                    Assert.Equal(expected, actual);
                }
            },
            iter: 300);

    [Theory]
    [InlineData(false, "Ordered")]
    [InlineData(true, "Ordered")]
    [InlineData(false, "Unordered")]
    [InlineData(true, "Unordered")]
    public async Task CallsThatTakeTheirTime_AreWaitedFor(bool crash, string order)
    {
        var job = new TestJob(job => From(job)
            .EnrichAsync(
                "ask",
                async (each, _) =>
                {
                    for (int i = 0; i < each.At % 5; i++)
                        await Task.Yield();
                    return $"{each.At}";
                },
                new EnrichOptions { Order = Enum.Parse<ResultOrder>(order), Capacity = 7 })
            .To(Tables.Texts));
        var run = new JobHarness(job, Runs.Options(crash));
        run.Send(Input, [.. Enumerable.Range(0, 50).Select(at => new Reading("a", at))]);
        await run.RunCallsAsync();
        string[] expected = [.. Enumerable.Range(0, 50).Select(at => $"{at}")];
        IReadOnlyList<string> texts = run.Read(Tables.Texts);
        Assert.Equal(expected, order == "Ordered" ? texts : texts.OrderBy(text => text.Length).ThenBy(text => text));
    }

    [Fact]
    public void AProgram_HasEnded_OnceNothingIsInFlight()
    {
        GroupProgram group = Program(new Outside().Job(new EnrichOptions()), 1).CreateGroup(0, 0);
        Slice<Reading> slice = SliceOf(new Reading("a", 1));
        slice.AddMark(EventTime.MaxValue, T(1), idle: false);
        group.Apply(slice);
        Assert.True(group.Calls!.TryBegin(out PendingCall? call));
        Assert.Equal((EventTime.MaxValue, false), (group.Watermark, group.HasEnded));
        group.Calls.Complete(call, "a");
        Assert.True(group.HasEnded);
    }

    [Fact]
    public void Instances_AreThoseOfTheWidestStageBefore()
    {
        var other = Topic.Of<Reading>("others");
        var job = new TestJob(job =>
        {
            From(job).Union(job.From(other))
                .EnrichAsync("first", (each, _) => Task.FromResult(each))
                .EnrichAsync("second", (each, _) => Task.FromResult(each))
                .KeyBy(Input.Key).Process("keyed", new Echo())
                .EnrichAsync("third", (each, _) => Task.FromResult(each))
                .To(Tables.Late);
        });
        JobPlan plan = Program(job, 4, ("others", 6));
        Assert.Equal([6, 6, 64, 64], Enumerable.Range(0, 4).Select(plan.InstancesOf));
        Assert.Equal([2, 2, 2, 2, 1, 1], Enumerable.Range(0, 6).Select(instance => plan.ChannelCount(0, instance)));
        Assert.Equal([1, 1, 1], new[] { 0, 3, 5 }.Select(instance => plan.ChannelCount(1, instance)));
        Assert.Equal((6, 1), (plan.ChannelCount(2, 63), plan.ChannelCount(3, 63)));
        Assert.Null(plan.KeyTypeOf(0));
        Assert.Throws<InvalidOperationException>(() => plan.GroupOfKey(0, new byte[] { 1 }));
    }

    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void SeveralStages_MeetInOneOperator_AndPassTheirTime(bool crash, int partitions)
    {
        var other = Topic.Of<Reading>("others");
        var job = new TestJob(job =>
        {
            DataStream<Reading> all = From(job);
            all.KeyBy(Input.Key).Process("echo", new Echo())
                .Union(all)
                .Union(job.From(other).WithEventTime(each => T(each.At), Watermarks.Bounded(TimeSpan.FromDays(1))))
                .EnrichAsync("ask", (each, _) => Task.FromResult(each))
                .KeyBy(each => each.Key).Window(Windows.Tumbling(Ms(10)))
                .Aggregate("sums", 0L, (sum, each) => sum + each.Value)
                .To(Tables.Results);
        });
        var run = new JobHarness(job, Runs.Options(crash, partitions));
        run.Send(Input, new Reading("a", 1, 3));
        run.SendTo(other, partitions - 1, new Reading("b", 2, 5));
        run.AdvanceWatermark(Input, T(9));
        Assert.Empty(run.ReadNew(Tables.Results));
        run.AdvanceWatermark(other, T(9));
        Assert.Equal(
            [new("a", Range(0, 10), 6), new("b", Range(0, 10), 5)],
            run.ReadNew(Tables.Results).OrderBy(each => each.Key, StringComparer.Ordinal));
    }

    private static string[] Step(Outside outside, JobHarness run, int number, (int Kind, int Choice) step)
    {
        if (step.Kind < 3)
            run.Send(Input, new Reading($"{number}", number), new Reading($"{number}+", number));
        else if (step.Kind == 3)
            run.AdvanceWatermark(T(number));
        else if (outside.Open is { Length: > 0 } open)
            return [.. outside.Answer(run, open[step.Choice % open.Length])];
        return [.. run.ReadNew(Tables.Texts)];
    }

    private static JobPlan Program(StreamJob job, int partitions, params (string Topic, int Count)[] others)
    {
        var codecs = new CodecRegistry();
        var graph = JobGraph.Build(job, codecs);
        var counts = graph.Inputs.Concat(graph.Outputs).ToDictionary(topic => topic.Name, _ => partitions);
        foreach ((string topic, int count) in others)
            counts[topic] = count;
        return new JobPlan(graph, codecs, counts);
    }

    private static Slice<Reading> SliceOf(params Reading[] readings)
    {
        var slice = new Slice<Reading>(new SliceTarget(0, 0, 0, 0), new CodecRegistry().For<Reading>());
        foreach (Reading reading in readings)
            slice.Add(in reading, T(reading.At));
        return slice;
    }

    private sealed class Echo : KeyedProcess<string, Reading, Reading>
    {
        public override void OnEvent(Reading value, IKeyContext<string, Reading> key) => key.Emit(value);
    }

    /// <summary>Something outside that answers a key when the test says so, however often it is asked.</summary>
    private sealed class Outside
    {
        private readonly Dictionary<string, TaskCompletionSource<string>> _answers = [];
        private readonly List<(string Key, CancellationToken Token)> _asked = [];

        /// <summary>What was asked first, in order; with crashes things are asked again.</summary>
        public IEnumerable<string> Asked => AskedAgain ? _asked.Select(each => each.Key) : Distinct;

        public IEnumerable<CancellationToken> Tokens => _asked.Select(each => each.Token);

        /// <summary>What was asked and not answered, in the order in which it was asked first.</summary>
        public string[] Open => [.. Distinct.Where(key => !Of(key).Task.IsCompleted)];

        private bool AskedAgain { get; set; }

        private IEnumerable<string> Distinct => _asked.Select(each => each.Key).Distinct();

        public TestJob Job(EnrichOptions options) => new(job => Ask(From(job), options).To(Tables.Texts));

        public JobHarness Run(EnrichOptions options, bool crash) => new(Job(options), Runs.Options(crash));

        public EnrichedStream<Reading, string> Ask(DataStream<Reading> stream, EnrichOptions options) =>
            stream.EnrichAsync("ask", (each, cancellation) => AskAsync(each.Key, cancellation), options);

        public IEnumerable<string> Answer(JobHarness run, params string[] keys)
        {
            foreach (string key in keys)
            {
                Of(key).SetResult(key);
                run.RunCalls();
            }

            return run.ReadNew(Tables.Texts);
        }

        /// <summary>Begins anew, and from here on counts every call.</summary>
        public void Forget()
        {
            _answers.Clear();
            _asked.Clear();
            AskedAgain = true;
        }

        private Task<string> AskAsync(string key, CancellationToken cancellation)
        {
            _asked.Add((key, cancellation));
            return Of(key).Task;
        }

        private TaskCompletionSource<string> Of(string key)
        {
            if (!_answers.TryGetValue(key, out TaskCompletionSource<string>? answer))
                _answers.Add(key, answer = new TaskCompletionSource<string>());
            return answer;
        }
    }
}
