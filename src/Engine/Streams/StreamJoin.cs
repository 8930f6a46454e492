namespace Weir.Engine.Streams;

using Weir.Engine.Graph;
using Weir.Engine.Joins;
using Weir.Engine.Windows;

/// <summary>Two streams with the same keys, before it is said which of their events meet.</summary>
/// <typeparam name="TKey">The type of the key.</typeparam>
/// <typeparam name="TLeft">The type of the left stream's events.</typeparam>
/// <typeparam name="TRight">The type of the right stream's events.</typeparam>
public sealed class StreamJoin<TKey, TLeft, TRight>
    where TKey : notnull
{
    private readonly KeyedStream<TKey, Either<TLeft, TRight>> _both;

    internal StreamJoin(KeyedStream<TKey, Either<TLeft, TRight>> both) => _both = both;

    /// <summary>Events meet whose times lie an interval apart. Both streams need event time.</summary>
    /// <param name="interval">How much later than the left event the right one is.</param>
    public IntervalJoin<TKey, TLeft, TRight> Within(JoinInterval interval)
    {
        ArgumentNullException.ThrowIfNull(interval);
        return new IntervalJoin<TKey, TLeft, TRight>(_both, interval);
    }

    /// <summary>Events meet that are in the same window.</summary>
    /// <param name="windows">Made by <see cref="Windows"/>.</param>
    public WindowJoin<TKey, TLeft, TRight> Window(WindowSpec windows) => new(_both.Window(windows));
}

/// <summary>A join of the events whose times lie an interval apart, before it is said what it gives.</summary>
/// <typeparam name="TKey">The type of the key.</typeparam>
/// <typeparam name="TLeft">The type of the left stream's events.</typeparam>
/// <typeparam name="TRight">The type of the right stream's events.</typeparam>
public sealed class IntervalJoin<TKey, TLeft, TRight>
    where TKey : notnull
{
    private readonly KeyedStream<TKey, Either<TLeft, TRight>> _both;
    private readonly JoinInterval _interval;

    internal IntervalJoin(KeyedStream<TKey, Either<TLeft, TRight>> both, JoinInterval interval)
    {
        _both = both;
        _interval = interval;
    }

    /// <summary>
    /// Makes a result of each pair, as soon as both events are there; its timestamp is the later of the two. An event
    /// below the watermark is late and meets none. An event is held until the watermark has passed what it can meet.
    /// </summary>
    /// <param name="name">Identifies the state: required, unique in the job, and stable.</param>
    /// <param name="combine">A pure function of a left event and a right one.</param>
    public JoinedStream<TLeft, TRight, TResult> Select<TResult>(string name, Func<TLeft, TRight, TResult> combine)
    {
        ArgumentNullException.ThrowIfNull(combine);
        var node = _both.Add(
            new IntervalJoinNode<TKey, TLeft, TRight, TResult>(name, _interval, combine) { Key = _both.Key });
        return new JoinedStream<TLeft, TRight, TResult>(_both.Graph, node, node);
    }
}

/// <summary>A join with the version that was valid at an event's time, before it is said what it gives.</summary>
/// <typeparam name="TKey">The type of the key.</typeparam>
/// <typeparam name="TLeft">The type of the events.</typeparam>
/// <typeparam name="TRight">The type of the versions.</typeparam>
public sealed class TemporalJoin<TKey, TLeft, TRight>
    where TKey : notnull
{
    private readonly KeyedStream<TKey, Either<TLeft, TRight>> _both;
    private readonly Func<TRight, bool>? _ends;

    internal TemporalJoin(KeyedStream<TKey, Either<TLeft, TRight>> both, Func<TRight, bool>? ends)
    {
        _both = both;
        _ends = ends;
    }

    /// <summary>
    /// States which versions are deletions: from the time of such a one until the next version there is none. Nothing
    /// is held for the key once the watermark has passed it, so an older version that comes only then counts again.
    /// </summary>
    /// <param name="ends">A pure function of a version. Default: no version is a deletion.</param>
    public TemporalJoin<TKey, TLeft, TRight> EndedBy(Func<TRight, bool> ends)
    {
        ArgumentNullException.ThrowIfNull(ends);
        return new TemporalJoin<TKey, TLeft, TRight>(_both, ends);
    }

    /// <summary>
    /// Makes a result of each event that has a version: the newest of its key whose time is not later than its own; of
    /// two versions of one time the one that came last. Events without one are dropped.
    /// </summary>
    /// <remarks>
    /// An event gives its result when the watermark of both streams reaches its time, so results are in order of time;
    /// their timestamps are those of the events. An event that is not above the watermark is late: it is not joined,
    /// for the version of its time may be gone. A version that is not above the watermark is late as well: results
    /// that were given stay as they are, and later events see it unless a newer version is held. Both are counted.
    /// </remarks>
    /// <param name="name">Identifies the state: required, unique in the job, and stable.</param>
    /// <param name="combine">A pure function of an event and its version.</param>
    public JoinedStream<TLeft, TRight, TResult> Select<TResult>(string name, Func<TLeft, TRight, TResult> combine)
    {
        ArgumentNullException.ThrowIfNull(combine);
        return Add(name, new VersionRule<TLeft, TRight, TResult>(
            (left, version) => combine(left, version!), KeepsUnmatched: false, _ends));
    }

    /// <summary>
    /// Like <see cref="Select{TResult}"/>, but an event without a version gives a result as well.
    /// </summary>
    /// <param name="name">Identifies the state: required, unique in the job, and stable.</param>
    /// <param name="combine">A pure function of an event and its version, or the default of that type.</param>
    public JoinedStream<TLeft, TRight, TResult> SelectOrDefault<TResult>(
        string name, Func<TLeft, TRight?, TResult> combine)
    {
        ArgumentNullException.ThrowIfNull(combine);
        return Add(name, new VersionRule<TLeft, TRight, TResult>(combine, KeepsUnmatched: true, _ends));
    }

    private JoinedStream<TLeft, TRight, TResult> Add<TResult>(string name, VersionRule<TLeft, TRight, TResult> rule)
    {
        var node = _both.Add(new TemporalJoinNode<TKey, TLeft, TRight, TResult>(name, rule) { Key = _both.Key });
        return new JoinedStream<TLeft, TRight, TResult>(_both.Graph, node, node);
    }
}
