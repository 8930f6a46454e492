namespace Weir.Engine.Graph;

using System.Runtime.CompilerServices;
using Weir.Engine.Aggregates;
using Weir.Engine.Codecs;
using Weir.Engine.State;
using Weir.Engine.Streams;
using Weir.Engine.Windows;

/// <summary>What becomes of the events of a window; makes the contents of its operator once codecs are known.</summary>
internal sealed record WindowFunction<TKey, TIn, TOut>(
    string Description, IReadOnlyList<Type> StateTypes, Func<CodecRegistry, WindowContents<TKey, TIn, TOut>> Create)
    where TKey : notnull
{
    /// <summary>The state of a function of the user's.</summary>
    public IReadOnlyList<StateSlot> Slots { get; init; } = [];

    /// <summary>How events may be added up before they come to windows; null, or gives null, if they may not.</summary>
    public Func<ISlottedWindows, Combining<TIn>?>? Combining { get; init; }
}

/// <summary>Which accumulators a window operator has, without naming their type.</summary>
internal sealed record AccumulatorKind<TIn, TResult>(Type Type, Func<CodecRegistry, Accumulators<TIn, TResult>> Create)
{
    /// <summary>How events may be added up before they come to windows; null, or gives null, if they may not.</summary>
    public Func<ISlottedWindows, Combining<TIn>?>? Combining { get; private init; }

    public static AccumulatorKind<TIn, TResult> Of<TAccumulator>(IAggregator<TIn, TAccumulator, TResult> aggregator) => new(
        typeof(TAccumulator),
        codecs => new Accumulators<TIn, TAccumulator, TResult>(aggregator, codecs.For<TAccumulator>()))
    {
        Combining = aggregator.MergesExactly ? windows => Combine(windows, aggregator) : null,
    };

    public string Description => $"aggregate {Type} to {typeof(TResult)}";

    // An object can not be the accumulator of several windows.
    private static Combining<TIn, TAccumulator, TResult>? Combine<TAccumulator>(
        ISlottedWindows windows, IAggregator<TIn, TAccumulator, TResult> aggregator) =>
        windows.Overlap && RuntimeHelpers.IsReferenceOrContainsReferences<TAccumulator>() ? null : new(windows, aggregator);

    public Refold<TIn, TResult> Refold(CodecRegistry codecs) => new(Create(codecs));
}

/// <summary>
/// The kinds of functions: an aggregate, a function over all events, or one over the result of an aggregate. With an
/// evictor the window keeps all events in any case.
/// </summary>
internal static class WindowFunctions
{
    public static WindowFunction<TKey, TIn, Windowed<TKey, TResult>> Aggregate<TKey, TIn, TResult>(
        AccumulatorKind<TIn, TResult> kind, Evictor<TIn>? evictor)
        where TKey : notnull => evictor is null
            ? new(kind.Description, [kind.Type], codecs => new AggregatedContents<TKey, TIn, TResult>(kind.Create(codecs)))
            {
                Combining = kind.Combining,
            }
            : Evicted(
                $"{kind.Description} {Of(evictor)}",
                [typeof(TIn), kind.Type],
                codecs => new KeptAggregate<TKey, TIn, TResult>(kind.Refold(codecs)),
                evictor);

    public static WindowFunction<TKey, TIn, TOut> Process<TKey, TIn, TOut>(
        WindowProcess<TKey, TIn, TOut> function, Evictor<TIn>? evictor)
        where TKey : notnull
    {
        string description = $"process {function.GetType()}";
        WindowFunction<TKey, TIn, TOut> made = evictor is null
            ? new(
                description,
                [typeof(TIn)],
                codecs => new BufferedContents<TKey, TIn, TOut>(function, codecs.For<TIn>()))
            : Evicted(
                $"{description} {Of(evictor)}",
                [typeof(TIn)],
                _ => new KeptProcess<TKey, TIn, TOut>(function),
                evictor);
        return made with { Slots = [.. function.Slots] };
    }

    internal static WindowFunction<TKey, TIn, TOut> Conclude<TKey, TIn, TResult, TOut>(
        AccumulatorKind<TIn, TResult> kind, WindowProcess<TKey, TResult, TOut> function, Evictor<TIn>? evictor)
        where TKey : notnull
    {
        string description = $"{kind.Description} process {function.GetType()}";
        WindowFunction<TKey, TIn, TOut> made = evictor is null
            ? new(
                description,
                [kind.Type],
                codecs => new ConcludedContents<TKey, TIn, TResult, TOut>(kind.Create(codecs), function))
            {
                Combining = kind.Combining,
            }
            : Evicted(
                $"{description} {Of(evictor)}",
                [typeof(TIn), kind.Type],
                codecs => new KeptConclusion<TKey, TIn, TResult, TOut>(kind.Refold(codecs), function),
                evictor);
        return made with { Slots = [.. function.Slots] };
    }

    private static WindowFunction<TKey, TIn, TOut> Evicted<TKey, TIn, TOut>(
        string description,
        IReadOnlyList<Type> types,
        Func<CodecRegistry, KeptFunction<TKey, TIn, TOut>> create,
        Evictor<TIn> evictor)
        where TKey : notnull => new(
            description,
            types,
            codecs => new EvictedContents<TKey, TIn, TOut>(create(codecs), evictor, codecs.For<TIn>()));

    private static string Of<T>(Evictor<T> evictor) => $"evict {evictor.Description}";
}
