namespace Weir.Grains.Streams;

/// <summary>How streams are read from the log.</summary>
public sealed class WeirStreamOptions
{
    /// <summary>
    /// Queue slots that the streams of all topics share out among the silos; 1 to 1024, default 8. It must be the same
    /// on every silo.
    /// </summary>
    public int Slots { get; set; } = 8;

    /// <summary>The most events that are delivered at once, unless one batch has more; default 8192.</summary>
    public int MaxEvents { get; set; } = 8192;

    /// <summary>
    /// The most payload bytes that are delivered at once, unless one batch has more; default 512 KiB. A subscription
    /// holds twice as much at most: what is being delivered and what comes next.
    /// </summary>
    public int MaxBytes { get; set; } = 512 << 10;

    /// <summary>How long a silo waits for news of a slot before it looks after the slot itself; default 1 s.</summary>
    public TimeSpan PollWait { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How often the log is asked for topics and appends that this process did not notice; default 5 s.
    /// </summary>
    public TimeSpan RefreshInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How often every stream that has data is announced again, so that a subscription whose delivery broke
    /// off comes back; default 10 s.</summary>
    public TimeSpan ReannounceInterval { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Wait before a delivery that failed is repeated; it doubles up to <see cref="MaxRetryDelay"/>. Default
    /// 50 ms.</summary>
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromMilliseconds(50);

    /// <summary>The longest wait between two attempts; default 2 s.</summary>
    public TimeSpan MaxRetryDelay { get; set; } = TimeSpan.FromSeconds(2);

    internal string? Fault() =>
        Slots is < 1 or > 1024 ? "Slots must be 1 to 1024."
        : MaxEvents < 1 || MaxBytes < 1 ? "MaxEvents and MaxBytes must be 1 or more."
        : PollWait <= TimeSpan.Zero || PollWait > TimeSpan.FromMinutes(1)
            ? "PollWait must be above 0, at most 1 minute."
        : RefreshInterval <= TimeSpan.Zero ? "RefreshInterval must be above 0."
        : ReannounceInterval <= TimeSpan.Zero || ReannounceInterval > TimeSpan.FromMinutes(10)
            ? "ReannounceInterval must be above 0, at most 10 minutes: streams that are quiet for longer are forgotten."
        : RetryDelay <= TimeSpan.Zero || MaxRetryDelay < RetryDelay
            ? "RetryDelay must be above 0, at most MaxRetryDelay."
        : null;
}
