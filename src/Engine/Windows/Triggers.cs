namespace Weir.Engine.Windows;

/// <summary>The triggers that the engine has. Source: Flink's triggers of the same names.</summary>
public static class Triggers
{
    /// <summary>
    /// Fires when the watermark reaches the window's last instant, and at once for each event that comes after. The
    /// default of event-time windows.
    /// </summary>
    public static Trigger EventTime { get; } = new EventTimeTrigger();

    /// <summary>
    /// Fires when the ingestion clock has passed the window's last instant. The default of processing-time windows.
    /// </summary>
    public static Trigger ProcessingTime { get; } = new ProcessingTimeTrigger();

    /// <summary>Never fires. The default of the global window.</summary>
    public static Trigger Never { get; } = new NeverTrigger();

    /// <summary>Fires when the input has ended.</summary>
    public static Trigger EndOfStream { get; } = new EndOfStreamTrigger();

    /// <summary>Fires with every n-th event of the window. Windows that merge add their counts.</summary>
    /// <param name="n">1 or more.</param>
    public static Trigger Count(long n)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(n);
        return new CountTrigger(n);
    }

    /// <summary>
    /// Fires at the multiples of an interval that the watermark passes after the window's first event, and at the
    /// window's last instant. Every 2 s, an event at 1.5 s: at 2 s, 4 s and so on.
    /// </summary>
    /// <param name="interval">1 ms or more.</param>
    public static Trigger ContinuousEventTime(TimeSpan interval) =>
        new ContinuousEventTimeTrigger(Windows.Positive(interval, nameof(interval)));

    /// <summary>
    /// Fires at the multiples of an interval that the ingestion clock passes after the window's first event, and not
    /// after the window's last instant. For a window that stays open longer, the next event sets it going again.
    /// </summary>
    /// <param name="interval">1 ms or more.</param>
    public static Trigger ContinuousProcessingTime(TimeSpan interval) =>
        new ContinuousProcessingTimeTrigger(Windows.Positive(interval, nameof(interval)));

    /// <summary>
    /// Fires when a number of an event is farther than a threshold from that of the event that it fired with before,
    /// or of the window's first event. With 10: 5 opens the window, 15 does nothing, 16 fires, and so does 27. Not for
    /// sessions.
    /// </summary>
    /// <param name="threshold">The greatest distance that does not fire.</param>
    /// <param name="number">A pure function of an event.</param>
    public static Trigger Delta<T>(double threshold, Func<T, double> number)
    {
        ArgumentNullException.ThrowIfNull(number);
        return new DeltaTrigger<T>(threshold, number);
    }

    /// <summary>
    /// Fires when another trigger does, and also when the ingestion clock has passed a span since the first event
    /// after it last fired: a count of 100 or 1 s, whichever comes first. A timeout begins the other one anew. Not for
    /// sessions. Source: Flink's ProcessingTimeoutTrigger.
    /// </summary>
    /// <param name="inner">The other trigger.</param>
    /// <param name="timeout">1 ms or more.</param>
    /// <param name="restart">Whether each event begins the span anew. Default: no.</param>
    public static Trigger Timeout(Trigger inner, TimeSpan timeout, bool restart = false)
    {
        ArgumentNullException.ThrowIfNull(inner);
        return new TimeoutTrigger(inner, Windows.Positive(timeout, nameof(timeout)), restart);
    }

    /// <summary>Drops the contents of the window whenever another trigger makes it fire.</summary>
    public static Trigger Purging(Trigger inner)
    {
        ArgumentNullException.ThrowIfNull(inner);
        return new PurgingTrigger(inner);
    }
}
