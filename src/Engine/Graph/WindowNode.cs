namespace Weir.Engine.Graph;

using Weir.Engine.Aggregates;
using Weir.Engine.Codecs;
using Weir.Engine.Operators;
using Weir.Engine.Streams;
using Weir.Engine.Windows;

/// <summary>Windows as the graph has them: how events are assigned, what panes hold, where late events go.</summary>
internal sealed class WindowNode<TKey, TIn, TOut>(
    string name, WindowSpec spec, WindowFunction<TKey, TIn, TOut> function)
    : OperatorNode<TKey, TOut>(name, "window")
    where TKey : notnull
{
    public WindowSpec Spec => spec;

    public required EventKey<TKey, TIn> Key { get; init; }

    public Trigger Trigger { get; init; } = spec.DefaultTrigger;

    public SideNode<TIn>? Late { get; set; }

    public override IEnumerable<Type> StateTypes => function.StateTypes;

    public override IEnumerable<Type> OutputTypes => Late is null ? [typeof(TOut)] : [typeof(TOut), typeof(TIn)];

    public override bool NeedsEventTime => spec.IsEventTime;

    public override bool NeedsClock => Trigger.UsesClock || (!spec.IsEventTime && spec.Assigner is not GlobalWindow);

    public WindowContents<TKey, TIn, TOut> CreateContents(CodecRegistry codecs) => function.Create(codecs);

    public override KeyedOperator Create(Stage stage) => new WindowOperator<TKey, TIn, TOut>(this, stage);

    // The default trigger is not named: a job that states it is the same job as one that does not.
    public override string Describe() => $"{base.Describe()} {spec.Describe()} {function.Description}"
        + (Trigger.Description == spec.DefaultTrigger.Description ? "" : $" trigger {Trigger.Description}");
}

/// <summary>Makes the contents of a window operator once codecs are known.</summary>
internal sealed record WindowFunction<TKey, TIn, TOut>(
    string Description, IReadOnlyList<Type> StateTypes, Func<CodecRegistry, WindowContents<TKey, TIn, TOut>> Create)
    where TKey : notnull;

/// <summary>Which accumulators a window operator has, without naming their type.</summary>
internal sealed record AccumulatorKind<TIn, TResult>(Type Type, Func<CodecRegistry, Accumulators<TIn, TResult>> Create)
{
    public static AccumulatorKind<TIn, TResult> Of<TAccumulator>(IAggregator<TIn, TAccumulator, TResult> aggregator) => new(
        typeof(TAccumulator),
        codecs => new Accumulators<TIn, TAccumulator, TResult>(aggregator, codecs.For<TAccumulator>()));
}

internal static class WindowFunctions
{
    public static WindowFunction<TKey, TIn, Windowed<TKey, TResult>> Aggregate<TKey, TIn, TResult>(
        AccumulatorKind<TIn, TResult> kind)
        where TKey : notnull => new(
            $"aggregate {kind.Type} to {typeof(TResult)}",
            [kind.Type],
            codecs => new AggregatedContents<TKey, TIn, TResult>(kind.Create(codecs)));

    public static WindowFunction<TKey, TIn, TOut> Process<TKey, TIn, TOut>(WindowProcess<TKey, TIn, TOut> function)
        where TKey : notnull => new(
            $"process {function.GetType()}",
            [typeof(TIn)],
            codecs => new BufferedContents<TKey, TIn, TOut>(function, codecs.For<TIn>()));

    public static WindowFunction<TKey, TIn, Windowed<TKey, TResult>> Aggregate<TKey, TIn, TResult>(
        AccumulatorKind<TIn, TResult> kind, Evictor<TIn> evictor)
        where TKey : notnull => new(
            $"aggregate {kind.Type} to {typeof(TResult)} {evictor.Description}",
            [typeof(TIn), kind.Type],
            codecs => new EvictedContents<TKey, TIn, Windowed<TKey, TResult>>(
                new KeptAggregate<TKey, TIn, TResult>(kind.Create(codecs)), evictor, codecs.For<TIn>()));

    public static WindowFunction<TKey, TIn, TOut> Process<TKey, TIn, TOut>(
        WindowProcess<TKey, TIn, TOut> function, Evictor<TIn> evictor)
        where TKey : notnull => new(
            $"process {function.GetType()} {evictor.Description}",
            [typeof(TIn)],
            codecs => new EvictedContents<TKey, TIn, TOut>(
                new KeptProcess<TKey, TIn, TOut>(function), evictor, codecs.For<TIn>()));
}
