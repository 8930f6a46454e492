namespace Weir.Engine.State;

using Weir.Engine.Codecs;

/// <summary>A map per key.</summary>
/// <typeparam name="TKey">The type of the map's keys.</typeparam>
/// <typeparam name="TValue">The type of the map's values.</typeparam>
public sealed class MapSlot<TKey, TValue> : StateSlot
    where TKey : notnull
{
    internal MapSlot(string name)
        : base(name)
    {
    }

    internal IReadOnlyList<OlderVersion<TValue>> Older { get; init; } = [];

    internal override IReadOnlyList<Type> Types => [typeof(TKey), .. TypesOf(Older)];

    /// <summary>
    /// The same state with a time to live: each entry expires this long after it was last set. Reading
    /// <see cref="IMapState{TKey, TValue}.Entries"/> reads all of them; an entry that is set after it expired is a new
    /// one, at the end.
    /// </summary>
    /// <param name="timeToLive">1 ms or more; <see cref="TimeSpan.MaxValue"/> is for ever.</param>
    /// <param name="options">How it expires; by default as <see cref="TimeToLive"/> says.</param>
    public MapSlot<TKey, TValue> ExpiresAfter(TimeSpan timeToLive, TimeToLive? options = null) =>
        new(Name) { Lifetime = Lifetime.Of(timeToLive, options), Older = Older };

    /// <summary>
    /// Says how to read values that were stored before their type changed; see
    /// <see cref="ValueSlot{T}.Upgrading{TOld}"/>. The map's keys can not be upgraded.
    /// </summary>
    /// <typeparam name="TOld">The type of the values as it was.</typeparam>
    /// <param name="version">The version that was stored, 1 or more.</param>
    /// <param name="upgrade">A pure function of the old value.</param>
    public MapSlot<TKey, TValue> Upgrading<TOld>(int version, Func<TOld, TValue> upgrade) =>
        new(Name) { Lifetime = Lifetime, Older = Older.And(version, upgrade) };

    internal override StateColumn CreateColumn(CodecRegistry codecs, CurrentRow current)
    {
        var pair = (codecs.For<TKey>(), new ElementCodec<TValue>(codecs, Older));
        return Lifetime is null
            ? new MapColumn<TKey, TValue>(this, pair, current)
            : new ExpiringMapColumn<TKey, TValue>(this, pair, current);
    }
}

/// <summary>What maps with and without a time to live say alike.</summary>
internal static class MapSlot
{
    public static string Kind(Codec keys) => $"map from {keys.Schema}";

    public static KeyNotFoundException NoEntry<TKey>(StateSlot slot, TKey key) =>
        new($"The map state '{slot.Name}' has no entry '{key}'.");

    public static CorruptDataException Twice(StateSlot slot) =>
        new($"the map state '{slot.Name}' holds the same key twice, or null");
}
