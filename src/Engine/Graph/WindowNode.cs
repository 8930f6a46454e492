namespace Weir.Engine.Graph;

using Weir.Engine.Codecs;
using Weir.Engine.Operators;
using Weir.Engine.State;
using Weir.Engine.Streams;
using Weir.Engine.Windows;

/// <summary>Windows as the graph has them: how events are assigned, what panes hold, where late events go.</summary>
internal sealed class WindowNode<TKey, TIn, TOut>(
    string name, WindowSpec spec, WindowFunction<TKey, TIn, TOut> function)
    : OperatorNode<TKey, TOut>(name, "window"), ICombines<TIn>
    where TKey : notnull
{
    public WindowSpec Spec => spec;

    public required EventKey<TKey, TIn> Key { get; init; }

    public Trigger Trigger { get; init; } = spec.DefaultTrigger;

    public SideNode<TIn>? Late { get; set; }

    public IReadOnlyList<StateSlot> Slots => function.Slots;

    public List<ISideOfProcess> Sides { get; } = [];

    public override IEnumerable<Type> StateTypes => [.. function.StateTypes, .. Slots.SelectMany(slot => slot.Types)];

    public override IEnumerable<string> PartNames =>
    [
        .. Slots.Select(slot => $"state '{slot.Name}'"),
        .. Sides.Select(side => $"side output '{side.Name}'"),
    ];

    public override IEnumerable<Type> OutputTypes =>
        [typeof(TOut), .. Sides.Select(side => side.EventType), .. Late is null ? [] : new[] { typeof(TIn) }];

    public override bool NeedsEventTime => spec.IsEventTime;

    public override bool NeedsClock => Trigger.UsesClock
        || Slots.Any(slot => slot.Lifetime is not null)
        || (!spec.IsEventTime && spec.Assigner is not GlobalWindow);

    /// <summary>Whether its panes hold what was added to them and nothing else, and go as soon as they have fired.</summary>
    public bool IsPlain => spec.LatenessMilliseconds == 0
        && View is null
        && Errors is null
        && Slots.Count == 0
        && !OneGrainPerKey;

    // Each event must come as it is where it may do more than add to a window that is still open.
    public Combining<TIn>? Combining =>
        Spec is { IsEventTime: true, LatenessMilliseconds: 0, Assigner: ISlottedWindows { HaveGaps: false } windows }
        && Trigger is EventTimeTrigger
        && Late is null
        && Errors is null
        && !OneGrainPerKey
            ? function.Combining?.Invoke(windows)
            : null;

    public WindowContents<TKey, TIn, TOut> CreateContents(CodecRegistry codecs) => function.Create(codecs);

    public override KeyedOperator Create(Stage stage) => new WindowOperator<TKey, TIn, TOut>(this, stage);

    // The default trigger is not named: a job that states it is the same job as one that does not.
    public override string Describe() => $"{base.Describe()} {spec.Describe()} {function.Description}"
        + (Slots.Count == 0 ? "" : $" state {string.Join(',', Slots.Select(slot => slot.Name))}")
        + (Trigger.Description == spec.DefaultTrigger.Description ? "" : $" trigger {Trigger.Description}");
}
