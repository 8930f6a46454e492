namespace Weir.Engine.Tests.Keys;

using CsCheck;
using Weir.Engine.Aggregates;
using Weir.Engine.Errors;
using Weir.Engine.Graph;
using Weir.Engine.Joins;
using Weir.Engine.Keys;
using Weir.Engine.Operators;
using Weir.Engine.State;
using Weir.Engine.Streams;
using Weir.Engine.Testing;
using Weir.Engine.Time;
using Weir.Engine.Timers;
using Weir.Engine.Windows;
using static Weir.Engine.Tests.Reading;

/// <summary>
/// Keys that are hosted one by one give what one table of keys gives: the same output in the same order for each key,
/// the same answers, and snapshots that either can go on with. Only the order between keys whose timers are due at the
/// same instant is free.
/// </summary>
public sealed class OneGrainPerKeyTests
{
    private static readonly Topic<Windowed<string, long>> Sums = Topic.Of<Windowed<string, long>>("sums");
    private static readonly Topic<Reading> Late = Topic.Of<Reading>("late");
    private static readonly Topic<string> Out = Topic.Of<string>("out");
    private static readonly View<string, long> LastSum = new("last-sum");
    private static readonly View<string, string> LastLine = new("last-line");
    private static readonly SideOutput<long> Odd = new("odd");
    private static readonly Topic<DeadLetter<Reading>> Dead = Topic.Of<DeadLetter<Reading>>("dead");
    private static readonly Topic<DeadLetter<Either<Reading, Reading>>> DeadOfJoin =
        Topic.Of<DeadLetter<Either<Reading, Reading>>>("dead-of-join");

    private static readonly Topic<long> Odds = Topic.Of<long>("odds");

    private static readonly Gen<Row[]> Input = Gen.OneOf(
            Gen.Select(Gen.Int[0, 4], Gen.Int[0, 300], Gen.Int[0, 9])
                .Select((key, at, value) => (Row)new Reading($"k{key}", at, value)),
            Gen.Int[0, 300].Select(at => Row.Mark(at)),
            Gen.Int[0, 300].Select(at => Row.Tick(at)))
        .Array[1, 60];

    [Fact]
    public void Windows_AreThoseOfOneTable() => AreThoseOfOneTable(
        (job, hosted) =>
        {
            AggregatedStream<string, Reading, long> sums = From(job)
                .KeyBy(Reading.Input.Key)
                .Window(Windows.Sliding(Ms(40), Ms(20)).AllowLateness(Ms(30)))
                .Aggregate("operator", new Sum<Reading, long>(reading => reading.Value))
                .LateTo(Late)
                .PublishAs(LastSum);
            (hosted ? sums.OneGrainPerKey() : sums).To(Sums);
        },
        run => [
            .. ByKey(run.Read(Sums), sum => sum.Key),
            .. run.Read(Late),
            .. Keys.Select(key => run.Find(LastSum, key) is { } answer
            ? (answer.Value, answer.Window, answer.IsFinal)
            : default)]);

    [Fact]
    public void Sessions_AreThoseOfOneTable() => AreThoseOfOneTable(
        (job, hosted) =>
        {
            AggregatedStream<string, Reading, long> sums = From(job)
                .KeyBy(Reading.Input.Key)
                .Window(Windows.Session(Ms(15)).AllowLateness(Ms(10)))
                .Aggregate("operator", new Sum<Reading, long>(reading => reading.Value));
            (hosted ? sums.OneGrainPerKey() : sums).To(Sums);
        },
        run => [.. ByKey(run.Read(Sums), sum => sum.Key)]);

    [Fact]
    public void FunctionsWithTimers_AreThoseOfOneTable() => AreThoseOfOneTable(
        (job, hosted) =>
        {
            ProcessedStream<string, Reading, string> lines = From(job)
                .KeyBy(Reading.Input.Key)
                .Process("operator", new Restless())
                .SideTo(Odd, Odds)
                .PublishAs(LastLine);
            (hosted ? lines.OneGrainPerKey() : lines).To(Out);
        },
        run => [
            .. ByKey(run.Read(Out), line => line[..2]),
            .. run.Read(Odds),
            .. Keys.Select(key => run.Find(LastLine, key)?.Value)]);

    [Fact]
    public void FunctionsThatWait_AreThoseThatDoNot() => AreThoseOfOneTable(
        (job, hosted) =>
        {
            KeyedStream<string, Reading> keyed = From(job).KeyBy(Reading.Input.Key);
            (hosted
                ? keyed.Process("operator", new PatientRestless()).OneGrainPerKey()
                : keyed.Process("operator", new Restless())).SideTo(Odd, Odds).To(Out);
        },
        run => [.. ByKey(run.Read(Out), line => line[..2]), .. run.Read(Odds)]);

    [Fact]
    public void IntervalJoins_AreThoseOfOneTable() => AreThoseOfOneTable(
        (job, hosted) =>
        {
            KeyedStream<string, Reading> keyed = From(job).KeyBy(Reading.Input.Key);
            JoinedStream<Reading, Reading, string> pairs = keyed
                .Join(keyed)
                .Within(JoinInterval.Between(Ms(-20), Ms(20)))
                .Select("operator", (left, right) => $"{left.Key} {left.At} {right.At}")
                .LateLeftTo(Late);
            (hosted ? pairs.OneGrainPerKey() : pairs).To(Out);
        },
        run => [.. ByKey(run.Read(Out), line => line[..2]), .. run.Read(Late)]);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void DeadLetters_AreThoseOfOneTable(bool waits) => AreThoseOfOneTable(
        (job, hosted) =>
        {
            KeyedStream<string, Reading> keyed = From(job).KeyBy(Reading.Input.Key);
            ProcessedStream<string, Reading, string> lines = hosted && waits
                ? keyed.Process("operator", new PatientRestless(poison: 5)).OneGrainPerKey()
                : keyed.Process("operator", new Restless(poison: 5));
            lines.OnError(Errors.DeadLetterTo(Dead)).SideTo(Odd, Odds).To(Out);
            if (hosted)
                lines.OneGrainPerKey();
        },
        run => [.. ByKey(run.Read(Out), line => line[..2]), .. run.Read(Dead), run.DeadLetters("operator")]);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void DeadLettersOfJoins_AreThoseOfOneTable(bool temporal) => AreThoseOfOneTable(
        (job, hosted) =>
        {
            KeyedStream<string, Reading> keyed = From(job).KeyBy(Reading.Input.Key);
            JoinedStream<Reading, Reading, string> pairs = temporal
                ? keyed.JoinAsOf(keyed).Select("operator", Pair)
                : keyed.Join(keyed).Within(JoinInterval.Between(Ms(-20), Ms(20))).Select("operator", Pair);
            pairs.OnError(Errors.DeadLetterTo(DeadOfJoin)).LateLeftTo(Late);
            (hosted ? pairs.OneGrainPerKey() : pairs).To(Out);
        },
        run => [
            .. ByKey(run.Read(Out), line => line[..2]),
            .. ByKey(run.Read(DeadOfJoin), letter => letter.Key),
            .. run.Read(Late),
            run.DeadLetters("operator")]);

    [Fact]
    public void Quarantine_NeedsATable()
    {
        var fault = Assert.Throws<JobDefinitionException>(() => new JobHarness(new TestJob(job => From(job)
            .KeyBy(Reading.Input.Key)
            .Process("operator", new Restless())
            .OnError(Errors.QuarantineKey)
            .OneGrainPerKey()
            .To(Out))));
        Assert.Contains("only a group can", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ASnapshotOfOneWay_GoesOnInTheOther(bool hostedFirst)
    {
        var before = new JobHarness(new TestJob(job => Lines(job, hostedFirst)));
        before.AdvanceClock(T(1));
        before.Send(Reading.Input, new Reading("k1", 5, 4), new Reading("k2", 9, 2));
        var after = new JobHarness(new TestJob(job => Lines(job, !hostedFirst)));
        after.Restore(before.Snapshot());
        after.Send(Reading.Input, new Reading("k1", 7, 10));
        after.AdvanceWatermark(T(30));
        after.AdvanceClock(T(41));
        Assert.Equal(
            [
                "k1 +10 = 14, recent 4", "k1  15 Event 14", "k1  17 Event 14", "k1 soon 26 Processing 14", "k2  19 Event 2",
                "k2 soon 26 Processing 2",
            ],
            ByKey(after.Read(Out), line => line[..2]));
        Assert.Equal(0, after.Keys("operator"));
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void Inspect_ShowsTheKeyFromItsOwnProgram(bool crash)
    {
        var run = new JobHarness(
            new TestJob(job => From(job).KeyBy(Reading.Input.Key).Process("operator", new Restless()).OneGrainPerKey()
                .To(Out)),
            Runs.Options(crash));
        run.AdvanceClock(T(1));
        run.Send(Reading.Input, new Reading("a", 5, 4));
        KeyInspection a = run.Inspect("operator", "a")!;
        Assert.Equal(["sum", "recent"], a.State.Select(each => each.Name));
        Assert.Equal([T(15)], a.Timers.Where(each => each.Domain == TimeDomain.Event).Select(each => each.Time));
        Assert.Null(run.Inspect("operator", "b"));
        Assert.Equal(1, run.Keys("operator"));
    }

    [Fact]
    public void AFunctionThatWaits_NeedsOneGrainPerKey()
    {
        var fault = Assert.Throws<JobDefinitionException>(() => new JobHarness(new TestJob(job => From(job)
            .KeyBy(Reading.Input.Key)
            .Process("operator", new PatientRestless())
            .To(Out))));
        Assert.Contains("add .OneGrainPerKey()", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ACallThatIsMissing_IsNoticed()
    {
        var codecs = new Engine.Codecs.CodecRegistry();
        var graph = JobGraph.Build(
            new TestJob(job => From(job).KeyBy(Reading.Input.Key).Process("operator", new Restless()).OneGrainPerKey()
                .To(Out)),
            codecs);
        var plan = new JobPlan(graph, codecs, new Dictionary<string, int> { ["readings"] = 1, ["out"] = 1 });
        KeyProgram program = plan.CreateKey(0, 0);
        var call = new KeyCall(new byte[] { 2, 65 }, 1, 1, null, -1, default);
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await program.ApplyAsync(call));
    }

    private static readonly string[] Keys = ["k0", "k1", "k2", "k3", "k4"];

    private static readonly (bool Crash, bool ClockOfLog)[] Ways = [(false, false), (true, false), (false, true), (true, true)];

    private static void AreThoseOfOneTable(
        Action<JobBuilder, bool> define, Func<JobHarness, IEnumerable<object?>> read) => Input.Sample(
        rows =>
        {
            foreach ((bool crash, bool clockOfLog) in Ways)
            {
                // Few groups, so that keys meet in them and a crash costs little.
                HarnessOptions options = Runs.Options(crash, 2) with { ClockOfLog = clockOfLog };
                var table = new JobHarness(new TestJob(job => define(job.KeyGroups(2), false)), options);
                var hosted = new JobHarness(new TestJob(job => define(job.KeyGroups(2), true)), options);
                foreach (Row row in rows)
                {
                    Play(table, row);
                    Play(hosted, row);
                }

                Assert.Equal(read(table), read(hosted));
                Assert.Equal(table.Keys("operator"), hosted.Keys("operator"));
                Assert.Equal(table.LateEvents("operator"), hosted.LateEvents("operator"));
            }
        },
        iter: 60);

    private static string Pair(Reading left, Reading right) => left.Value == 5
        ? throw new InvalidOperationException("no fives")
        : $"{left.Key} {left.At} {right.At}";

    private static void Lines(JobBuilder job, bool hosted)
    {
        ProcessedStream<string, Reading, string> lines =
            From(job).KeyBy(Reading.Input.Key).Process("operator", new Restless());
        (hosted ? lines.OneGrainPerKey() : lines).To(Out);
    }

    private static IEnumerable<object?> ByKey<T>(IEnumerable<T> events, Func<T, string> key) =>
        events.OrderBy(key, StringComparer.Ordinal).Cast<object?>();

    private static void Play(JobHarness run, Row row)
    {
        if (row.Event is { } reading)
            run.Send(Reading.Input, reading);
        else if (row.Watermark is { } watermark)
            run.AdvanceWatermark(T(watermark));
        else
            run.AdvanceClock(T(row.Clock!.Value));
    }

    /// <summary>State, timers of both domains with and without names, and a side output.</summary>
    private sealed class Restless(long poison = -1) : KeyedProcess<string, Reading, string>
    {
        internal static readonly ValueSlot<long> Sum = State.Value<long>("sum");
        internal static readonly ReducingSlot<long> Recent =
            State.Reducing<long>("recent", Math.Max).ExpiresAfter(Ms(40));

        public override void OnEvent(Reading value, IKeyContext<string, string> key)
        {
            key.State(Sum).Value += value.Value;
            key.Timers.Register(T(value.At + 10), TimeDomain.Event);
            key.Timers.SetProcessingTime("soon", T(key.Clock.Milliseconds + 25));
            key.Emit($"{key.Key} +{value.Value} = {key.State(Sum).Value}, recent {key.State(Recent).Value}");
            key.State(Recent).Add(value.Value);
            if (value.Value == poison)
                throw new InvalidOperationException("no fives");
            if (value.Value % 2 == 1)
                key.Emit(Odd, value.Value);
        }

        public override void OnTimer(FiredTimer timer, IKeyContext<string, string> key)
        {
            key.Emit($"{key.Key} {timer.Name} {timer.Time.Milliseconds} {timer.Domain} {key.State(Sum).Value}");
            if (timer.Name is not null)
                key.State(Sum).Clear();
        }
    }

    private sealed class PatientRestless(long poison = -1) : AsyncKeyedProcess<string, Reading, string>
    {
        private readonly Restless _same = new(poison);

        public override IEnumerable<StateSlot> Slots => _same.Slots;

        public override async ValueTask OnEventAsync(
            Reading value, IKeyContext<string, string> key, CancellationToken cancellation)
        {
            await Task.Yield();
            _same.OnEvent(value, key);
        }

        public override async ValueTask OnTimerAsync(
            FiredTimer timer, IKeyContext<string, string> key, CancellationToken cancellation)
        {
            await Task.Yield();
            _same.OnTimer(timer, key);
        }
    }
}
