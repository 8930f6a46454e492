namespace Weir.Engine.Aggregates;

/// <summary>
/// Folds events into an accumulator as they come, so that a window keeps one value instead of its events. Stateless:
/// one object serves all keys and windows. Merging must give what adding all events of both would.
/// </summary>
/// <typeparam name="TIn">The type of the events.</typeparam>
/// <typeparam name="TAccumulator">
/// What is kept; needs a codec. A mutable struct avoids an object per window.
/// </typeparam>
/// <typeparam name="TResult">The type of the result.</typeparam>
public interface IAggregator<TIn, TAccumulator, out TResult>
{
    /// <summary>
    /// Whether merging is exact: however events are divided into runs, the accumulators of the runs, merged in their
    /// order, can not be told from the one to which all were added one by one; and <see cref="Add"/> leaves the
    /// accumulator as it was if it throws. Then tumbling and sliding windows may have the events of a key added up where
    /// they are read, and one accumulator sent in place of many events. True for whole numbers; not for floating point
    /// numbers, whose sums depend on the order of the additions in their last digits. Default: false.
    /// </summary>
    bool MergesExactly => false;

    /// <summary>The accumulator of no events.</summary>
    TAccumulator Create();

    /// <summary>Adds one event.</summary>
    void Add(ref TAccumulator accumulator, in TIn value);

    /// <summary>
    /// Adds what another accumulator holds, which is not used any more. Called when sessions merge, and for events that
    /// were added up before, see <see cref="MergesExactly"/>.
    /// </summary>
    void Merge(ref TAccumulator into, in TAccumulator from);

    /// <summary>
    /// The result now. May be asked for more than once; must neither change the accumulator nor be changed by what is
    /// added to it later.
    /// </summary>
    TResult Result(in TAccumulator accumulator);
}
