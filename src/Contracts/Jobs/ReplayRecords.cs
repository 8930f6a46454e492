namespace Weir.Contracts.Jobs;

using Orleans.Concurrency;
using Weir.Contracts.Keys;
using Weir.Engine.Time;

/// <summary>Which key of a job is replayed, and from where to where.</summary>
[GenerateSerializer]
[Immutable]
[Alias("Weir.ReplayRequest")]
public sealed record ReplayRequest
{
    /// <summary>The operator.</summary>
    [Id(0)]
    public required string Operator { get; init; }

    /// <summary>The key in the form of <see cref="Json.KeyText"/>.</summary>
    [Id(1)]
    public required string Key { get; init; }

    /// <summary>The checkpoint's number or the savepoint's name that it begins with.</summary>
    [Id(2)]
    public required string From { get; init; }

    /// <summary>It stops before the event at this offset; null: at the end that the log has when it begins.</summary>
    [Id(3)]
    public long? To { get; init; }

    /// <summary>The partition that <see cref="To"/> is meant of; null: of every one that the key depends on.</summary>
    [Id(4)]
    public int? Partition { get; init; }
}

/// <summary>A step of a replay: what happened, and what the key holds after it.</summary>
[GenerateSerializer]
[Immutable]
[Alias("Weir.ReplayStep")]
public sealed record ReplayStep
{
    /// <summary>The topic whose batch was read; null for the beginning.</summary>
    [Id(0)]
    public string? Topic { get; init; }

    /// <summary>The partition.</summary>
    [Id(1)]
    public int Partition { get; init; }

    /// <summary>The offset of the event, or null for a step of time.</summary>
    [Id(2)]
    public long? Offset { get; init; }

    /// <summary>When the batch was appended.</summary>
    [Id(3)]
    public EventTime Stamp { get; init; }

    /// <summary>The event as JSON, or null for a step of time.</summary>
    [Id(4)]
    public string? Value { get; init; }

    /// <summary>Everything that the operator holds for the key now; null if nothing.</summary>
    [Id(5)]
    public KeyReport? Key { get; init; }

    /// <summary>
    /// What was emitted: on an event of the key because of it; on a step of time by all keys of its group.
    /// </summary>
    [Id(6)]
    public ReplayOutput[] Output { get; init; } = [];

    /// <summary>What a function failed with; the replay ends here. Null if nothing failed.</summary>
    [Id(7)]
    public string? Failure { get; init; }
}

/// <summary>An event that was emitted in a replay, and stored nowhere.</summary>
/// <param name="Target">The topic or sink.</param>
/// <param name="Json">The event.</param>
[GenerateSerializer]
[Immutable]
[Alias("Weir.ReplayOutput")]
public sealed record ReplayOutput([property: Id(0)] string Target, [property: Id(1)] string Json);

/// <summary>Steps of a replay.</summary>
/// <param name="Steps">The next ones; there may be none yet.</param>
/// <param name="IsDone">Whether there are no more.</param>
[GenerateSerializer]
[Immutable]
[Alias("Weir.ReplayPage")]
public sealed record ReplayPage([property: Id(0)] ReplayStep[] Steps, [property: Id(1)] bool IsDone);

/// <summary>
/// One replay of a key of a job; its grain key is <c>job/name</c>, the name of the caller's choice. It writes nothing.
/// All failures are <see cref="WeirException"/>s.
/// </summary>
[Alias("Weir.IReplayGrain")]
public interface IReplayGrain : IGrainWithStringKey
{
    /// <summary>Begins with what a checkpoint holds; nothing happens if it has begun.</summary>
    [Alias("Open")]
    [ResponseTimeout("00:00:30")]
    Task OpenAsync(ReplayRequest request);

    /// <summary>The next steps, after a bounded piece of the input.</summary>
    /// <param name="page">0, then 1 more each time; the last one may be asked for again.</param>
    [Alias("Next")]
    [ResponseTimeout("00:00:30")]
    Task<ReplayPage> NextAsync(int page);

    /// <summary>Ends it.</summary>
    [Alias("Close")]
    Task CloseAsync();
}
