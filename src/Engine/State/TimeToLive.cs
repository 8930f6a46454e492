namespace Weir.Engine.State;

/// <summary>What renews the life of state.</summary>
public enum TimeToLiveUpdate
{
    /// <summary>Making and changing it.</summary>
    OnCreateAndWrite,

    /// <summary>Reading it too.</summary>
    OnReadAndWrite,
}

/// <summary>Whether state that has expired can still be read.</summary>
public enum ExpiredVisibility
{
    /// <summary>It is absent from the moment at which it expires.</summary>
    NeverReturnExpired,

    /// <summary>
    /// It may be read once more while it has not been cleaned up; that read removes it. Without effect where
    /// <see cref="TimeToLive.Cleanup"/> leaves nothing expired.
    /// </summary>
    ReturnExpiredIfNotCleanedUp,
}

/// <summary>How state expires; given to <c>ExpiresAfter</c> of a state slot.</summary>
/// <remarks>
/// <para>
/// Time is the ingestion clock, and time during which the job stands still counts. What was last updated at 50 and
/// lives for 100 ms is there at 149 and gone at 150. A value, a reduced value and an aggregate expire as a whole, a
/// list by item and a map by entry; adding to what has expired begins anew. What is written before the first tick of
/// the clock counts from that tick.
/// </para>
/// <para>
/// A later version of a job may turn the time to live on or off, or change its length: stored times of updates count
/// for the new length, and state without a stored time counts from the clock of the operator when it is restored.
/// </para>
/// </remarks>
public sealed record TimeToLive
{
    /// <summary>What renews it. Default: making and changing.</summary>
    public TimeToLiveUpdate Update { get; init; } = TimeToLiveUpdate.OnCreateAndWrite;

    /// <summary>Whether state that has expired can still be read. Default: never.</summary>
    public ExpiredVisibility Visibility { get; init; } = ExpiredVisibility.NeverReturnExpired;

    /// <summary>
    /// Whether state is removed as the clock makes it expire, at a cost for each removed entry and none for those that
    /// live; the topics of the job tick while something waits for that. Default: true. Otherwise only reading it
    /// removes it, and keys that are not read again stay in memory and in snapshots.
    /// </summary>
    public bool Cleanup { get; init; } = true;
}

/// <summary>A time to live as a slot keeps it.</summary>
/// <param name="Milliseconds">From the last update; 1 or more.</param>
/// <param name="Options">How it expires.</param>
internal sealed record Lifetime(long Milliseconds, TimeToLive Options)
{
    public bool RenewedByReads => Options.Update == TimeToLiveUpdate.OnReadAndWrite;

    public bool ShowsExpired => Options.Visibility == ExpiredVisibility.ReturnExpiredIfNotCleanedUp;

    public static Lifetime Of(TimeSpan span, TimeToLive? options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(span, TimeSpan.FromMilliseconds(1));
        long milliseconds = span == TimeSpan.MaxValue ? long.MaxValue : span.Ticks / TimeSpan.TicksPerMillisecond;
        return new Lifetime(milliseconds, options ?? new TimeToLive());
    }
}
