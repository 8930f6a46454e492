namespace Weir.Engine.Windows;

using Weir.Engine.Aggregates;
using Weir.Engine.Codecs;
using Weir.Engine.Operators;
using Weir.Engine.State;

/// <summary>The accumulators of all panes of a group, without naming their type.</summary>
internal abstract class Accumulators<TIn, TResult>
{
    public abstract string Schema { get; }

    /// <summary>Whether an accumulator to which nothing was added has a result.</summary>
    public abstract bool HasResultOfNothing { get; }

    public abstract bool IsEmpty(int pane);

    /// <summary>Gives the pane an accumulator if it has none.</summary>
    public abstract void Touch(int pane);

    public abstract void Add(int pane, in TIn value);

    /// <summary>Merges a run of a slice of partials into the panes that they belong to.</summary>
    public abstract void AddPartials<TKey>(Slice slice, int from, int to, IPartialPanes<TKey> panes)
        where TKey : notnull;

    /// <summary>Reads ahead what panes hold, see <see cref="ReadAhead"/>.</summary>
    public abstract int Foresee(ReadOnlySpan<int> panes);

    public abstract void Merge(int into, int from);

    public abstract void Clear(int pane);

    /// <summary>Clears the panes 0 to <paramref name="count"/> - 1.</summary>
    public abstract void ClearTo(int count);

    public abstract TResult Result(int pane);

    public abstract void Write(int pane, ByteWriter writer);

    public abstract void Read(int pane, ByteReader reader);
}

internal sealed class Accumulators<TIn, TAccumulator, TResult>(
    IAggregator<TIn, TAccumulator, TResult> aggregator, Codec<TAccumulator> codec) : Accumulators<TIn, TResult>
{
    private TAccumulator[] _accumulators = new TAccumulator[16];
    private bool[] _present = new bool[16];

    public override string Schema => codec.Schema;

    public override bool HasResultOfNothing => aggregator is not ReduceAggregator<TIn>;

    public override bool IsEmpty(int pane) => pane >= _present.Length || !_present[pane];

    public override void Touch(int pane) => Open(pane);

    public override void Add(int pane, in TIn value) => aggregator.Add(ref Open(pane), in value);

    public override void AddPartials<TKey>(Slice slice, int from, int to, IPartialPanes<TKey> panes)
    {
        var partials = (Slice<Partial<TKey, TAccumulator>>)slice;
        Span<uint> hashes = stackalloc uint[ReadAhead.Width];
        for (int i = from; i < to; i++)
        {
            if ((i - from) % ReadAhead.Width == 0)
            {
                int count = Math.Min(ReadAhead.Width, to - i);
                for (int next = 0; next < count; next++)
                    hashes[next] = partials.Values[i + next].Hash;
                panes.LookAhead(hashes[..count]);
            }

            ref readonly Partial<TKey, TAccumulator> partial = ref partials.Values[i];
            try
            {
                foreach (int pane in panes.PanesOf(partial.Key, partial.Hash, partials.Times[i], partial.Events))
                    Merge(pane, in partial);
            }
            catch (Exception fault) when (fault is not OperatorFailedException)
            {
                throw panes.Failed(partial.Key, partials.Times[i], (slice.Target.Channel, partials.OffsetAt(i)), fault);
            }
        }
    }

    public override int Foresee(ReadOnlySpan<int> panes) =>
        ReadAhead.Read(_present, panes) ^ ReadAhead.Read(_accumulators, panes);

    public override void Merge(int into, int from)
    {
        if (IsEmpty(from))
            return;
        ref TAccumulator target = ref Open(into);
        aggregator.Merge(ref target, in _accumulators[from]);
        Clear(from);
    }

    public override void Clear(int pane)
    {
        if (IsEmpty(pane))
            return;
        _accumulators[pane] = default!;
        _present[pane] = false;
    }

    public override void ClearTo(int count)
    {
        count = Math.Min(count, _present.Length);
        Array.Clear(_accumulators, 0, count);
        Array.Clear(_present, 0, count);
    }

    public override TResult Result(int pane) => aggregator.Result(in _accumulators[pane]);

    public override void Write(int pane, ByteWriter writer) => codec.Write(writer, in _accumulators[pane]);

    public override void Read(int pane, ByteReader reader) => Open(pane) = codec.Read(reader);

    private void Merge<TKey>(int pane, in Partial<TKey, TAccumulator> partial)
    {
        bool isFirst = IsEmpty(pane);
        ref TAccumulator target = ref Open(pane);
        if (isFirst)
            target = partial.Accumulator;
        else
            aggregator.Merge(ref target, partial.Accumulator);
    }

    private ref TAccumulator Open(int pane)
    {
        if (pane >= _accumulators.Length)
        {
            int size = Math.Max(_accumulators.Length * 2, pane + 1);
            Array.Resize(ref _accumulators, size);
            Array.Resize(ref _present, size);
        }

        if (!_present[pane])
        {
            _present[pane] = true;
            _accumulators[pane] = aggregator.Create();
        }

        return ref _accumulators[pane];
    }
}
