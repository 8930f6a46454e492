namespace Weir.Fuzz.Samples;

using Weir.Engine.Operators;
using Weir.Engine.State;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Engine.Timers;
using Weir.Engine.Windows;

/// <summary>The event of the sample jobs. It can not be null, so that their functions need not look.</summary>
public readonly record struct Click(string Page, long At, long Value)
{
    public static readonly KeyedTopic<string, Click> Input = Topic.Of<Click>("clicks").KeyedBy(click => click.Page);

    /// <summary>A second input, for operators that have two.</summary>
    public static readonly KeyedTopic<string, Click> Second = Topic.Of<Click>("second").KeyedBy(click => click.Page);
}

/// <summary>A key of several parts.</summary>
public sealed record Place(string Page, long Corner);

/// <summary>Every kind of state, and timers with and without a name on both clocks.</summary>
public sealed class Everything : KeyedProcess<string, Click, string>
{
    private static readonly ValueSlot<Leaf> Last = State.Value<Leaf>("last");
    private static readonly ListSlot<long> Values = State.List<long>("values");
    private static readonly MapSlot<string, Point> Points = State.Map<string, Point>("points");

    public override void OnEvent(Click value, IKeyContext<string, string> key)
    {
        key.State(Last).Value = new Leaf(value.Page ?? "", new Point(value.At, value.Value), Colour.Green, [1, 2]);
        key.State(Values).Add(value.Value);
        key.State(Points)[$"{value.Value % 3}"] = new Point(value.At, 1);
        key.Timers.Register(key.Time.Plus(500));
        key.Timers.SetEventTime("due", key.Time.Plus(700));
        key.Timers.SetProcessingTime("clock", key.Clock.Plus(900));
    }

    public override void OnTimer(FiredTimer timer, IKeyContext<string, string> key)
    {
        key.Emit($"{timer.Name} {key.State(Values).Items.Count} {key.State(Points).Count}");
        if (timer.Name == "due")
            key.State(Values).Clear();
    }
}

/// <summary>State of two inputs.</summary>
public sealed class Both : KeyedProcess<Place, Either<Click, Click>, long>
{
    private static readonly ValueSlot<Either<Click, Point>> Open = State.Value<Either<Click, Point>>("open");

    public override void OnEvent(Either<Click, Click> value, IKeyContext<Place, long> key)
    {
        key.State(Open).Value = value.Match(
            Either<Click, Point>.Left, right => Either<Click, Point>.Right(new Point(right.At, 2)));
        key.Timers.Register(key.Time.Plus(300));
    }

    public override void OnTimer(FiredTimer timer, IKeyContext<Place, long> key) =>
        key.Emit(key.State(Open).HasValue ? 1 : 0);
}

/// <summary>How many events a window holds.</summary>
public sealed class Size<TKey> : WindowProcess<TKey, Click, long>
    where TKey : notnull
{
    public override void Process(IReadOnlyList<Click> events, IWindowContext<TKey, long> window) =>
        window.Emit(events.Count);
}
