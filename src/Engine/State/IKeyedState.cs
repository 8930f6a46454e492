namespace Weir.Engine.State;

/// <summary>One value of the current key.</summary>
/// <typeparam name="T">The type of the value.</typeparam>
public interface IValueState<T>
{
    /// <summary>Whether there is a value.</summary>
    bool HasValue { get; }

    /// <summary>The value, or the default of the type if there is none. Setting null clears it.</summary>
    T? Value { get; set; }

    /// <summary>Removes the value.</summary>
    void Clear();
}

/// <summary>A list of the current key, in order of insertion.</summary>
/// <typeparam name="T">The type of the items.</typeparam>
public interface IListState<T>
{
    /// <summary>The items; empty when there are none. Valid until the list is next changed.</summary>
    IReadOnlyList<T> Items { get; }

    /// <summary>Adds an item at the end.</summary>
    void Add(T item);

    /// <summary>Adds items at the end.</summary>
    void AddRange(IEnumerable<T> items);

    /// <summary>Replaces all items.</summary>
    void Replace(IEnumerable<T> items);

    /// <summary>Removes all items.</summary>
    void Clear();
}

/// <summary>A map of the current key, in order of first insertion.</summary>
/// <typeparam name="TKey">The type of the map's keys.</typeparam>
/// <typeparam name="TValue">The type of the map's values; null is allowed.</typeparam>
public interface IMapState<TKey, TValue>
    where TKey : notnull
{
    /// <summary>Number of entries.</summary>
    int Count { get; }

    /// <summary>The entries; empty when there are none. Valid until the map is next changed.</summary>
    IReadOnlyCollection<KeyValuePair<TKey, TValue>> Entries { get; }

    /// <summary>Sets or gets an entry; getting an absent one is a <see cref="KeyNotFoundException"/>.</summary>
    TValue this[TKey key] { get; set; }

    /// <summary>Gets an entry if it is there.</summary>
    bool TryGet(TKey key, [System.Diagnostics.CodeAnalysis.MaybeNullWhen(false)] out TValue value);

    /// <summary>Whether there is an entry.</summary>
    bool Contains(TKey key);

    /// <summary>Removes an entry; false if there was none.</summary>
    bool Remove(TKey key);

    /// <summary>Removes all entries.</summary>
    void Clear();
}
