namespace Weir.Protocol.Checkpoints;

using Weir.Engine.Time;

/// <summary>How often checkpoints are taken and how many are kept.</summary>
public sealed record CheckpointOptions
{
    /// <summary>From the beginning of one to the beginning of the next, while anything changes; default 10 s.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>At least this long from the end of one to the beginning of the next; default 500 ms.</summary>
    public TimeSpan MinimumPause { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>One that is not complete after this is given up; default 10 minutes.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How many complete ones are kept besides savepoints, 1 or more; default 3.</summary>
    public int Retained { get; init; } = 3;

    /// <summary>
    /// While this many complete ones have output that is not confirmed to be stored, no further one begins; default 4.
    /// </summary>
    public int MaxUnconfirmed { get; init; } = 4;
}

/// <summary>Someone whose report every checkpoint needs.</summary>
/// <param name="Name">See <see cref="Participants"/>.</param>
/// <param name="Ends">Whether the job waits for its end; the source of commands never ends.</param>
public readonly record struct JobParticipant(string Name, bool Ends = true);

/// <summary>A checkpoint that has begun.</summary>
/// <param name="Number">Its number.</param>
/// <param name="At">When.</param>
/// <param name="Savepoint">The name of the savepoint that it will be, or null.</param>
public sealed record CheckpointStart(long Number, EventTime At, string? Savepoint)
{
    /// <summary>
    /// Whether sources read nothing behind its barrier until it is complete: someone has no room for what would follow.
    /// </summary>
    public bool Holds { get; init; }
}
