namespace Weir.Engine.Joins;

using Weir.Engine.Time;

/// <summary>
/// How far apart in event time two events may lie to be joined: a left one at l and a right one at r if
/// <c>l + lower &lt;= r &lt;= l + upper</c>, strictly so at an end that is made exclusive. From -5 s to 10 s, a left
/// event at 60 s meets right ones from 55 s to 70 s.
/// </summary>
public sealed class JoinInterval
{
    private readonly long _lower;
    private readonly long _upper;
    private readonly bool _withoutLower;
    private readonly bool _withoutUpper;

    private JoinInterval(long lower, long upper, bool withoutLower, bool withoutUpper)
    {
        _lower = lower;
        _upper = upper;
        _withoutLower = withoutLower;
        _withoutUpper = withoutUpper;
    }

    /// <summary>The least distance that is inside, in milliseconds.</summary>
    internal long Lower => _withoutLower && _lower != long.MaxValue ? _lower + 1 : _lower;

    /// <summary>The greatest distance that is inside, in milliseconds; below the least one if nothing is.</summary>
    internal long Upper => _withoutUpper && _upper != long.MinValue ? _upper - 1 : _upper;

    internal string Description => $"from {Lower} to {Upper}";

    /// <summary>An interval with both ends inside.</summary>
    /// <param name="lower">How much earlier (negative) or later (positive) than the left event the right one is at
    /// least; whole milliseconds count. <see cref="TimeSpan.MinValue"/>: without bound.</param>
    /// <param name="upper">The same at most, not below <paramref name="lower"/>. <see cref="TimeSpan.MaxValue"/>:
    /// without bound, so left events are held until the end of the input.</param>
    /// <exception cref="ArgumentException"><paramref name="lower"/> is above <paramref name="upper"/>.</exception>
    public static JoinInterval Between(TimeSpan lower, TimeSpan upper)
    {
        if (lower > upper)
            throw new ArgumentException(
                $"The interval begins at {lower} and ends at {upper}, before its begin: swap the two.", nameof(upper));
        return new JoinInterval(Milliseconds(lower), Milliseconds(upper), withoutLower: false, withoutUpper: false);
    }

    /// <summary>The same interval without its lower end.</summary>
    public JoinInterval LowerExclusive() => new(_lower, _upper, withoutLower: true, _withoutUpper);

    /// <summary>The same interval without its upper end.</summary>
    public JoinInterval UpperExclusive() => new(_lower, _upper, _withoutLower, withoutUpper: true);

    /// <summary>When a left event has met all that it waits for.</summary>
    internal EventTime LeftCleanup(EventTime time) => time.Plus(Math.Max(Upper, 0));

    /// <summary>When a right event has met all that it waits for.</summary>
    internal EventTime RightCleanup(EventTime time) => time.Minus(Math.Min(Lower, 0));

    private static long Milliseconds(TimeSpan span)
    {
        if (span == TimeSpan.MaxValue)
            return long.MaxValue;
        return span == TimeSpan.MinValue ? long.MinValue : span.Ticks / TimeSpan.TicksPerMillisecond;
    }
}
