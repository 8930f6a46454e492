namespace Weir.Engine.State;

using Weir.Engine.Codecs;

/// <summary>A list per key.</summary>
/// <typeparam name="T">The type of the items.</typeparam>
public sealed class ListSlot<T> : StateSlot
{
    internal ListSlot(string name)
        : base(name)
    {
    }

    internal IReadOnlyList<OlderVersion<T>> Older { get; init; } = [];

    internal override IReadOnlyList<Type> Types => TypesOf(Older);

    /// <summary>
    /// The same state with a time to live: each item expires this long after it was added. Reading the list reads all
    /// of its items.
    /// </summary>
    /// <param name="timeToLive">1 ms or more; <see cref="TimeSpan.MaxValue"/> is for ever.</param>
    /// <param name="options">How it expires; by default as <see cref="TimeToLive"/> says.</param>
    public ListSlot<T> ExpiresAfter(TimeSpan timeToLive, TimeToLive? options = null) =>
        new(Name) { Lifetime = Lifetime.Of(timeToLive, options), Older = Older };

    /// <summary>
    /// Says how to read items that were stored before their type changed; see
    /// <see cref="ValueSlot{T}.Upgrading{TOld}"/>.
    /// </summary>
    /// <typeparam name="TOld">The type as it was.</typeparam>
    /// <param name="version">The version that was stored, 1 or more.</param>
    /// <param name="upgrade">A pure function of the old item.</param>
    public ListSlot<T> Upgrading<TOld>(int version, Func<TOld, T> upgrade) =>
        new(Name) { Lifetime = Lifetime, Older = Older.And(version, upgrade) };

    internal override StateColumn CreateColumn(CodecRegistry codecs, CurrentRow current)
    {
        var codec = new ElementCodec<T>(codecs, Older);
        return Lifetime is null
            ? new ListColumn<T>(this, codec, current)
            : new ExpiringListColumn<T>(this, codec, current);
    }
}
