namespace Weir.Engine.State;

using Weir.Engine.Codecs;

/// <summary>One value per key.</summary>
/// <typeparam name="T">The type of the value.</typeparam>
public sealed class ValueSlot<T> : StateSlot
{
    internal ValueSlot(string name)
        : base(name)
    {
    }

    internal IReadOnlyList<OlderVersion<T>> Older { get; init; } = [];

    internal override IReadOnlyList<Type> Types => TypesOf(Older);

    /// <summary>The same state with a time to live: it expires this long after its last update.</summary>
    /// <param name="timeToLive">1 ms or more; <see cref="TimeSpan.MaxValue"/> is for ever.</param>
    /// <param name="options">How it expires; by default as <see cref="TimeToLive"/> says.</param>
    public ValueSlot<T> ExpiresAfter(TimeSpan timeToLive, TimeToLive? options = null) =>
        new(Name) { Lifetime = Lifetime.Of(timeToLive, options), Older = Older };

    /// <summary>
    /// Says how to read values that were stored before the type changed: the old type is kept under another name, and
    /// each of its values is upgraded when a snapshot is restored. What is stored from then on has the version after
    /// the newest upgraded one; without an upgrade it has version 1.
    /// </summary>
    /// <typeparam name="TOld">The type as it was.</typeparam>
    /// <param name="version">The version that was stored, 1 or more.</param>
    /// <param name="upgrade">A pure function of the old value.</param>
    public ValueSlot<T> Upgrading<TOld>(int version, Func<TOld, T> upgrade) =>
        new(Name) { Lifetime = Lifetime, Older = Older.And(version, upgrade) };

    internal override StateColumn CreateColumn(CodecRegistry codecs, CurrentRow current) =>
        new ValueColumn<T>(this, new ElementCodec<T>(codecs, Older), current);
}
