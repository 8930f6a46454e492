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
    private Slice<TIn>? _looked;
    private int _lookedFrom;
    private int _lookedTo;

    /// <summary>Made of everything that was read ahead, so that the reads are not left out.</summary>
    protected int Foreseen { get; set; }

    /// <summary>Reads ahead what rows own, see <see cref="ReadAhead"/>.</summary>
    /// <param name="rows">Rows, or -1; at most <see cref="ReadAhead.Width"/>.</param>
    protected virtual int Foresee(ReadOnlySpan<int> rows) => 0;

    private void ApplyAhead(Slice<TIn> events, int from, int to)
    {
        while (from < to)
        {
            for (int end = Math.Min(to, LookAt(events, from)); from < end; from++)
            {
                (TKey key, uint hash) = LookedAt(from);
                try
                {
                    OnEvent(RowOf(key, hash), in events.Values[from], events.Times[from]);
                }
                catch (Exception fault) when (fault is not OperatorFailedException)
                {
                    throw Failed(key, events, from, fault);
                }
            }
        }
    }

    /// <summary>
    /// Looks at an event of a slice and some behind it, also at such as come after a step of time, unless it has done so.
    /// </summary>
    /// <returns>The first that it has not looked at.</returns>
    protected int LookAt(Slice<TIn> events, int from)
    {
        // A slice that begins was never looked at, whatever its place in memory was before.
        if (from > 0 && _looked == events && from >= _lookedFrom && from < _lookedTo)
            return _lookedTo;
        (_looked, _lookedFrom) = (events, from);
        _lookedTo = Math.Min(from + ReadAhead.Width, events.Count);
        ReadOnlySpan<TIn> values = events.Values[from.._lookedTo];
        for (int i = 0; i < values.Length; i++)
        {
            TKey key = KeyOf(in values[i]);
            _nextKeys[i] = key;
            _nextHashes[i] = key is null ? 0 : HashOf(key);
        }

        LookAhead(_nextHashes.AsSpan(0, values.Length));
        return _lookedTo;
    }

    /// <summary>The key of an event that was looked at, and its hash.</summary>
    protected (TKey Key, uint Hash) LookedAt(int at) => (_nextKeys[at - _lookedFrom], _nextHashes[at - _lookedFrom]);

    /// <summary>Reads ahead what keys own, by their hashes; at most <see cref="ReadAhead.Width"/>.</summary>
    protected virtual void LookAhead(ReadOnlySpan<uint> hashes)
    {
        if (Keys.Count < ReadAhead.FewestKeys)
            return;
        Span<int> rows = _nextRows.AsSpan(0, hashes.Length);
        int read = Keys.Foresee(hashes, rows);
        Foreseen = read ^ Foresee(rows);
    }
}
