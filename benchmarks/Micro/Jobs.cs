namespace Weir.Benchmarks.Micro;

using Weir.Engine.Aggregates;
using Weir.Engine.Operators;
using Weir.Engine.State;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Engine.Timers;
using Weir.Engine.Windows;

/// <summary>Sums per key in windows; every window fires while the events go through.</summary>
public sealed class WindowedJob(WindowSpec windows) : StreamJob
{
    internal static readonly Topic<Windowed<long, long>> Results = Topic.Of<Windowed<long, long>>("sums");

    public override void Define(JobBuilder job) => job
        .From(Reading.Input)
        .WithEventTime(reading => reading.At, Watermarks.Monotonous())
        .KeyBy(Reading.Input.Key)
        .Window(windows)
        .Aggregate("sum", new Sum<Reading, long>(reading => reading.Amount))
        .To(Results);
}

/// <summary>A function per key.</summary>
public sealed class FunctionJob(KeyedProcess<long, Reading, long> function) : StreamJob
{
    internal static readonly View<long, long> Last = new("last");

    public override void Define(JobBuilder job) => job
        .From(Reading.Input)
        .WithEventTime(reading => reading.At, Watermarks.Monotonous())
        .KeyBy(Reading.Input.Key)
        .Process("function", function)
        .PublishAs(Last);
}

/// <summary>Reads and writes a value.</summary>
internal sealed class UsesValue : KeyedProcess<long, Reading, long>
{
    private static readonly ValueSlot<long> Total = State.Value<long>("total");

    public override void OnEvent(Reading value, IKeyContext<long, long> key) => key.State(Total).Value += value.Amount;
}

/// <summary>Adds to a list, and begins a new one after ten items.</summary>
internal sealed class UsesList : KeyedProcess<long, Reading, long>
{
    private static readonly ListSlot<long> Amounts = State.List<long>("amounts");

    public override void OnEvent(Reading value, IKeyContext<long, long> key)
    {
        if (key.State(Amounts).Items.Count == 10)
            key.State(Amounts).Clear();
        key.State(Amounts).Add(value.Amount);
    }
}

/// <summary>Writes one of ten entries of a map.</summary>
internal sealed class UsesMap : KeyedProcess<long, Reading, long>
{
    private static readonly MapSlot<long, long> Latest = State.Map<long, long>("latest");

    public override void OnEvent(Reading value, IKeyContext<long, long> key) =>
        key.State(Latest)[value.Amount % 10] = value.Amount;
}

/// <summary>Moves a named timer with every event, so that it hardly ever fires.</summary>
internal sealed class MovesTimer : KeyedProcess<long, Reading, long>
{
    public override void OnEvent(Reading value, IKeyContext<long, long> key) =>
        key.Timers.SetEventTime("quiet", value.At + TimeSpan.FromSeconds(1));
}

/// <summary>Registers a timer with every event, each of which fires.</summary>
internal sealed class FiresTimer : KeyedProcess<long, Reading, long>
{
    public override void OnEvent(Reading value, IKeyContext<long, long> key) =>
        key.Timers.Register(value.At + TimeSpan.FromMilliseconds(50));

    public override void OnTimer(FiredTimer timer, IKeyContext<long, long> key)
    {
    }
}

/// <summary>Sums that can be asked for, for segments: a number of state and one of the view.</summary>
internal sealed class EmitsSum : KeyedProcess<long, Reading, long>
{
    private static readonly ValueSlot<long> Total = State.Value<long>("total");

    public override void OnEvent(Reading value, IKeyContext<long, long> key)
    {
        key.State(Total).Value += value.Amount;
        key.Emit(key.State(Total).Value);
    }
}
