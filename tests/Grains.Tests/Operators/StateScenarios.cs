namespace Weir.Grains.Tests.Operators;

using Weir.Engine.Aggregates;
using Weir.Engine.Operators;
using Weir.Engine.State;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Engine.Timers;

/// <summary>A function that says after each reading what it holds for the key.</summary>
public abstract class KeyedFunction : OperatorScenario
{
    protected abstract KeyedProcess<string, Reading, string> Function { get; }

    public override void Define(JobBuilder job) => Keyed(job).Process("function", Function).To(Output);
}

public sealed class ValueStates : KeyedFunction
{
    public override IEnumerable<string> Oracle => AllReadings
        .GroupBy(each => each.Key)
        .SelectMany(key => key.Select((each, i) => $"{key.Key} {key.Take(i + 1).Sum(one => one.Value)}"));

    protected override KeyedProcess<string, Reading, string> Function => new AddUp();

    private sealed class AddUp : KeyedProcess<string, Reading, string>
    {
        private static readonly ValueSlot<long> Sum = State.Value<long>("sum");

        public override void OnEvent(Reading value, IKeyContext<string, string> key)
        {
            key.State(Sum).Value += value.Value;
            key.Emit($"{key.Key} {key.State(Sum).Value}");
        }
    }
}

/// <summary>The last three values, cleared by a zero.</summary>
public sealed class ListStates : KeyedFunction
{
    protected override KeyedProcess<string, Reading, string> Function => new KeepThree();

    private sealed class KeepThree : KeyedProcess<string, Reading, string>
    {
        private static readonly ListSlot<long> Last = State.List<long>("last");

        public override void OnEvent(Reading value, IKeyContext<string, string> key)
        {
            IListState<long> last = key.State(Last);
            if (value.Value == 0)
                last.Clear();
            last.Add(value.Value);
            if (last.Items.Count > 3)
                last.Replace([.. last.Items.Skip(1)]);
            key.Emit($"{key.Key} {string.Join(',', last.Items)}");
        }
    }
}

/// <summary>How often each value came; a count of three is removed.</summary>
public sealed class MapStates : KeyedFunction
{
    protected override KeyedProcess<string, Reading, string> Function => new CountValues();

    private sealed class CountValues : KeyedProcess<string, Reading, string>
    {
        private static readonly MapSlot<long, int> Counts = State.Map<long, int>("counts");

        public override void OnEvent(Reading value, IKeyContext<string, string> key)
        {
            IMapState<long, int> counts = key.State(Counts);
            long kind = value.Value % 5;
            counts[kind] = counts.TryGet(kind, out int count) ? count + 1 : 1;
            if (counts[kind] == 3)
                counts.Remove(kind);
            key.Emit($"{key.Key} {string.Join(',', counts.Entries.Select(each => $"{each.Key}:{each.Value}"))}");
        }
    }
}

public sealed class FoldingStates : KeyedFunction
{
    public override IEnumerable<string> Oracle => AllReadings.GroupBy(each => each.Key).SelectMany(key => key.Select(
        (each, i) => $"{key.Key} {key.Take(i + 1).Max(one => one.Value)} of {i + 1}"));

    protected override KeyedProcess<string, Reading, string> Function => new Fold();

    private sealed class Fold : KeyedProcess<string, Reading, string>
    {
        private static readonly ReducingSlot<long> Highest = State.Reducing<long>("highest", Math.Max);
        private static readonly AggregatingSlot<Reading, long> Count =
            State.Aggregating<Reading, long, long>("count", new Count<Reading>());

        public override void OnEvent(Reading value, IKeyContext<string, string> key)
        {
            key.State(Highest).Add(value.Value);
            key.State(Count).Add(value);
            key.Emit($"{key.Key} {key.State(Highest).Value} of {key.State(Count).Value}");
        }
    }
}

/// <summary>A count that is forgotten after two seconds of the clock without a reading.</summary>
public sealed class ExpiringStates : KeyedFunction
{
    public override bool UsesClock => true;

    public override IReadOnlyList<Round> Rounds =>
    [
        Of("a", "b"), Of("a"), Of("a", "c"), Of("a", "b"), Of("a"), Of("b", "c"),
    ];

    public override IEnumerable<string> Oracle =>
        ["a 1", "b 1", "a 2", "a 3", "c 1", "a 4", "b 1", "a 5", "b 1", "c 1"];

    protected override KeyedProcess<string, Reading, string> Function => new CountRecent();

    private Round Of(params string[] keys) => new((Input, [.. keys.Select(key => new Reading(key, 0, 1))]));

    private sealed class CountRecent : KeyedProcess<string, Reading, string>
    {
        private static readonly ValueSlot<int> Count = State.Value<int>("count").ExpiresAfter(Seconds(2));

        public override void OnEvent(Reading value, IKeyContext<string, string> key)
        {
            key.State(Count).Value++;
            key.Emit($"{key.Key} {key.State(Count).Value}");
        }
    }
}

/// <summary>A named timer that each reading moves, and one without a name at every full ten seconds.</summary>
public sealed class EventTimers : KeyedFunction
{
    public override bool KeepsBatches => true;

    protected override KeyedProcess<string, Reading, string> Function => new Watch();

    private sealed class Watch : KeyedProcess<string, Reading, string>
    {
        private static readonly ValueSlot<long> Sum = State.Value<long>("sum");

        public override void OnEvent(Reading value, IKeyContext<string, string> key)
        {
            key.State(Sum).Value += value.Value;
            key.Timers.SetEventTime("quiet", value.Time + Seconds(4));
            key.Timers.Register(new EventTime((value.At / 10_000 + 1) * 10_000));
        }

        public override void OnTimer(FiredTimer timer, IKeyContext<string, string> key) =>
            key.Emit($"{key.Key} {timer.Name ?? "ten"} {timer.Time.Milliseconds} {key.State(Sum).Value}");
    }
}

/// <summary>Says of a key that no reading came for a second and a half of the clock.</summary>
public sealed class ClockTimers : KeyedFunction
{
    public override bool UsesClock => true;

    public override IReadOnlyList<Round> Rounds =>
    [
        Of("a", "b"), Of("a"), Of("a", "c"), Round.Quiet, Of("b"), Round.Quiet, Round.Quiet,
    ];

    public override IEnumerable<string> Oracle => ["a 1000003500", "b 1000001500", "c 1000003500", "b 1000005500"];

    protected override KeyedProcess<string, Reading, string> Function => new Watch();

    private Round Of(params string[] keys) => new((Input, [.. keys.Select(key => new Reading(key, 0, 1))]));

    private sealed class Watch : KeyedProcess<string, Reading, string>
    {
        public override void OnEvent(Reading value, IKeyContext<string, string> key) =>
            key.Timers.SetProcessingTime("quiet", key.Clock + Seconds(1.5));

        public override void OnTimer(FiredTimer timer, IKeyContext<string, string> key) =>
            key.Emit($"{key.Key} {timer.Time.Milliseconds}");
    }
}

public sealed class StateInAView : OperatorScenario
{
    private static readonly View<string, long> Sums = new("sums");

    public override View<string, long> View => Sums;

    public override void Define(JobBuilder job) => Keyed(job)
        .Process("sum", new AddUp())
        .PublishAs(Sums)
        .Select(static sum => $"sum {sum}")
        .To(Output);

    // A sum does not say of which key it is, and those of several keys share a partition.
    public override bool IsOrdered => false;

    private sealed class AddUp : KeyedProcess<string, Reading, long>
    {
        private static readonly ValueSlot<long> Sum = State.Value<long>("sum");

        public override void OnEvent(Reading value, IKeyContext<string, long> key)
        {
            key.State(Sum).Value += value.Value;
            key.Emit(key.State(Sum).Value);
        }
    }
}

public sealed class SideOutputs : OperatorScenario
{
    private static readonly SideOutput<Reading> Low = new("low");

    public override bool HasExtra => true;

    public override void Define(JobBuilder job)
    {
        ProcessedStream<string, Reading, string> split = Keyed(job).Process("split", new Split());
        split.To(Output);
        split.Side(Low).Select(Line).To(Extra);
    }

    private sealed class Split : KeyedProcess<string, Reading, string>
    {
        public override void OnEvent(Reading value, IKeyContext<string, string> key)
        {
            if (value.Value < 5)
                key.Emit(Low, value);
            else
                key.Emit(Line(value));
        }
    }
}
