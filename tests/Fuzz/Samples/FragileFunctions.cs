namespace Weir.Fuzz.Samples;

using Weir.Engine.Aggregates;
using Weir.Engine.Operators;
using Weir.Engine.State;
using Weir.Engine.Streams;
using Weir.Engine.Timers;
using Weir.Engine.Windows;

/// <summary>Fails on some events of some keys, and on some timers of others, when it has set timers and state.</summary>
public sealed class Fragile : KeyedProcess<string, Click, string>
{
    private static readonly ValueSlot<long> Seen = State.Value<long>("seen");
    private static readonly ListSlot<long> Recent = State.List<long>("recent").ExpiresAfter(SampleJobs.Ms(250));
    private static readonly MapSlot<string, long> Times = State.Map<string, long>("times");

    public override void OnEvent(Click value, IKeyContext<string, string> key)
    {
        key.State(Recent).Add(value.Value);
        key.State(Times)[$"{value.Value % 3}"] = value.At;
        key.Timers.Register(key.Time.Plus(150));
        key.Timers.SetProcessingTime("later", key.Clock.Plus(150));
        key.Emit("before");
        key.State(Seen).Value++;
        if (key.State(Seen).Value > 4 && key.Key[^1] is '4' or '8')
            throw new FormatException($"the event {value.Value} is poison");
    }

    public override void OnTimer(FiredTimer timer, IKeyContext<string, string> key)
    {
        key.State(Times).Clear();
        key.Emit($"{timer.Name} {key.State(Recent).Items.Count}");
        if (key.State(Seen).Value > 2 && key.Key[^1] is '1' or '6')
            throw new FormatException("the timer is poison");
    }
}

/// <summary>The same for keys that may wait.</summary>
public sealed class Waiting : AsyncKeyedProcess<string, Click, string>
{
    private static readonly ValueSlot<long> Seen = State.Value<long>("seen");

    public override async ValueTask OnEventAsync(
        Click value, IKeyContext<string, string> key, CancellationToken cancellation)
    {
        await Task.CompletedTask;
        key.Timers.Register(key.Time.Plus(150));
        key.Emit("before");
        key.State(Seen).Value++;
        if (value.Value % 5 == 0)
            throw new FormatException($"the event {value.Value} is poison");
    }

    public override ValueTask OnTimerAsync(
        FiredTimer timer, IKeyContext<string, string> key, CancellationToken cancellation)
    {
        key.Emit($"{key.State(Seen).Value}");
        return ValueTask.CompletedTask;
    }
}

/// <summary>Counts the events of a window, and fails for some keys.</summary>
public sealed class FragileSize : WindowProcess<string, Click, long>
{
    private static readonly ValueSlot<long> Seen = State.Value<long>("seen");

    public override void Process(IReadOnlyList<Click> events, IWindowContext<string, long> window)
    {
        window.KeyState(Seen).Value += events.Count;
        window.Emit(events.Count);
        if (window.KeyState(Seen).Value > 6 && window.Key[^1] is '4' or '8')
            throw new FormatException("the window is poison");
    }
}

/// <summary>Every kind of state of a window and of its key.</summary>
public sealed class Memory : WindowProcess<string, Click, long>
{
    private static readonly ValueSlot<Leaf> Last = State.Value<Leaf>("last");
    private static readonly ListSlot<long> Sizes = State.List<long>("sizes").ExpiresAfter(SampleJobs.Ms(300));
    private static readonly MapSlot<string, Point> Points = State.Map<string, Point>("points");
    private static readonly ReducingSlot<long> Most = State.Reducing<long>("most", Math.Max);
    private static readonly AggregatingSlot<Click, long> Firings = State.Aggregating("firings", new Count<Click>());

    public override void Process(IReadOnlyList<Click> events, IWindowContext<string, long> window)
    {
        window.WindowState(Last).Value = new Leaf("", new Point(events.Count, 1), Colour.Red, []);
        window.WindowState(Sizes).Add(events.Count);
        window.WindowState(Points)["p"] = default;
        window.WindowState(Most).Add(events.Count);
        window.WindowState(Firings).Add(default);
        window.KeyState(Last).Value = new Leaf("key", default, null, [1]);
        window.KeyState(Sizes).Add(events.Count);
        window.KeyState(Points)[$"{events.Count}"] = new Point(1, 2);
        window.KeyState(Most).Add(events.Count);
        window.KeyState(Firings).Add(default);
        window.Emit(window.WindowState(Firings).Value);
    }
}

/// <summary>State of the key, over what was counted in a window.</summary>
public sealed class Conclusion : WindowProcess<string, long, long>
{
    private static readonly ReducingSlot<long> Most = State.Reducing<long>("most", Math.Max);

    public override void Process(IReadOnlyList<long> events, IWindowContext<string, long> window)
    {
        window.KeyState(Most).Add(events[0]);
        window.Emit(window.KeyState(Most).Value);
    }
}
