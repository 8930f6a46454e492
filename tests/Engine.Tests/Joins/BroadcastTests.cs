namespace Weir.Engine.Tests.Joins;

using CsCheck;
using Weir.Engine.Codecs;
using Weir.Engine.Graph;
using Weir.Engine.Operators;
using Weir.Engine.State;
using Weir.Engine.Streams;
using Weir.Engine.Testing;
using Weir.Engine.Time;
using Weir.Engine.Timers;
using static Weir.Engine.Tests.Reading;

public sealed class BroadcastTests
{
    private static readonly Topic<Rule> Rules = Topic.Of<Rule>("rules");
    private static readonly Topic<string> Orders = Topic.Of<string>("orders");
    private static readonly Topic<string> Notes = Topic.Of<string>("notes");
    private static readonly SideOutput<string> Note = new("note");
    private static readonly View<string, string> Last = new("last");

    private static readonly Gen<Reading> Readings =
        Gen.Select(Gen.OneOf("a", "b", "c", "d"), Gen.Long[0, 9], (key, value) => new Reading(key, 0, value));

    public static TheoryData<bool, int> All => Runs.All;

    [Theory]
    [MemberData(nameof(All))]
    public void EveryKeySeesWhatWasBroadcast(bool crash, int partitions)
    {
        JobHarness run = Job(crash, partitions);
        run.Send(Rules, new Rule("small", 3), new Rule("large", 8));
        Assert.Equal(
            ["a 9: small large", "b 5: small", "c 2:"], Sent(run, ("a", 9), ("b", 5), ("c", 2)));
        run.Send(Rules, new Rule("large", 5), new Rule("small", null));
        Assert.Equal(["a 9: large", "b 5: large"], Sent(run, ("a", 9), ("b", 5)));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void EntriesAreInOrderOfFirstInsertion(bool crash, int partitions)
    {
        JobHarness run = Job(crash, partitions);
        run.Send(Rules, new Rule("z", 1), new Rule("y", 1), new Rule("x", 1), new Rule("z", 2));
        run.Send(Rules, new Rule("y", null), new Rule("y", 1));
        Assert.Equal(["a 9: z x y"], Sent(run, ("a", 9)));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void ABroadcastEventCanVisitAllKeysOfItsGroup(bool crash, int partitions)
    {
        JobHarness run = Job(crash, partitions);
        Sent(run, ("a", 1), ("b", 2), ("a", 3), ("c", 4));
        run.Send(Orders, "list");
        Assert.Equal(["a holds 4", "b holds 2", "c holds 4"], run.ReadNew(Tables.Texts).Order());
        Assert.Equal("a holds 4", run.Find(Last, "a")!.Value);
        run.Send(Orders, "forget");
        Assert.Null(run.Inspect("limits", "a")!.State.SingleOrDefault());
        run.Send(Orders, "list");
        Assert.Equal(["a holds 0", "b holds 0", "c holds 0"], run.ReadNew(Tables.Texts).Order());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void KeysAreVisitedInTheOrderInWhichTheyCame_AndVanishWhenTheyHoldNothing(bool crash)
    {
        JobHarness run = Job(crash, 1, groups: 1, view: false);
        Sent(run, ("c", 1), ("a", 2), ("b", 3), ("c", 1));
        run.Send(Orders, "list");
        Assert.Equal(["c holds 2", "a holds 2", "b holds 3"], run.ReadNew(Tables.Texts));
        Assert.Equal(3, run.Keys("limits"));
        run.Send(Orders, "forget");
        Assert.Equal(0, run.Keys("limits"));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void EveryGroupEmitsForItself(bool crash, int partitions)
    {
        JobHarness run = Job(crash, partitions);
        run.Send(Orders, "all");
        Assert.Equal(Enumerable.Repeat("one of all", 64), run.ReadNew(Tables.Texts));
        run.Send(Orders, "once");
        Assert.Equal(["once"], run.ReadNew(Tables.Texts));
        Assert.Equal(["noted once"], run.ReadNew(Notes));
        Assert.Equal(0, run.Keys("limits"));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void TheWatermarkIsTheLowerOne_AndAVisitCanSetTimers(bool crash, int partitions)
    {
        JobHarness run = Job(crash, partitions);
        Sent(run, ("a", 1));
        run.Send(Orders, "time 10");
        run.AdvanceWatermark(Two.Left, T(50));
        run.AdvanceWatermark(Rules, T(50));
        run.AdvanceWatermark(Orders, T(9));
        Assert.Empty(run.ReadNew(Tables.Texts));
        run.AdvanceWatermark(Orders, T(10));
        Assert.Equal(["a timer at 10"], run.ReadNew(Tables.Texts));
    }

    [Fact]
    public void AFailureNamesTheOperator()
    {
        JobHarness run = Job(crash: false, 1);
        var fault = Assert.Throws<OperatorFailedException>(() => run.Send(Orders, "fail"));
        Assert.Contains("'limits' failed on the event", fault.Message, StringComparison.Ordinal);
        Assert.Null(fault.Key);

        run = Job(crash: false, 1);
        Sent(run, ("a", 1));
        fault = Assert.Throws<OperatorFailedException>(() => run.Send(Orders, "fail for keys"));
        Assert.Equal("a", fault.Key);
    }

    [Fact]
    public void AFunctionThatDoesNotTakeTheEventsIsAFault()
    {
        var fault = Assert.Throws<JobDefinitionException>(() => new JobHarness(new TestJob(job => Two.Lefts(job)
            .Connect(job.From(Rules).Broadcast()).Process("deaf", new Deaf()).To(Tables.Texts))));
        Assert.Contains(
            "The function Deaf of the operator 'deaf' is connected to broadcast events of the type Rule and does not "
            + "take them: let it implement IBroadcastInput<Rule, String, String>.",
            fault.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void ABroadcastStreamOfAnotherJobIsAFault()
    {
        BroadcastStream<Rule>? other = null;
        _ = new JobHarness(new TestJob(job =>
        {
            other = job.From(Rules).Broadcast();
            Two.Lefts(job).Process("deaf", new Deaf()).To(Tables.Texts);
        }));
        var fault = Assert.Throws<JobDefinitionException>(() => new JobHarness(new TestJob(job =>
            Two.Lefts(job).Connect(other!).Process("limits", new Limits()).To(Tables.Texts))));
        Assert.Contains("broadcast stream of another job", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void EveryInstanceOfABroadcastIsAChannelOfEveryGroup()
    {
        var codecs = new CodecRegistry();
        var graph = JobGraph.Build(Definition(), codecs);
        var plan = new JobPlan(
            graph,
            codecs,
            graph.Inputs.Concat(graph.Outputs)
                .ToDictionary(topic => topic.Name, topic => topic.Name == "rules" ? 3 : 2));
        Assert.Equal(1 + 3 + 2, plan.ChannelCount(0, 17));
    }

    [Fact]
    public void StateOfAnotherBroadcastShapeIsRefused()
    {
        byte[] segment = Group(new Limits()).Snapshot();
        var fault = Assert.Throws<StateSchemaException>(() => Group(new Other()).Restore(segment));
        Assert.Contains("of the operator 'limits' holds the state", fault.Message, StringComparison.Ordinal);
        Assert.Equal(segment, Restored(new Limits(), segment).Snapshot());
    }

    [Fact]
    public void WithTheRulesFirst_ResultsDoNotDependOnPartitionsAndCrashes() => Gen
        .Select(
            Gen.Select(Gen.OneOf("p", "q", "r"), Gen.Long[0, 9]).Array[1, 8],
            Readings.Array[1, 30],
            Gen.Int[1, 5],
            Gen.OneOf(1, 4),
            Gen.Bool)
        .Sample(
            (rules, readings, batch, partitions, crash) =>
            {
                JobHarness run = Job(crash, partitions);
                var known = new OrderedDictionary<string, long>();
                foreach ((string name, long least) in rules)
                {
                    known[name] = least;
                    run.Send(Rules, new Rule(name, least));
                }

                foreach (Reading[] part in readings.Chunk(batch))
                    run.Send(Two.Left, part);
                Assert.Equal(
                    readings.Select(each => Met(each, known)).Order(StringComparer.Ordinal),
                    run.Read(Tables.Texts).Order(StringComparer.Ordinal));
            },
            iter: 30);

    private static string Met(Reading reading, IReadOnlyDictionary<string, long> rules) =>
        $"{reading.Key} {reading.Value}:"
        + string.Concat(rules.Where(rule => reading.Value >= rule.Value).Select(rule => $" {rule.Key}"));

    private static IEnumerable<string> Sent(JobHarness run, params (string Key, long Value)[] readings)
    {
        run.Send(Two.Left, [.. readings.Select(each => new Reading(each.Key, 0, each.Value))]);
        return run.ReadNew(Tables.Texts).Order(StringComparer.Ordinal);
    }

    private static JobHarness Job(bool crash, int partitions, int groups = KeyGroups.Default, bool view = true) =>
        new(Definition(groups, view), Runs.Options(crash, partitions));

    private static TestJob Definition(int groups = KeyGroups.Default, bool view = true) => new(job =>
    {
        ProcessedStream<string, Reading, string> results = Two.Lefts(job.KeyGroups(groups))
            .Connect(Timed(job.From(Rules)).Broadcast())
            .Connect(Timed(job.From(Orders)).Broadcast())
            .Process("limits", new Limits());
        results.SideTo(Note, Notes);
        if (view)
            results.PublishAs(Last);
        results.To(Tables.Texts);
    });

    private static DataStream<TEvent> Timed<TEvent>(SourceStream<TEvent> source) =>
        source.WithEventTime(_ => T(0), Watermarks.Bounded(TimeSpan.FromDays(1)));

    private static GroupProgram Group(KeyedProcess<string, Reading, string> function)
    {
        var codecs = new CodecRegistry();
        var graph = JobGraph.Build(
            new TestJob(job => Two.Lefts(job).Connect(job.From(Rules).Broadcast()).Process("limits", function)),
            codecs);
        return new JobPlan(graph, codecs, graph.Inputs.ToDictionary(topic => topic.Name, _ => 1)).CreateGroup(0, 0);
    }

    private static GroupProgram Restored(KeyedProcess<string, Reading, string> function, byte[] segment)
    {
        GroupProgram group = Group(function);
        group.Restore(segment);
        return group;
    }

    private sealed record Rule(string Name, long? Least);

    private sealed class Deaf : KeyedProcess<string, Reading, string>
    {
        public override void OnEvent(Reading value, IKeyContext<string, string> key) => key.Emit(value.Key);
    }

    /// <summary>Says which rules a reading meets, sums up the readings of a key, and obeys orders.</summary>
    private sealed class Limits
        : KeyedProcess<string, Reading, string>,
            IBroadcastInput<Rule, string, string>,
            IBroadcastInput<string, string, string>
    {
        private static readonly ValueSlot<long> Held = State.Value<long>("held");
        private static readonly BroadcastSlot<string, long> Known = State.Broadcast<string, long>("rules");

        public void OnBroadcast(Rule value, IBroadcastContext<string, string> context)
        {
            if (value.Least is { } least)
                context.State(Known)[value.Name] = least;
            else
                context.State(Known).Remove(value.Name);
        }

        public void OnBroadcast(string value, IBroadcastContext<string, string> context)
        {
            if (value == "list")
                context.ForEachKey(key => key.Emit($"{key.Key} holds {key.State(Held).Value}"));
            else if (value == "forget")
                context.ForEachKey(key => key.State(Held).Clear());
            else if (value == "all")
                context.Emit("one of all");
            else if (value == "fail")
                throw new InvalidOperationException("as ordered");
            else if (value == "fail for keys")
                context.ForEachKey(_ => throw new InvalidOperationException("as ordered"));
            else if (value.StartsWith("time", StringComparison.Ordinal))
                context.ForEachKey(key => key.Timers.SetEventTime("due", T(long.Parse(value[5..]))));
            else if (context.Group == 0)
            {
                context.Emit(value);
                context.Emit(Note, $"noted {value}");
            }
        }

        public override void OnEvent(Reading value, IKeyContext<string, string> key)
        {
            key.State(Held).Value += value.Value;
            key.Emit(Met(value, key.State(Known).Entries.ToDictionary(each => each.Key, each => each.Value)));
        }

        public override void OnTimer(FiredTimer timer, IKeyContext<string, string> key) =>
            key.Emit($"{key.Key} timer at {timer.Time.Milliseconds}");
    }

    private sealed class Other : KeyedProcess<string, Reading, string>, IBroadcastInput<Rule, string, string>
    {
        private static readonly BroadcastSlot<string, string> Known = State.Broadcast<string, string>("rules");

        public void OnBroadcast(Rule value, IBroadcastContext<string, string> context) =>
            context.State(Known)[value.Name] = value.Name;

        public override void OnEvent(Reading value, IKeyContext<string, string> key) =>
            key.Emit($"{key.State(Known).Count}");
    }
}
