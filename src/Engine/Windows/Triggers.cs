namespace Weir.Engine.Windows;

using Weir.Engine.Time;
using Weir.Engine.Timers;

/// <summary>The triggers that the engine has. Source: Flink's triggers of the same names.</summary>
public static class Triggers
{
    /// <summary>
    /// Fires when the watermark reaches the window's last instant, and at once for each event that comes after. The
    /// default of event-time windows.
    /// </summary>
    public static Trigger EventTime { get; } = new EventTimeTrigger();

    /// <summary>
    /// Fires when the ingestion clock reaches the window's last instant. The default of processing-time windows.
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

internal sealed class EventTimeTrigger : Trigger
{
    public override string Description => "event-time";

    public override TriggerResult OnEvent(EventTime time, ITriggerContext window)
    {
        if (window.Window.MaxTimestamp <= window.Watermark)
            return TriggerResult.Fire;
        window.Register(window.Window.MaxTimestamp, TimeDomain.Event);
        return TriggerResult.Continue;
    }

    public override TriggerResult OnEventTime(EventTime time, ITriggerContext window) =>
        time == window.Window.MaxTimestamp ? TriggerResult.Fire : TriggerResult.Continue;

    public override void OnMerge(ITriggerContext window)
    {
        if (window.Window.MaxTimestamp > window.Watermark)
            window.Register(window.Window.MaxTimestamp, TimeDomain.Event);
    }

    public override void Clear(ITriggerContext window) => window.Delete(window.Window.MaxTimestamp, TimeDomain.Event);
}

internal sealed class ProcessingTimeTrigger : Trigger
{
    public override string Description => "processing-time";

    public override bool UsesClock => true;

    public override TriggerResult OnEvent(EventTime time, ITriggerContext window)
    {
        window.Register(window.Window.MaxTimestamp, TimeDomain.Processing);
        return TriggerResult.Continue;
    }

    public override TriggerResult OnProcessingTime(EventTime time, ITriggerContext window) => TriggerResult.Fire;

    public override void OnMerge(ITriggerContext window)
    {
        if (window.Window.MaxTimestamp > window.Clock)
            window.Register(window.Window.MaxTimestamp, TimeDomain.Processing);
    }

    public override void Clear(ITriggerContext window) =>
        window.Delete(window.Window.MaxTimestamp, TimeDomain.Processing);
}

internal sealed class NeverTrigger : Trigger
{
    public override string Description => "never";

    internal override bool UsesTimers => false;

    public override TriggerResult OnEvent(EventTime time, ITriggerContext window) => TriggerResult.Continue;
}

internal sealed class EndOfStreamTrigger : Trigger
{
    public override string Description => "end-of-stream";

    public override TriggerResult OnEvent(EventTime time, ITriggerContext window)
    {
        window.Register(Time.EventTime.MaxValue, TimeDomain.Event);
        return TriggerResult.Continue;
    }

    public override TriggerResult OnEventTime(EventTime time, ITriggerContext window) =>
        time == Time.EventTime.MaxValue ? TriggerResult.Fire : TriggerResult.Continue;

    public override void OnMerge(ITriggerContext window) =>
        window.Register(Time.EventTime.MaxValue, TimeDomain.Event);

    public override void Clear(ITriggerContext window) => window.Delete(Time.EventTime.MaxValue, TimeDomain.Event);
}

internal sealed class CountTrigger(long n) : Trigger
{
    public override int Cells => 1;

    public override string Description => $"count {n}";

    internal override bool UsesTimers => false;

    public override TriggerResult OnEvent(EventTime time, ITriggerContext window)
    {
        long count = (window[0] ?? 0) + 1;
        window[0] = count >= n ? null : count;
        return count >= n ? TriggerResult.Fire : TriggerResult.Continue;
    }

    public override long Combine(int cell, long left, long right) => left + right;

    public override void Clear(ITriggerContext window) => window[0] = null;
}
