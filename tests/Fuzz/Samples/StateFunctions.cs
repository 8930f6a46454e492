namespace Weir.Fuzz.Samples;

using Weir.Engine.Aggregates;
using Weir.Engine.Operators;
using Weir.Engine.State;
using Weir.Engine.Streams;

/// <summary>State that folds what is added to it.</summary>
public sealed class Folding : KeyedProcess<string, Click, string>
{
    private static readonly ReducingSlot<Point> Last = State.Reducing<Point>(
        "last", (left, right) => left.X > right.X ? left : right);

    private static readonly AggregatingSlot<Click, double> Mean = State.Aggregating(
        "mean", new Average<Click>(click => click.Value));

    public override void OnEvent(Click value, IKeyContext<string, string> key)
    {
        key.State(Last).Add(new Point(value.At, value.Value));
        key.State(Mean).Add(value);
        key.Emit($"{key.State(Last).Value} {key.State(Mean).Value}");
    }
}

/// <summary>Every kind of state that expires, cleaned up as the clock goes on.</summary>
public sealed class Expiring : KeyedProcess<string, Click, string>
{
    private static readonly ValueSlot<string> Last = State.Value<string>("last").ExpiresAfter(SampleJobs.Ms(400));

    private static readonly ListSlot<long> Values = State.List<long>("values").ExpiresAfter(SampleJobs.Ms(350))
        .Upgrading<int>(1, old => old);

    private static readonly MapSlot<string, long> Times = State.Map<string, long>("times").ExpiresAfter(
        SampleJobs.Ms(300), new TimeToLive { Update = TimeToLiveUpdate.OnReadAndWrite });

    private static readonly ReducingSlot<long> Most = State.Reducing<long>("most", Math.Max)
        .ExpiresAfter(SampleJobs.Ms(500));

    private static readonly AggregatingSlot<Click, double> Mean = State.Aggregating(
        "mean", new Average<Click>(click => click.Value)).ExpiresAfter(SampleJobs.Ms(450));

    public override void OnEvent(Click value, IKeyContext<string, string> key)
    {
        key.State(Last).Value = value.Page;
        key.State(Values).Add(value.Value);
        key.State(Times)[$"{value.Value % 3}"] = value.At;
        key.State(Most).Add(value.Value);
        key.State(Mean).Add(value);
        key.Emit($"{key.State(Times).Contains("1")} {key.State(Values).Items.Count} {key.State(Mean).Value}");
    }
}

/// <summary>The same state before some of it expired, and with another type of items.</summary>
public sealed class ExpiringBefore : KeyedProcess<string, Click, string>
{
    private static readonly ValueSlot<string> Last = State.Value<string>("last");
    private static readonly ListSlot<int> Values = State.List<int>("values").ExpiresAfter(SampleJobs.Ms(700));
    private static readonly MapSlot<string, long> Times = State.Map<string, long>("times");

    public override void OnEvent(Click value, IKeyContext<string, string> key)
    {
        key.State(Last).Value = value.Page;
        key.State(Values).Add((int)value.Value);
        key.State(Times)[$"{value.Value % 3}"] = value.At;
    }
}

/// <summary>Every kind of state that expires, and is only cleaned up when it is read.</summary>
public sealed class ExpiringLate : KeyedProcess<string, Click, string>
{
    private static readonly TimeToLive Kept = new()
    {
        Cleanup = false,
        Visibility = ExpiredVisibility.ReturnExpiredIfNotCleanedUp,
        Update = TimeToLiveUpdate.OnReadAndWrite,
    };

    private static readonly ValueSlot<Leaf> Last = State.Value<Leaf>("last").ExpiresAfter(SampleJobs.Ms(200), Kept);
    private static readonly ListSlot<Point> Values = State.List<Point>("values").ExpiresAfter(SampleJobs.Ms(200), Kept);

    private static readonly MapSlot<Place, long?> Times = State.Map<Place, long?>("times")
        .ExpiresAfter(SampleJobs.Ms(200), Kept);

    private static readonly ReducingSlot<long> Most = State.Reducing<long>("most", Math.Max)
        .ExpiresAfter(TimeSpan.MaxValue, Kept);

    private static readonly AggregatingSlot<Click, long> Count = State.Aggregating("count", new Count<Click>())
        .ExpiresAfter(SampleJobs.Ms(200), Kept);

    public override void OnEvent(Click value, IKeyContext<string, string> key)
    {
        key.State(Last).Value = new Leaf(value.Page ?? "", default, null, []);
        key.State(Most).Add(value.Value);
        if (value.Value % 2 == 0)
            key.State(Values).Add(new Point(value.At, value.Value));
        else
            key.Emit($"{key.State(Values).Items.Count} {key.State(Times).Entries.Count}");
        if (value.Value % 3 == 0)
            key.State(Times)[new Place("p", value.Value % 5)] = value.At;
        key.State(Count).Add(value);
    }
}

/// <summary>State as it was.</summary>
public sealed class Before : KeyedProcess<string, Click, string>
{
    private static readonly ValueSlot<long> Amount = State.Value<long>("amount");
    private static readonly ListSlot<int> Items = State.List<int>("items");
    private static readonly MapSlot<string, Point> Places = State.Map<string, Point>("places");
    private static readonly ValueSlot<string> Gone = State.Value<string>("gone");

    public override void OnEvent(Click value, IKeyContext<string, string> key)
    {
        key.State(Amount).Value = value.Value;
        key.State(Items).Add((int)value.Value);
        key.State(Places)[$"{value.Value % 3}"] = new Point(value.At, 1);
        key.State(Gone).Value = value.Page;
    }
}

/// <summary>The same state in its present form.</summary>
public sealed class Upgraded : KeyedProcess<string, Click, string>
{
    private static readonly ValueSlot<Point> Amount = State.Value<Point>("amount")
        .Upgrading<long>(1, old => new Point(old, 0));

    private static readonly ListSlot<string> Items = State.List<string>("items").Upgrading<int>(1, old => $"{old}");

    private static readonly MapSlot<string, Leaf> Places = State.Map<string, Leaf>("places")
        .Upgrading<Point>(1, old => new Leaf("", old, null, []));

    private static readonly StateSlot Gone = State.Dropped("gone");

    public override IEnumerable<StateSlot> Slots => [Amount, Items, Places, Gone];

    public override void OnEvent(Click value, IKeyContext<string, string> key)
    {
        key.State(Amount).Value = new Point(value.Value, key.State(Items).Items.Count);
        key.State(Places)["new"] = new Leaf("", default, null, []);
    }
}

/// <summary>State that all keys share.</summary>
public sealed class Rules : KeyedProcess<string, Click, string>, IBroadcastInput<Click, string, string>
{
    private static readonly BroadcastSlot<string, long> Limits = State.Broadcast<string, long>("limits");
    private static readonly ValueSlot<long> Seen = State.Value<long>("seen");

    public override void OnEvent(Click value, IKeyContext<string, string> key)
    {
        key.State(Seen).Value += key.State(Limits).TryGet(value.Page ?? "", out long limit) ? limit : 1;
        key.Emit($"{key.State(Seen).Value}");
    }

    public void OnBroadcast(Click value, IBroadcastContext<string, string> context)
    {
        context.State(Limits)[value.Page ?? ""] = value.Value;
        if (value.Value % 7 == 0)
            context.ForEachKey(key => key.Timers.Register(value.At + 100 > value.At ? key.Time.Plus(100) : key.Time));
    }
}

/// <summary>The same with limits of another type.</summary>
public sealed class RulesUpgraded : KeyedProcess<string, Click, string>, IBroadcastInput<Click, string, string>
{
    private static readonly BroadcastSlot<string, Point> Limits = State.Broadcast<string, Point>("limits")
        .Upgrading<long>(1, old => new Point(old, 0));

    private static readonly ValueSlot<long> Seen = State.Value<long>("seen");

    public override void OnEvent(Click value, IKeyContext<string, string> key) =>
        key.State(Seen).Value += key.State(Limits).Count;

    public void OnBroadcast(Click value, IBroadcastContext<string, string> context) =>
        context.State(Limits)[value.Page ?? ""] = new Point(value.At, value.Value);
}

/// <summary>State of a partition.</summary>
public sealed class PerPartition : PartitionProcess<Click, Click>
{
    private static readonly ValueSlot<Leaf> Last = State.Value<Leaf>("last");
    private static readonly ListSlot<long> Values = State.List<long>("values").ExpiresAfter(SampleJobs.Ms(300));
    private static readonly MapSlot<string, Point> Points = State.Map<string, Point>("points")
        .ExpiresAfter(SampleJobs.Ms(500));

    private static readonly ReducingSlot<long> Most = State.Reducing<long>("most", Math.Max);
    private static readonly AggregatingSlot<Click, long> Count = State.Aggregating("count", new Count<Click>());

    public override void OnEvent(Click value, IPartitionContext<Click> partition)
    {
        partition.State(Last).Value = new Leaf(value.Page ?? "", new Point(1, 2), null, [1]);
        partition.State(Values).Add(value.Value);
        partition.State(Points)[value.Page ?? ""] = new Point(value.At, value.Value);
        partition.State(Most).Add(value.Value);
        partition.State(Count).Add(value);
        partition.Emit(value);
    }
}
