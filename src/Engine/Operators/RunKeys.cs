namespace Weir.Engine.Operators;

using System.Runtime.CompilerServices;
using Weir.Engine.Streams;

/// <summary>
/// The keys of the events of a run, and their hashes. All are taken before any is used: in loops of one thing each the
/// processor works on several events at once. Invariant: taking them has no effect, so it can be done again.
/// </summary>
internal sealed class RunKeys<TKey>
    where TKey : notnull
{
    private TKey[] _keys = [];
    private uint[] _hashes = [];
    private int _count;

    public ReadOnlySpan<TKey> Keys => _keys.AsSpan(0, _count);

    public ReadOnlySpan<uint> Hashes => _hashes.AsSpan(0, _count);

    /// <summary>Takes the keys of events; false if one has none or its key can not be hashed.</summary>
    public bool TryTake<T>(ReadOnlySpan<T> values, EventKey<TKey, T> key, KeyHasher<TKey> hasher)
    {
        _count = 0;
        if (_keys.Length < values.Length)
        {
            _keys = new TKey[values.Length];
            _hashes = new uint[values.Length];
        }

        try
        {
            Take(values, key, _keys);
            hasher.Hash(_keys.AsSpan(0, values.Length), _hashes.AsSpan(0, values.Length));
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            return false;
        }

        _count = values.Length;
        return true;
    }

    // By itself, since what lives across a handler of exceptions is kept in memory.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Take<T>(ReadOnlySpan<T> values, EventKey<TKey, T> key, Span<TKey> keys)
    {
        keys = keys[..values.Length];
        for (int i = 0; i < values.Length; i++)
            keys[i] = key.Take(in values[i]);
    }

    /// <summary>Lets the objects among the keys go.</summary>
    public void Clear()
    {
        if (RuntimeHelpers.IsReferenceOrContainsReferences<TKey>())
            Array.Clear(_keys);
    }
}
