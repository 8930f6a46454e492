namespace Weir.Grains.Tests.Operators;

using Weir.Engine.Joins;
using Weir.Engine.Operators;
using Weir.Engine.State;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Engine.Timers;
using Weir.Engine.Windows;

/// <summary>Two topics with the same keys; which of them is read first is nobody's promise.</summary>
public abstract class TwoTopics : OperatorScenario
{
    public override IReadOnlyList<Round> Rounds => Readings.Rounds(Lefts, Rights);

    public override bool IsOrdered => false;

    protected (Topic<Reading> Topic, Reading[] Events) Lefts => (Input, Readings.Take(180));

    // Values tell the two apart.
    protected (Topic<Reading> Topic, Reading[] Events) Rights =>
        (Second, [.. Readings.Take(150, from: 11).Select(each => each with { Value = each.Value + 100 })]);

    protected static string Pair(Reading left, Reading right) => $"{left.Key} {left.At}+{right.At}";

    protected static bool Meet(Reading left, Reading right) =>
        left.Key == right.Key && right.At >= left.At - 1000 && right.At <= left.At + 3000;

    protected IEnumerable<string> PairsThat(Func<Reading, Reading, bool> meet) =>
        from left in Lefts.Events
        from right in Rights.Events
        where meet(left, right)
        select Pair(left, right);
}

/// <summary>One state for both, told at the end.</summary>
public sealed class ConnectedStreams : TwoTopics
{
    public override IEnumerable<string> Oracle => Lefts.Events.Concat(Rights.Events).GroupBy(each => each.Key).Select(key =>
        $"{key.Key} {key.Where(each => each.Value < 100).Sum(each => each.Value)} left, "
        + $"{key.Count(each => each.Value >= 100)} right");

    public override void Define(JobBuilder job) =>
        Keyed(job).Connect(KeyedSecond(job)).Process("both", new Both()).To(Output);

    private sealed class Both : KeyedProcess<string, Either<Reading, Reading>, string>
    {
        private static readonly ValueSlot<long> Left = State.Value<long>("left");
        private static readonly ValueSlot<long> Right = State.Value<long>("right");

        public override void OnEvent(Either<Reading, Reading> value, IKeyContext<string, string> key)
        {
            if (value.IsLeft(out Reading? left, out _))
                key.State(Left).Value += left.Value;
            else
                key.State(Right).Value++;
            key.Timers.Register(EventTime.MaxValue);
        }

        public override void OnTimer(FiredTimer timer, IKeyContext<string, string> key) =>
            key.Emit($"{key.Key} {key.State(Left).Value} left, {key.State(Right).Value} right");
    }
}

public sealed class IntervalJoins : TwoTopics
{
    public override IEnumerable<string> Oracle => PairsThat(Meet);

    public override void Define(JobBuilder job) => Keyed(job)
        .Join(KeyedSecond(job))
        .Within(JoinInterval.Between(Seconds(-1), Seconds(3)))
        .Select("join", Pair)
        .To(Output);
}

public sealed class LateForAnIntervalJoin : TwoTopics
{
    public override int Partitions => 1;

    public override bool HasExtra => true;

    public override IReadOnlyList<Round> Rounds =>
    [
        new Round((Input, Of(10, 20)), (Second, Of(11, 22))),
        new Round((Input, Of(40)), (Second, Of(41))),
        new Round((Input, Of(60)), (Second, Of(62))),
        new Round((Second, Of(63))) { After = new EventTime(57_999) },
        new Round((Input, [.. Of(12), .. Of(61)])) { After = new EventTime(57_999) },
        new Round((Second, [.. Of(13), .. Of(64)])) { After = new EventTime(57_999) },
    ];

    public override IEnumerable<string> Oracle =>
    [
        "a 10000+11000", "a 20000+22000", "a 40000+41000", "a 60000+62000", "a 60000+63000", "a 61000+62000",
        "a 61000+63000", "a 61000+64000",
    ];

    public override void Define(JobBuilder job)
    {
        JoinedStream<Reading, Reading, string> pairs = Keyed(job)
            .Join(KeyedSecond(job))
            .Within(JoinInterval.Between(Seconds(-1), Seconds(3)))
            .Select("join", Pair);
        pairs.To(Output);
        pairs.LateLeft.Select(static each => $"{each.Key} {each.At} came late on the left").To(Extra);
        pairs.LateRight.Select(static each => $"{each.Key} {each.At} came late on the right").To(Extra);
    }

    private static Reading[] Of(params int[] seconds) => [.. seconds.Select(each => new Reading("a", each * 1000L, 0))];
}

public sealed class WindowJoins : TwoTopics
{
    public override IEnumerable<string> Oracle =>
        PairsThat(static (left, right) => left.Key == right.Key && left.At / 5000 == right.At / 5000);

    public override void Define(JobBuilder job) => Keyed(job)
        .Join(KeyedSecond(job))
        .Window(Windows.Tumbling(Seconds(5)))
        .Select("join", Pair)
        .To(Output);
}

public sealed class CoGroups : TwoTopics
{
    public override IEnumerable<string> Oracle => Lefts.Events.Concat(Rights.Events)
        .GroupBy(each => (each.Key, End: each.At / 5000 * 5000 + 5000))
        .Select(window => $"{window.Key.Key} {window.Key.End} {window.Count(each => each.Value < 100)} and "
            + $"{window.Count(each => each.Value >= 100)}");

    public override void Define(JobBuilder job) => Keyed(job)
        .CoGroup(KeyedSecond(job))
        .Window(Windows.Tumbling(Seconds(5)))
        .Apply<string>("group", static (both, window) => window.Emit(
            $"{window.Key} {window.Window.End.Milliseconds} {both.Left.Count} and {both.Right.Count}"))
        .To(Output);
}

/// <summary>Versions whose value is a multiple of three are deletions.</summary>
public sealed class TemporalJoins : TwoTopics
{
    public override IEnumerable<string> Oracle => Lefts.Events.Select(left =>
    {
        Reading? version = Rights.Events
            .Where(right => right.Key == left.Key && right.At <= left.At)
            .MaxBy(right => right.At);
        return version is null || version.Value % 3 == 0
            ? $"{left.Key} {left.At} has none"
            : $"{left.Key} {left.At} has {version.Value}";
    });

    public override void Define(JobBuilder job) => Keyed(job)
        .JoinAsOf(KeyedSecond(job))
        .EndedBy(static version => version.Value % 3 == 0)
        .SelectOrDefault("as-of", static (left, version) => version is null
            ? $"{left.Key} {left.At} has none"
            : $"{left.Key} {left.At} has {version.Value}")
        .To(Output);
}

/// <summary>Each reading, once its time has come, against the rule of the newest time up to its own.</summary>
public sealed class BroadcastRules : OperatorScenario
{
    private static readonly Reading[] Rules =
        [.. Enumerable.Range(0, 24).Select(i => new Reading($"rule{i}", i * 2500, i * 5 % 17))];

    public override IReadOnlyList<Round> Rounds => Readings.Rounds((Input, Readings.Take(240)), (Unkeyed, Rules));

    // Readings of one time come in the order of their partition, and timers in the order of time.
    public override IEnumerable<string> Oracle => Readings.Take(240)
        .Select(each => (each, Rule: Rules.Where(rule => rule.At <= each.At).MaxBy(rule => rule.At)!))
        .Where(each => each.each.Value > each.Rule.Value)
        .Select(each => $"{each.each.Key} {each.each.At} {each.each.Value} above {each.Rule.Value}");

    public override void Define(JobBuilder job) => Keyed(job)
        .Connect(Timed(job, Unkeyed).Broadcast())
        .Process("limits", new Limits())
        .To(Output);

    private sealed class Limits : KeyedProcess<string, Reading, string>, IBroadcastInput<Reading, string, string>
    {
        private static readonly BroadcastSlot<long, long> Known = State.Broadcast<long, long>("rules");
        private static readonly ListSlot<Reading> Waiting = State.List<Reading>("waiting");

        public void OnBroadcast(Reading value, IBroadcastContext<string, string> context) =>
            context.State(Known)[value.At] = value.Value;

        public override void OnEvent(Reading value, IKeyContext<string, string> key)
        {
            key.State(Waiting).Add(value);
            key.Timers.Register(value.Time);
        }

        public override void OnTimer(FiredTimer timer, IKeyContext<string, string> key)
        {
            long at = timer.Time.Milliseconds;
            long limit = key.State(Known).Entries.Where(each => each.Key <= at).MaxBy(each => each.Key).Value;
            foreach (Reading each in key.State(Waiting).Items.Where(each => each.At == at && each.Value > limit))
                key.Emit($"{each.Key} {each.At} {each.Value} above {limit}");
            key.State(Waiting).Replace([.. key.State(Waiting).Items.Where(each => each.At != at)]);
        }
    }
}
