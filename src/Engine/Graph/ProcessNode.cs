namespace Weir.Engine.Graph;

using Weir.Engine.Operators;
using Weir.Engine.State;
using Weir.Engine.Streams;

/// <summary>A function with keyed state and timers as the graph has it.</summary>
internal sealed class ProcessNode<TKey, TIn, TOut>(string name, KeyedProcess<TKey, TIn, TOut> function)
    : OperatorNode<TKey, TOut>(name, "process")
    where TKey : notnull
{
    public KeyedProcess<TKey, TIn, TOut> Function => function;

    public required EventKey<TKey, TIn> Key { get; init; }

    public IReadOnlyList<StateSlot> Slots { get; } = [.. function.Slots];

    public List<ISideOfProcess> Sides { get; } = [];

    /// <summary>What takes the broadcast events of an edge.</summary>
    public Dictionary<Edge, BroadcastHandler<TKey, TOut>> Broadcasts { get; } = [];

    public override IEnumerable<Type> StateTypes => Slots.SelectMany(slot => slot.Types);

    public override IEnumerable<string> PartNames =>
    [
        .. Slots.Select(slot => $"state '{slot.Name}'"),
        .. Sides.Select(side => $"side output '{side.Name}'"),
    ];

    public override bool NeedsEventTime => false;

    // A function may ask what time it is, and must not be told that of the batch before.
    public override bool NeedsClock => true;

    public override bool MayWait => function is AsyncKeyedProcess<TKey, TIn, TOut>;

    public override IEnumerable<Type> OutputTypes => [typeof(TOut), .. Sides.Select(side => side.EventType)];

    public override KeyedOperator Create(Stage stage) => MayWait
        ? new AsyncProcessOperator<TKey, TIn, TOut>(this, stage)
        : new ProcessOperator<TKey, TIn, TOut>(this, stage);

    public override string Describe() =>
        $"{base.Describe()} {function.GetType()} state {string.Join(',', Slots.Select(slot => slot.Name))}";
}

/// <summary>A side output that somebody takes from a function.</summary>
internal interface ISideOfProcess
{
    object Output { get; }

    string Name { get; }

    Type EventType { get; }

    object Receivers(Stage stage);
}

internal sealed record SideOfProcess<T>(SideOutput<T> Side, SideNode<T> Node) : ISideOfProcess
{
    public object Output => Side;

    public string Name => Side.Name;

    public Type EventType => typeof(T);

    public object Receivers(Stage stage) => Node.Receivers(stage);
}
