namespace Weir.Engine.Graph;

using System.Runtime.CompilerServices;
using Weir.Engine.Aggregates;
using Weir.Engine.Codecs;
using Weir.Engine.Operators;
using Weir.Engine.Streams;
using Weir.Engine.Windows;

/// <summary>An operator whose events may be added up before they come to it.</summary>
internal interface ICombines<T>
{
    /// <summary>How, or null if each event must come as it is.</summary>
    Combining<T>? Combining { get; }
}

/// <summary>How events of one key and one slot of time are added up before they come to the windows of the slot.</summary>
internal abstract class Combining<T>(ISlottedWindows windows)
{
    public ISlottedWindows Windows => windows;

    public abstract Receiver<T> Receive<TKey>(KeyEdge<TKey, T> edge, RouterSpec spec, Stage stage)
        where TKey : notnull;

    public abstract Slice NewSlice<TKey>(SliceTarget target, CodecRegistry codecs)
        where TKey : notnull;
}

internal abstract class Combining<T, TAccumulator>(ISlottedWindows windows) : Combining<T>(windows)
{
    public abstract TAccumulator Create();

    public abstract void Add(ref TAccumulator accumulator, in T value);

    /// <summary>Adds each value to the accumulator at its place.</summary>
    /// <param name="accumulators">To some of these.</param>
    /// <param name="places">The place for each value.</param>
    /// <param name="values">As many as places, or more.</param>
    /// <param name="added">Rises by one with every value that has been added, also where one fails.</param>
    public abstract void Add(
        Span<TAccumulator> accumulators, ReadOnlySpan<int> places, ReadOnlySpan<T> values, ref int added);

    public static Codec<Partial<TKey, TAccumulator>> CodecOf<TKey>(CodecRegistry codecs)
        where TKey : notnull
    {
        var hasher = KeyHasher<TKey>.For(codecs.For<TKey>());
        return new PartialCodec<TKey, TAccumulator>(codecs.For<TKey>(), codecs.For<TAccumulator>(), hasher.Hash);
    }

    public sealed override Receiver<T> Receive<TKey>(KeyEdge<TKey, T> edge, RouterSpec spec, Stage stage) =>
        new CombiningRouter<TKey, T, TAccumulator>(this, edge, spec, stage);

    public sealed override Slice NewSlice<TKey>(SliceTarget target, CodecRegistry codecs) =>
        new Slice<Partial<TKey, TAccumulator>>(target, CodecOf<TKey>(codecs));
}

internal sealed class Combining<T, TAccumulator, TResult>(
    ISlottedWindows windows, IAggregator<T, TAccumulator, TResult> aggregator) : Combining<T, TAccumulator>(windows)
{
    public override TAccumulator Create() => aggregator.Create();

    public override void Add(ref TAccumulator accumulator, in T value) => aggregator.Add(ref accumulator, in value);

    [MethodImpl(MethodImplOptions.NoInlining)]
    public override void Add(
        Span<TAccumulator> accumulators, ReadOnlySpan<int> places, ReadOnlySpan<T> values, ref int added)
    {
        IAggregator<T, TAccumulator, TResult> each = aggregator;
        values = values[..places.Length];
        int before = added;
        for (int i = 0; i < values.Length; i++)
        {
            each.Add(ref accumulators[places[i]], in values[i]);
            added = before + i + 1;
        }
    }
}
