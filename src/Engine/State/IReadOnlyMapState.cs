namespace Weir.Engine.State;

/// <summary>A map that the reader can not change, in order of first insertion.</summary>
/// <typeparam name="TKey">The type of the map's keys.</typeparam>
/// <typeparam name="TValue">The type of the map's values; null is allowed.</typeparam>
public interface IReadOnlyMapState<TKey, TValue>
    where TKey : notnull
{
    /// <summary>Number of entries.</summary>
    int Count { get; }

    /// <summary>The entries; empty when there are none. Valid until the map is next changed.</summary>
    IReadOnlyCollection<KeyValuePair<TKey, TValue>> Entries { get; }

    /// <summary>Gets an entry; getting an absent one is a <see cref="KeyNotFoundException"/>.</summary>
    TValue this[TKey key] { get; }

    /// <summary>Gets an entry if it is there.</summary>
    bool TryGet(TKey key, [System.Diagnostics.CodeAnalysis.MaybeNullWhen(false)] out TValue value);

    /// <summary>Whether there is an entry.</summary>
    bool Contains(TKey key);
}
