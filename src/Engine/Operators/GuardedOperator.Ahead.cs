namespace Weir.Engine.Operators;

using Weir.Engine.State;

/// <content>
/// Events of many keys are looked at in runs of <see cref="ReadAhead.Width"/>: first what all of them need is read, then
/// each is applied. Invariant: reading ahead changes nothing, so what comes out is what applying one by one gives.
/// </content>
internal abstract partial class GuardedOperator<TKey, TIn, TOut>
{
    private readonly TKey[] _nextKeys = new TKey[ReadAhead.Width];
    private readonly uint[] _nextHashes = new uint[ReadAhead.Width];
    private readonly int[] _nextRows = new int[ReadAhead.Width];

    /// <summary>Made of everything that was read ahead, so that the reads are not left out.</summary>
    protected int Foreseen { get; private set; }

    /// <summary>Reads ahead what rows own, see <see cref="ReadAhead"/>.</summary>
    /// <param name="rows">Rows, or -1; at most <see cref="ReadAhead.Width"/>.</param>
    protected virtual int Foresee(ReadOnlySpan<int> rows) => 0;

    private void ApplyAhead(Slice<TIn> events, int from, int to)
    {
        for (int first = from; first < to; first += ReadAhead.Width)
        {
            int count = Math.Min(ReadAhead.Width, to - first);
            LookAhead(events.Values.Slice(first, count));
            for (int i = 0; i < count; i++)
            {
                try
                {
                    OnEvent(RowOf(_nextKeys[i], _nextHashes[i]), in events.Values[first + i], events.Times[first + i]);
                }
                catch (Exception fault) when (fault is not OperatorFailedException)
                {
                    throw Failed(_nextKeys[i], events, first + i, fault);
                }
            }
        }
    }

    private void LookAhead(ReadOnlySpan<TIn> values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            TKey key = KeyOf(in values[i]);
            _nextKeys[i] = key;
            _nextHashes[i] = key is null ? 0 : HashOf(key);
        }

        LookAhead(_nextHashes.AsSpan(0, values.Length));
    }

    /// <summary>Reads ahead what keys own, by their hashes; at most <see cref="ReadAhead.Width"/>.</summary>
    protected void LookAhead(ReadOnlySpan<uint> hashes)
    {
        Span<int> rows = _nextRows.AsSpan(0, hashes.Length);
        int read = Keys.Foresee(hashes, rows);
        Foreseen = read ^ Foresee(rows);
    }
}
