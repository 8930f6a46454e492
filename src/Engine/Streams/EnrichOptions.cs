namespace Weir.Engine.Streams;

/// <summary>In which order the results of calls to the outside go on.</summary>
public enum ResultOrder
{
    /// <summary>In the order of their events: a slow call holds up the results behind it.</summary>
    Ordered = 0,

    /// <summary>
    /// As they arrive, but never across a step of time: a watermark waits for all events before it, and the results of
    /// events after it wait for the watermark. Two replays may differ in the order between watermarks.
    /// </summary>
    Unordered = 1,
}

/// <summary>How the time between two attempts grows.</summary>
public enum RetryGrowth
{
    /// <summary>Not at all.</summary>
    Fixed = 0,

    /// <summary>It doubles from one attempt to the next, up to <see cref="EnrichRetry.MaxDelay"/>.</summary>
    Exponential = 1,
}

/// <summary>
/// How <see cref="DataStream{T}.EnrichAsync{TResult}"/> makes its calls. Source: Flink's asynchronous I/O.
/// </summary>
public sealed record EnrichOptions
{
    /// <summary>In which order results go on. Default: in the order of their events.</summary>
    public ResultOrder Order { get; init; } = ResultOrder.Ordered;

    /// <summary>
    /// How many events of one instance may have a call in flight, or a result that waits for its turn: 1 to 100 000,
    /// default 100. There is one instance per partition of the source, or per key group of the operator before; with no
    /// room left, senders wait.
    /// </summary>
    public int Capacity { get; init; } = 100;

    /// <summary>
    /// How long a call may take over all its attempts, 10 ms to 24 h, or without a limit
    /// <see cref="System.Threading.Timeout.InfiniteTimeSpan"/>. Then it is cancelled and has failed with a
    /// <see cref="TimeoutException"/>, whether or not the function takes notice. A restore begins the time anew.
    /// Default: 1 minute.
    /// </summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Whether a call is attempted again; null (the default) for a single attempt.</summary>
    public EnrichRetry? Retry { get; init; }

    /// <summary>One sentence per setting that is out of its range.</summary>
    internal IEnumerable<string> Faults()
    {
        if (!Enum.IsDefined(Order))
            yield return $"Order is {Order}: use Ordered or Unordered.";
        if (Capacity is < 1 or > 100_000)
            yield return $"Capacity is {Capacity}: use 1 to 100000.";
        bool isLimited = Timeout != System.Threading.Timeout.InfiniteTimeSpan;
        if (isLimited && (Timeout < TimeSpan.FromMilliseconds(10) || Timeout > TimeSpan.FromDays(1)))
            yield return $"Timeout is {Timeout}: use 10 ms to 24 hours, or Timeout.InfiniteTimeSpan.";
        foreach (string fault in Retry?.Faults() ?? [])
            yield return fault;
    }
}

/// <summary>When and how often a call to the outside is attempted again.</summary>
public sealed record EnrichRetry
{
    /// <summary>Attempts in all, the first one included: 1 to 1000, default 3.</summary>
    public int Attempts { get; init; } = 3;

    /// <summary>How long to wait before the second attempt, 0 to 24 h. Default: 100 ms.</summary>
    public TimeSpan Delay { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>How the wait grows from there. Default: not at all.</summary>
    public RetryGrowth Growth { get; init; } = RetryGrowth.Fixed;

    /// <summary>The longest wait of one that grows, 0 to 24 h. Default: 30 s.</summary>
    public TimeSpan MaxDelay { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Which exceptions ask for another attempt; null (the default) for all of them.</summary>
    public Func<Exception, bool>? When { get; init; }

    internal IEnumerable<string> Faults()
    {
        if (Attempts is < 1 or > 1000)
            yield return $"Retry.Attempts is {Attempts}: use 1 to 1000.";
        if (!Enum.IsDefined(Growth))
            yield return $"Retry.Growth is {Growth}: use Fixed or Exponential.";
        if (Delay < TimeSpan.Zero || Delay > TimeSpan.FromDays(1))
            yield return $"Retry.Delay is {Delay}: use 0 to 24 hours.";
        if (MaxDelay < TimeSpan.Zero || MaxDelay > TimeSpan.FromDays(1))
            yield return $"Retry.MaxDelay is {MaxDelay}: use 0 to 24 hours.";
    }
}
