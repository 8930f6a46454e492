namespace Weir.Contracts.Jobs;

using Orleans.Concurrency;
using Weir.Contracts.Keys;
using Weir.Engine.Time;

/// <summary>What a participant of a job is opened with.</summary>
/// <param name="Epoch">The epoch; everything older is fenced.</param>
/// <param name="Fingerprint">The graph's fingerprint; a silo whose graph differs refuses.</param>
/// <param name="Partitions">The partition count of every topic of the job.</param>
[GenerateSerializer]
[Immutable]
[Alias("Weir.EpochPlan")]
public sealed record EpochPlan(
    [property: Id(0)] long Epoch,
    [property: Id(1)] string Fingerprint,
    [property: Id(2)] Dictionary<string, int> Partitions);

/// <summary>A partition of a source of a job; its grain key is <c>job/source/partition</c>, source by index.</summary>
[Alias("Weir.ISourceGrain")]
public interface ISourceGrain : IGrainWithStringKey
{
    /// <summary>Begins an epoch at an offset, or goes on if it is open in this epoch.</summary>
    [Alias("Open")]
    Task OpenAsync(EpochPlan plan, long from);

    /// <summary>Ends all epochs up to this one.</summary>
    [Alias("Close")]
    Task CloseAsync(long epoch);

    /// <summary>How far it has read.</summary>
    [Alias("Describe")]
    [AlwaysInterleave]
    Task<SourceStatus?> DescribeAsync();
}

/// <summary>
/// A key group of an operator of a job; its grain key is <c>job/operator/group</c>, operator by index.
/// </summary>
[Alias("Weir.IKeyGroupGrain")]
public interface IKeyGroupGrain : IGrainWithStringKey
{
    /// <summary>Begins an epoch, or goes on if it is open in this epoch.</summary>
    [Alias("Open")]
    Task OpenAsync(EpochPlan plan);

    /// <summary>Ends all epochs up to this one.</summary>
    [Alias("Close")]
    Task CloseAsync(long epoch);

    /// <summary>Takes slices from another silo. False: no room, or not open yet; send it again.</summary>
    [Alias("Receive")]
    [AlwaysInterleave]
    Task<bool> ReceiveAsync([Immutable] WireSlice slice);

    /// <summary>What the view holds for a key, given as its codec's bytes.</summary>
    [Alias("Find")]
    [AlwaysInterleave]
    Task<WireAnswer?> FindAsync(ReadOnlyMemory<byte> key);

    /// <summary>Everything that is held for a key, given as its codec's bytes.</summary>
    [Alias("Inspect")]
    [AlwaysInterleave]
    Task<KeyReport?> InspectAsync(ReadOnlyMemory<byte> key);

    /// <summary>Keys of the view from a position on.</summary>
    [Alias("Keys")]
    [AlwaysInterleave]
    Task<KeysPage> ListKeysAsync(long from, int limit);

    /// <summary>The keys in quarantine.</summary>
    [Alias("Quarantine")]
    [AlwaysInterleave]
    Task<GroupQuarantine> ListQuarantinedAsync();

    /// <summary>What it has done.</summary>
    [Alias("Describe")]
    [AlwaysInterleave]
    Task<GroupStatus?> DescribeAsync();
}

/// <summary>A slice between silos.</summary>
[GenerateSerializer]
[Immutable]
[Alias("Weir.WireSlice")]
public sealed record WireSlice(
    [property: Id(0)] long Epoch,
    [property: Id(1)] long Sequence,
    [property: Id(2)] int Channel,
    [property: Id(3)] int Edge,
    [property: Id(4)] ReadOnlyMemory<byte> Bytes);

/// <summary>What a key group has done in an epoch.</summary>
[GenerateSerializer]
[Immutable]
[Alias("Weir.GroupStatus")]
public sealed record GroupStatus(
    [property: Id(0)] long Epoch,
    [property: Id(1)] long Events,
    [property: Id(2)] long LateEvents,
    [property: Id(3)] long Keys,
    [property: Id(4)] EventTime Watermark)
{
    /// <summary>Keys in quarantine.</summary>
    [Id(5)]
    public int Quarantined { get; init; }

    /// <summary>Events and timers that were given up or discarded.</summary>
    [Id(6)]
    public long DeadLetters { get; init; }
}
