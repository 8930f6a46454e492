namespace Weir.Benchmarks.Nexmark.Queries;

using Weir.Benchmarks.Nexmark.Model;
using Weir.Engine.Operators;
using Weir.Engine.State;
using Weir.Engine.Time;
using Weir.Engine.Timers;

/// <summary>What the bids of a key have come to.</summary>
/// <param name="Bids">The bids.</param>
/// <param name="Bidders">The different bidders.</param>
/// <param name="Auctions">The different auctions.</param>
/// <param name="Latest">The time of the latest bid.</param>
/// <param name="IsDue">Whether a result is waiting to be given: 0 or 1.</param>
public readonly record struct StatisticsSoFar(
    ClassCounts Bids, ClassCounts Bidders, ClassCounts Auctions, EventTime Latest, long IsDue);

/// <summary>
/// Exact counts of bids, different bidders and different auctions. Who was counted in which classes is a bit each. Changes
/// are given every 2 s of event time, as the published runs gather them for 2 s.
/// </summary>
/// <typeparam name="TKey">What is counted by.</typeparam>
/// <typeparam name="TResult">What is given.</typeparam>
public abstract class BidStatistics<TKey, TResult> : KeyedProcess<TKey, Bid, TResult>
    where TKey : notnull
{
    private static readonly ValueSlot<StatisticsSoFar> SoFar = State.Value<StatisticsSoFar>("so-far");
    private static readonly MapSlot<long, byte> Bidders = State.Map<long, byte>("bidders");
    private static readonly MapSlot<long, byte> Auctions = State.Map<long, byte>("auctions");

    /// <inheritdoc/>
    public sealed override void OnEvent(Bid value, IKeyContext<TKey, TResult> key)
    {
        ArgumentNullException.ThrowIfNull(value);
        ArgumentNullException.ThrowIfNull(key);
        int priceClass = PriceClass.Of(value.Price);
        IValueState<StatisticsSoFar> state = key.State(SoFar);
        StatisticsSoFar all = state.Value;
        if (all.IsDue == 0)
            key.Timers.Register(Changes.Due(key.Time));
        state.Value = new StatisticsSoFar(
            all.Bids.With(priceClass),
            Count(all.Bidders, priceClass, value.Bidder, key.State(Bidders)),
            Count(all.Auctions, priceClass, value.Auction, key.State(Auctions)),
            EventTime.Max(all.Latest, value.DateTime),
            1);
    }

    /// <inheritdoc/>
    public sealed override void OnTimer(FiredTimer timer, IKeyContext<TKey, TResult> key)
    {
        ArgumentNullException.ThrowIfNull(key);
        IValueState<StatisticsSoFar> state = key.State(SoFar);
        StatisticsSoFar all = state.Value;
        state.Value = all with { IsDue = 0 };
        key.Emit(Result(in all, key));
    }

    /// <summary>The result of what there is so far.</summary>
    protected abstract TResult Result(in StatisticsSoFar all, IKeyContext<TKey, TResult> key);

    private static ClassCounts Count(ClassCounts counts, int priceClass, long who, IMapState<long, byte> known)
    {
        known.TryGet(who, out byte before);
        ClassCounts after = counts.WithDistinct(priceClass, before);
        if (after != counts)
            known[who] = (byte)(before | (1 << priceClass));
        return after;
    }
}

/// <summary>When changes are given.</summary>
internal static class Changes
{
    private const long Every = 2000;

    /// <summary>The last instant of the 2 s that a time is in: 3 456 ms gives 3 999 ms.</summary>
    public static EventTime Due(EventTime time) => new((((time.Milliseconds / Every) + 1) * Every) - 1);
}
