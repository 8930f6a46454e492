namespace Weir.Engine.State;

/// <summary>
/// One value of the current key. With a time to live, asking whether there is a value counts as a read of it.
/// </summary>
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

/// <summary>A value of the current key, into which every addition is folded at once.</summary>
/// <typeparam name="T">The type of the value and of what is added.</typeparam>
public interface IReducingState<T>
{
    /// <summary>Whether anything was added.</summary>
    bool HasValue { get; }

    /// <summary>All additions folded into one, or the default of the type if there are none.</summary>
    T? Value { get; }

    /// <summary>Folds an addition in; the first is the value itself. A fold that gives null clears it.</summary>
    void Add(T value);

    /// <summary>Forgets all additions.</summary>
    void Clear();
}

/// <summary>An accumulator of the current key, to which every addition is added at once.</summary>
/// <typeparam name="TIn">The type of what is added.</typeparam>
/// <typeparam name="TResult">The type of the result.</typeparam>
public interface IAggregatingState<in TIn, out TResult>
{
    /// <summary>Whether anything was added.</summary>
    bool HasValue { get; }

    /// <summary>The result of all additions, or the default of the type if there are none.</summary>
    TResult? Value { get; }

    /// <summary>Adds to the accumulator, a new one if there is none.</summary>
    void Add(TIn value);

    /// <summary>Forgets all additions.</summary>
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
    /// <summary>Number of entries. With a time to live, this is no read of them.</summary>
    int Count { get; }

    /// <summary>The entries; empty when there are none. Valid until the map is next changed.</summary>
    IReadOnlyCollection<KeyValuePair<TKey, TValue>> Entries { get; }

    /// <summary>Sets or gets an entry; getting an absent one is a <see cref="KeyNotFoundException"/>.</summary>
    TValue this[TKey key] { get; set; }

    /// <summary>Gets an entry if it is there.</summary>
    bool TryGet(TKey key, [System.Diagnostics.CodeAnalysis.MaybeNullWhen(false)] out TValue value);

    /// <summary>Whether there is an entry. With a time to live, this counts as a read of it.</summary>
    bool Contains(TKey key);

    /// <summary>Removes an entry; false if there was none.</summary>
    bool Remove(TKey key);

    /// <summary>Removes all entries.</summary>
    void Clear();
}
