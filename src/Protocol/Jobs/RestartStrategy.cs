namespace Weir.Protocol.Jobs;

using Weir.Engine.Time;

/// <summary>
/// When a job whose epoch failed begins the next one. The same failures at the same times give the same decisions: there
/// is no jitter, because a job's participants restart together anyway.
/// </summary>
public abstract record RestartStrategy
{
    private RestartStrategy()
    {
    }

    /// <summary>What a job has that says nothing: delays from 1 s to 60 s that double, forgotten after 10 minutes.
    /// </summary>
    public static RestartStrategy Default { get; } = new ExponentialDelay();

    /// <summary>How long to wait, or null to give up.</summary>
    /// <param name="history">The failures so far, the one at hand included.</param>
    public abstract TimeSpan? Decide(RestartHistory history);

    /// <summary>The first failure is the end.</summary>
    public sealed record None : RestartStrategy
    {
        /// <inheritdoc/>
        public override TimeSpan? Decide(RestartHistory history) => null;
    }

    /// <summary>A number of restarts, each after the same delay.</summary>
    /// <param name="Attempts">How many restarts there are; 0 or more.</param>
    /// <param name="Delay">Before each.</param>
    public sealed record FixedDelay(int Attempts, TimeSpan Delay) : RestartStrategy
    {
        /// <inheritdoc/>
        public override TimeSpan? Decide(RestartHistory history)
        {
            ArgumentNullException.ThrowIfNull(history);
            return history.Failures.Count <= Attempts ? Delay : null;
        }
    }

    /// <summary>Delays that grow with every failure, without an end.</summary>
    /// <remarks>1 s, 2 s, 4 s … 60 s, 60 s; after an epoch that ran for 10 minutes, 1 s again.</remarks>
    public sealed record ExponentialDelay : RestartStrategy
    {
        /// <summary>The first; default 1 s.</summary>
        public TimeSpan Initial { get; init; } = TimeSpan.FromSeconds(1);

        /// <summary>The longest; default 60 s.</summary>
        public TimeSpan Maximum { get; init; } = TimeSpan.FromSeconds(60);

        /// <summary>By which each grows, 1 or more; default 2.</summary>
        public double Factor { get; init; } = 2;

        /// <summary>After an epoch that ran this long the delays begin anew; default 10 minutes.</summary>
        public TimeSpan ResetAfter { get; init; } = TimeSpan.FromMinutes(10);

        /// <inheritdoc/>
        public override TimeSpan? Decide(RestartHistory history)
        {
            ArgumentNullException.ThrowIfNull(history);
            double ticks = Initial.Ticks;
            for (int i = history.FailuresSince(ResetAfter); i > 1 && ticks < Maximum.Ticks; i--)
                ticks *= Factor;
            return TimeSpan.FromTicks((long)Math.Min(ticks, Maximum.Ticks));
        }
    }

    /// <summary>Restarts after the same delay, unless there are too many failures in a stretch of time.</summary>
    /// <param name="Failures">This many within the interval are one too many when one more comes; 1 or more.</param>
    /// <param name="Interval">The stretch of time.</param>
    /// <param name="Delay">Before each restart.</param>
    public sealed record FailureRate(int Failures, TimeSpan Interval, TimeSpan Delay) : RestartStrategy
    {
        /// <inheritdoc/>
        public override TimeSpan? Decide(RestartHistory history)
        {
            ArgumentNullException.ThrowIfNull(history);
            EventTime last = history.Failures[^1].At;
            return history.Failures.Count(each => last - each.At <= Interval) > Failures ? null : Delay;
        }
    }
}

/// <summary>The failures of a job since it was started.</summary>
public sealed class RestartHistory
{
    private const int Kept = 1000;
    private readonly List<(EventTime At, TimeSpan Ran)> _failures = [];
    private EventTime? _startedAt;

    /// <summary>When epochs failed and how long each had run, oldest first; at most 1,000.</summary>
    public IReadOnlyList<(EventTime At, TimeSpan Ran)> Failures => _failures;

    /// <summary>An epoch runs.</summary>
    public void OnRunning(EventTime now) => _startedAt = now;

    /// <summary>An epoch failed, be it before it ran.</summary>
    public void OnFailure(EventTime now)
    {
        _failures.Add((now, _startedAt is { } started ? now - started : TimeSpan.Zero));
        _startedAt = null;
        if (_failures.Count > Kept)
            _failures.RemoveAt(0);
    }

    /// <summary>How many failures there were since the last epoch that ran at least this long, its own included.
    /// </summary>
    public int FailuresSince(TimeSpan ran)
    {
        int last = _failures.FindLastIndex(each => each.Ran >= ran);
        return _failures.Count - Math.Max(last, 0);
    }
}
