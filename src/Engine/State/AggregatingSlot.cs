namespace Weir.Engine.State;

using Weir.Engine.Aggregates;
using Weir.Engine.Codecs;

/// <summary>An accumulator per key, to which every addition is added at once.</summary>
/// <typeparam name="TIn">The type of what is added.</typeparam>
/// <typeparam name="TResult">The type of the result.</typeparam>
public abstract class AggregatingSlot<TIn, TResult> : StateSlot
{
    private protected AggregatingSlot(string name)
        : base(name)
    {
    }

    /// <summary>The same state with a time to live: it expires this long after the last addition.</summary>
    /// <param name="timeToLive">1 ms or more; <see cref="TimeSpan.MaxValue"/> is for ever.</param>
    /// <param name="options">How it expires; by default as <see cref="TimeToLive"/> says.</param>
    public abstract AggregatingSlot<TIn, TResult> ExpiresAfter(TimeSpan timeToLive, TimeToLive? options = null);

    /// <summary>
    /// Says how to read accumulators that were stored before their type changed; see
    /// <see cref="ValueSlot{T}.Upgrading{TOld}"/>.
    /// </summary>
    /// <typeparam name="TOld">The type of the accumulators as it was.</typeparam>
    /// <typeparam name="TAccumulator">The type of the accumulators as it is.</typeparam>
    /// <param name="version">The version that was stored, 1 or more.</param>
    /// <param name="upgrade">A pure function of the old accumulator.</param>
    /// <exception cref="ArgumentException">The accumulators have another type.</exception>
    public abstract AggregatingSlot<TIn, TResult> Upgrading<TOld, TAccumulator>(
        int version, Func<TOld, TAccumulator> upgrade);
}

/// <summary>Knows the type of the accumulators, which users need not name.</summary>
internal sealed class AggregatingSlot<TIn, TAccumulator, TResult>(
    string name, IAggregator<TIn, TAccumulator, TResult> aggregator) : AggregatingSlot<TIn, TResult>(name)
{
    public IAggregator<TIn, TAccumulator, TResult> Aggregator => aggregator;

    internal IReadOnlyList<OlderVersion<TAccumulator>> Older { get; init; } = [];

    internal override IReadOnlyList<Type> Types => TypesOf(Older);

    public override AggregatingSlot<TIn, TResult> ExpiresAfter(TimeSpan timeToLive, TimeToLive? options = null) =>
        new AggregatingSlot<TIn, TAccumulator, TResult>(Name, aggregator)
        {
            Lifetime = Lifetime.Of(timeToLive, options),
            Older = Older,
        };

    public override AggregatingSlot<TIn, TResult> Upgrading<TOld, TNew>(int version, Func<TOld, TNew> upgrade) =>
        upgrade is Func<TOld, TAccumulator> toAccumulator
            ? new AggregatingSlot<TIn, TAccumulator, TResult>(Name, aggregator)
            {
                Lifetime = Lifetime,
                Older = Older.And(version, toAccumulator),
            }
            : throw new ArgumentException(
                $"The accumulators of the state '{Name}' are of the type {typeof(TAccumulator)}, and the upgrade gives "
                + $"{typeof(TNew)}.",
                nameof(upgrade));

    internal override StateColumn CreateColumn(CodecRegistry codecs, CurrentRow current) =>
        new AggregatingColumn<TIn, TAccumulator, TResult>(
            this, new ElementCodec<TAccumulator>(codecs, Older), current);
}
