namespace Weir.Engine.Tests.Errors;

using Weir.Engine.Aggregates;
using Weir.Engine.Errors;
using Weir.Engine.Operators;
using Weir.Engine.State;
using Weir.Engine.Streams;
using Weir.Engine.Timers;
using static Weir.Engine.Tests.Reading;

/// <summary>What a test makes fail, and heals.</summary>
public sealed class Cause
{
    public bool IsThere { get; set; } = true;

    /// <summary>A negative value is poison, with the cause there.</summary>
    public void Check(long value)
    {
        if (IsThere && value < 0)
            throw new InvalidOperationException($"{value} is poison");
    }
}

/// <summary>
/// Does everything that can be half done, in every kind of state, before it fails: emits to both outputs, changes
/// state, moves one timer, removes another, adds a third. A timer emits the list of values so far.
/// </summary>
public sealed class Gathers(Cause cause) : KeyedProcess<string, Reading, string>
{
    public static readonly SideOutput<long> Side = new("side");
    private static readonly ValueSlot<long> Sum = State.Value<long>("sum");
    private static readonly ListSlot<long> Values = State.List<long>("values");
    private static readonly MapSlot<long, long> Times = State.Map<long, long>("times");
    private static readonly ValueSlot<int[]> Last = State.Value<int[]>("last");

    public override void OnEvent(Reading value, IKeyContext<string, string> key)
    {
        key.State(Sum).Value += value.Value;
        key.State(Values).Add(value.Value);
        key.State(Times)[value.Value] = value.At;
        if (key.State(Last).Value is { } known)
            known[0] = (int)value.Value;
        key.State(Last).Value ??= [(int)value.Value];
        key.Timers.SetEventTime("tell", key.Time + Ms(10));
        key.Timers.SetProcessingTime("clock", key.Time + Ms(7));
        key.Timers.Delete(T(1000));
        key.Timers.Register(key.Time + Ms(500));
        key.Emit($"{key.Key} {key.State(Sum).Value}");
        key.Emit(Side, value.Value);
        cause.Check(value.Value);
        key.Timers.Register(T(1000));
    }

    public override void OnTimer(FiredTimer timer, IKeyContext<string, string> key) => key.Emit(
        $"{key.Key} {timer.Name ?? "alone"} at {timer.Time.Milliseconds}: "
        + $"{string.Join(',', key.State(Values).Items)} {key.State(Last).Value![0]}");
}

/// <summary>Fails when the timer fires, after it has emitted and changed state; a value of 0 sets no timer.</summary>
public sealed class FailsLater(Cause cause) : KeyedProcess<string, Reading, string>
{
    private static readonly ValueSlot<long> Count = State.Value<long>("count");

    public override void OnEvent(Reading value, IKeyContext<string, string> key)
    {
        key.State(Count).Value++;
        if (value.Value != 0)
            key.Timers.SetEventTime("later", key.Time + Ms(10));
        key.Emit($"{key.Key} {key.State(Count).Value}");
    }

    public override void OnTimer(FiredTimer timer, IKeyContext<string, string> key)
    {
        key.State(Count).Value += 100;
        key.Timers.Register(timer.Time + Ms(1));
        key.Emit($"{key.Key} fired {timer.Time.Milliseconds}");
        cause.Check(timer.Name is null || key.Key == "good" ? 1 : -1);
    }
}

/// <summary>Adds the value before it fails on it.</summary>
public sealed class HalfSum(Cause cause) : IAggregator<Reading, long, long>
{
    public long Create() => 0;

    public void Add(ref long accumulator, in Reading value)
    {
        accumulator += value.Value;
        cause.Check(value.Value);
    }

    public void Merge(ref long into, in long from) => into += from;

    public long Result(in long accumulator) => accumulator;
}

/// <summary>Topics of these tests.</summary>
public static class Letters
{
    public static readonly Topic<DeadLetter<Reading>> Dead = Topic.Of<DeadLetter<Reading>>("dead");
    public static readonly Topic<SourceDeadLetter> Raw = Topic.Of<SourceDeadLetter>("raw");
    public static readonly Topic<long> Sides = Topic.Of<long>("sides");
}
