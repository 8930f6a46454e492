namespace Weir.Contracts.Keys;

using Orleans.Concurrency;

/// <summary>
/// A key of an operator: every key is an addressable grain, beside the key group that holds its state. Its grain key is
/// <c>job/operator/key</c>, the key in the form of <see cref="Json.KeyText"/>. All failures are <see
/// cref="WeirException"/>s.
/// </summary>
[Alias("Weir.IKeyGrain")]
public interface IKeyGrain : IGrainWithStringKey
{
    /// <summary>What the operator's view holds for the key, or null.</summary>
    [Alias("Find")]
    [AlwaysInterleave]
    [ResponseTimeout("00:00:02")]
    Task<WireAnswer?> FindAsync(ReadAt at);

    /// <summary>What the operator's view holds for the key as JSON, or null.</summary>
    [Alias("FindJson")]
    [AlwaysInterleave]
    [ResponseTimeout("00:00:02")]
    Task<JsonAnswer?> FindJsonAsync(ReadAt at);

    /// <summary>Everything that the operator holds for the key, or null.</summary>
    [Alias("Inspect")]
    [AlwaysInterleave]
    [ResponseTimeout("00:00:02")]
    Task<KeyReport?> InspectAsync(ReadAt at);

    /// <summary>Applies what is held for the key in quarantine; answered when that is done.</summary>
    [Alias("Release")]
    [AlwaysInterleave]
    Task<QuarantineAnswer> ReleaseAsync();

    /// <summary>Drops what is held for the key in quarantine; answered when that is done.</summary>
    [Alias("Discard")]
    [AlwaysInterleave]
    Task<QuarantineAnswer> DiscardAsync();
}

/// <summary>
/// The keys of an operator as of a checkpoint, answered by whichever silo is asked without asking another one; its grain
/// key is <c>job/operator</c>. What a client reads while the grain of a key does not answer.
/// </summary>
[Alias("Weir.IStoredKeysGrain")]
public interface IStoredKeysGrain : IGrainWithStringKey
{
    /// <summary>What the operator's view holds for the key, or null. A live read is one at the last checkpoint.</summary>
    [Alias("Find")]
    [ResponseTimeout("00:00:05")]
    Task<WireAnswer?> FindAsync(string key, ReadAt at);

    /// <summary>The same as JSON.</summary>
    [Alias("FindJson")]
    [ResponseTimeout("00:00:05")]
    Task<JsonAnswer?> FindJsonAsync(string key, ReadAt at);

    /// <summary>Everything that the operator holds for the key, or null.</summary>
    [Alias("Inspect")]
    [ResponseTimeout("00:00:05")]
    Task<KeyReport?> InspectAsync(string key, ReadAt at);
}

/// <summary>A view of a job; its grain key is <c>job/view</c>.</summary>
[Alias("Weir.IViewGrain")]
public interface IViewGrain : IGrainWithStringKey
{
    /// <summary>The operator that publishes the view, and the type names of its keys and values.</summary>
    [Alias("Describe")]
    [ResponseTimeout("00:00:05")]
    Task<ViewDescription> DescribeAsync();

    /// <summary>A page of its keys, by key group and then in the order in which they came.</summary>
    /// <param name="from">Null to begin, then <see cref="KeysPage.Next"/>.</param>
    /// <param name="limit">At most this many keys, 1 to 10 000.</param>
    /// <param name="at">At which time of the job.</param>
    [Alias("Keys")]
    Task<KeysPage> ListKeysAsync(string? from, int limit, ReadAt at);
}

/// <summary>
/// What a view holds for a key.
/// </summary>
/// <param name="Value">The value, as its codec writes it.</param>
/// <param name="Validity">What it is valid for.</param>
[GenerateSerializer]
[Immutable]
[Alias("Weir.WireAnswer")]
public sealed record WireAnswer([property: Id(0)] ReadOnlyMemory<byte> Value, [property: Id(1)] Validity Validity);

/// <summary>What a view holds for a key, as JSON.</summary>
[GenerateSerializer]
[Immutable]
[Alias("Weir.JsonAnswer")]
public sealed record JsonAnswer([property: Id(0)] string Json, [property: Id(1)] Validity Validity);

/// <summary>What an answer is valid for.</summary>
/// <param name="Window">The window of the value, or null if the operator has none.</param>
/// <param name="IsFinal">Whether nothing can change the value any more.</param>
/// <param name="Watermark">How far event time had come.</param>
/// <param name="Epoch">The epoch of the job that answered; a lower one than seen before is out of date.</param>
[GenerateSerializer]
[Immutable]
[Alias("Weir.Validity")]
public sealed record Validity(
    [property: Id(0)] Engine.Time.TimeRange? Window,
    [property: Id(1)] bool IsFinal,
    [property: Id(2)] Engine.Time.EventTime Watermark,
    [property: Id(3)] long Epoch)
{
    /// <summary>
    /// The checkpoint that the value is of; null if it is the live value of <see cref="Epoch"/>, which a failure may
    /// take back to the last checkpoint until the input since then has been read again.
    /// </summary>
    [Id(4)]
    public long? Checkpoint { get; init; }
}

/// <summary>Everything that an operator holds for a key; values are JSON.</summary>
[GenerateSerializer]
[Immutable]
[Alias("Weir.KeyReport")]
public sealed record KeyReport
{
    /// <summary>The key in the form of <see cref="Json.KeyText"/>.</summary>
    [Id(0)]
    public required string Key { get; init; }

    /// <summary>The operator.</summary>
    [Id(1)]
    public required string Operator { get; init; }

    /// <summary>The key group.</summary>
    [Id(2)]
    public required int Group { get; init; }

    /// <summary>The epoch of the job.</summary>
    [Id(3)]
    public required long Epoch { get; init; }

    /// <summary>How far event time has come.</summary>
    [Id(4)]
    public required Engine.Time.EventTime Watermark { get; init; }

    /// <summary>How far the ingestion clock has come.</summary>
    [Id(5)]
    public required Engine.Time.EventTime Clock { get; init; }

    /// <summary>Open windows, ordered by start.</summary>
    [Id(6)]
    public required WindowReport[] Windows { get; init; }

    /// <summary>Pending timers, ordered by time.</summary>
    [Id(7)]
    public required TimerReport[] Timers { get; init; }

    /// <summary>Pieces of state that are not empty.</summary>
    [Id(8)]
    public required StateReport[] State { get; init; }

    /// <summary>Why and since when the key is in quarantine; null if it is not.</summary>
    [Id(9)]
    public QuarantineReport? Quarantine { get; init; }

    /// <summary>The checkpoint that this is of; null if it is what the running job holds.</summary>
    [Id(10)]
    public long? Checkpoint { get; init; }
}

/// <summary>An open window; contents as JSON, or null if it was purged.</summary>
[GenerateSerializer]
[Immutable]
[Alias("Weir.WindowReport")]
public sealed record WindowReport([property: Id(0)] Engine.Time.TimeRange Window, [property: Id(1)] string? Json)
{
    /// <summary>Pieces of state of the window that are not empty. Default: none.</summary>
    [Id(2)]
    public StateReport[] State { get; init; } = [];
}

/// <summary>A pending timer.</summary>
[GenerateSerializer]
[Immutable]
[Alias("Weir.TimerReport")]
public sealed record TimerReport(
    [property: Id(0)] Engine.Time.EventTime Time,
    [property: Id(1)] Engine.Timers.TimeDomain Domain,
    [property: Id(2)] string? Name);

/// <summary>A piece of state as JSON.</summary>
[GenerateSerializer]
[Immutable]
[Alias("Weir.StateReport")]
public sealed record StateReport([property: Id(0)] string Name, [property: Id(1)] string Json);

/// <summary>A view.</summary>
[GenerateSerializer]
[Immutable]
[Alias("Weir.ViewDescription")]
public sealed record ViewDescription(
    [property: Id(0)] string Operator, [property: Id(1)] string KeyType, [property: Id(2)] string ValueType)
{
    /// <summary>The operator by index, as key groups are addressed.</summary>
    [Id(3)]
    public int OperatorIndex { get; init; }

    /// <summary>
    /// How many key groups there are, if <see cref="Engine.Streams.KeyGroups.Of"/> gives the group of a key and the group
    /// answers for it; else 0: the grains of keys know. Default: 0.
    /// </summary>
    [Id(4)]
    public int Groups { get; init; }

    /// <summary>
    /// The schema of the codec of the keys: whose codec has another one writes other bytes for the same key, or the same for
    /// another. Default: empty.
    /// </summary>
    [Id(5)]
    public string KeySchema { get; init; } = "";
}

/// <summary>What a key group answers about a key of a view.</summary>
/// <param name="IsHere">Whether the group is of the view's operator and the key belongs to it.</param>
/// <param name="Answer">What the view holds for the key, or null.</param>
[GenerateSerializer]
[Immutable]
[Alias("Weir.GroupAnswer")]
public readonly record struct GroupAnswer([property: Id(0)] bool IsHere, [property: Id(1)] WireAnswer? Answer);

/// <summary>A page of keys in the form of <see cref="Json.KeyText"/>.</summary>
/// <param name="Keys">The keys.</param>
/// <param name="Next">Where to go on, or null at the end.</param>
[GenerateSerializer]
[Immutable]
[Alias("Weir.KeysPage")]
public sealed record KeysPage([property: Id(0)] string[] Keys, [property: Id(1)] string? Next);
