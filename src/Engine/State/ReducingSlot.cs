namespace Weir.Engine.State;

using Weir.Engine.Codecs;

/// <summary>One value per key, into which every addition is folded at once.</summary>
/// <typeparam name="T">The type of the value and of what is added.</typeparam>
public sealed class ReducingSlot<T> : StateSlot
{
    internal ReducingSlot(string name, Func<T, T, T> reduce)
        : base(name) => Reduce = reduce;

    internal Func<T, T, T> Reduce { get; }

    internal IReadOnlyList<OlderVersion<T>> Older { get; init; } = [];

    internal override IReadOnlyList<Type> Types => TypesOf(Older);

    /// <summary>The same state with a time to live: it expires this long after the last addition.</summary>
    /// <param name="timeToLive">1 ms or more; <see cref="TimeSpan.MaxValue"/> is for ever.</param>
    /// <param name="options">How it expires; by default as <see cref="TimeToLive"/> says.</param>
    public ReducingSlot<T> ExpiresAfter(TimeSpan timeToLive, TimeToLive? options = null) =>
        new(Name, Reduce) { Lifetime = Lifetime.Of(timeToLive, options), Older = Older };

    /// <summary>
    /// Says how to read values that were stored before the type changed; see
    /// <see cref="ValueSlot{T}.Upgrading{TOld}"/>.
    /// </summary>
    /// <typeparam name="TOld">The type as it was.</typeparam>
    /// <param name="version">The version that was stored, 1 or more.</param>
    /// <param name="upgrade">A pure function of the old value.</param>
    public ReducingSlot<T> Upgrading<TOld>(int version, Func<TOld, T> upgrade) =>
        new(Name, Reduce) { Lifetime = Lifetime, Older = Older.And(version, upgrade) };

    internal override StateColumn CreateColumn(CodecRegistry codecs, CurrentRow current) =>
        new ReducingColumn<T>(this, new ElementCodec<T>(codecs, Older), current);
}
