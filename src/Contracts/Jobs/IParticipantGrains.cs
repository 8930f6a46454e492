namespace Weir.Contracts.Jobs;

using Orleans.Concurrency;
using Weir.Contracts.Keys;
using Weir.Engine.Time;

/// <summary>What a participant of a job is opened with.</summary>
/// <param name="Epoch">The epoch; everything older is fenced.</param>
/// <param name="Fingerprint">The graph's fingerprint; a silo whose graph differs refuses.</param>
/// <param name="Partitions">The partition count of every topic of the job.</param>
/// <param name="Lineage">The line of output history that the job writes, from 1.</param>
[GenerateSerializer]
[Immutable]
[Alias("Weir.EpochPlan")]
public sealed record EpochPlan(
    [property: Id(0)] long Epoch,
    [property: Id(1)] string Fingerprint,
    [property: Id(2)] Dictionary<string, int> Partitions,
    [property: Id(3)] long Lineage)
{
    /// <summary>The lineage to which output belongs that was staged in the checkpoint it begins with.</summary>
    [Id(4)]
    public long RestoredLineage { get; init; }

    /// <summary>Topics in whose place others are written in this lineage.</summary>
    [Id(5)]
    public Dictionary<string, string> Forks { get; init; } = [];

    /// <summary>The silo where the participant belongs, as its job knows; null: wherever it stands. What stands elsewhere
    /// goes, refuses with <see cref="WeirError.Unavailable"/>, and is to be asked again.</summary>
    [Id(6)]
    public SiloAddress? Home { get; init; }
}

/// <summary>
/// What takes part in a job's checkpoints. Calls of an epoch that is over are ignored or refused with
/// <see cref="WeirError.JobNotRunning"/>.
/// </summary>
public interface IParticipantGrain : IGrainWithStringKey
{
    /// <summary>
    /// A checkpoint is complete: stores the output that belongs to it and to those before it, and answers when that is
    /// durable. Repeating it is harmless.
    /// </summary>
    [Alias("Commit")]
    [ResponseTimeout("00:00:30")]
    Task CommitAsync(long epoch, long checkpoint);

    /// <summary>A checkpoint will not be completed; what it holds back is let go.</summary>
    [Alias("Abort")]
    Task AbortAsync(long epoch, long checkpoint);

    /// <summary>The job has ended and all its output is stored: sinks finish what they keep open.</summary>
    [Alias("Finish")]
    [ResponseTimeout("00:00:30")]
    Task FinishAsync(long epoch);

    /// <summary>
    /// Ends all epochs up to this one; completes when what was being published has come to an end, or after a second.
    /// </summary>
    [Alias("Close")]
    [ResponseTimeout("00:00:05")]
    Task CloseAsync(long epoch);
}

/// <summary>A partition of a source of a job; its grain key is <c>job/source/partition</c>, source by index.</summary>
[Alias("Weir.ISourceGrain")]
public interface ISourceGrain : IParticipantGrain
{
    /// <summary>Begins an epoch, or goes on if it is open in this epoch.</summary>
    /// <param name="plan">The epoch.</param>
    /// <param name="from">Where it begins to read if it has no part in a checkpoint.</param>
    /// <param name="start">Its part in the checkpoint that the epoch begins with, or empty.</param>
    /// <param name="later">Digests of its input up to later checkpoints, to be compared with what is read.</param>
    /// <returns>The activation that has it from now on.</returns>
    [Alias("Open")]
    [ResponseTimeout("00:00:30")]
    Task<Guid> OpenAsync(EpochPlan plan, long from, ReadOnlyMemory<byte> start, ReadOnlyMemory<byte> later);

    /// <summary>
    /// Ends the input here: the watermark becomes the maximum, and nothing more is read in this epoch.
    /// </summary>
    [Alias("Drain")]
    Task DrainAsync(long epoch);

    /// <summary>Sends the barrier of a checkpoint, with what has been read so far before it, and reports.</summary>
    /// <param name="epoch">The epoch.</param>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="holds">Whether nothing is read behind the barrier until the checkpoint is complete, or the barrier of
    /// another one comes that does not hold.</param>
    [Alias("Barrier")]
    Task BarrierAsync(long epoch, long checkpoint, bool holds);

    /// <summary>How far it has read.</summary>
    [Alias("Describe")]
    [AlwaysInterleave]
    [ResponseTimeout("00:00:05")]
    Task<SourceStatus?> DescribeAsync();
}

/// <summary>
/// A key group of an operator of a job; its grain key is <c>job/operator/group</c>, operator by index.
/// </summary>
[Alias("Weir.IKeyGroupGrain")]
public interface IKeyGroupGrain : IParticipantGrain
{
    /// <summary>Begins an epoch, or goes on if it is open in this epoch.</summary>
    /// <param name="plan">The epoch.</param>
    /// <param name="start">Its part in the checkpoint that the epoch begins with, or empty.</param>
    /// <returns>The activation that has claimed the group for this epoch.</returns>
    [Alias("Open")]
    [ResponseTimeout("00:00:30")]
    Task<Guid> OpenAsync(EpochPlan plan, ReadOnlyMemory<byte> start);

    /// <summary>Where the group runs in an epoch, for whoever has slices for it.</summary>
    [Alias("Locate")]
    [AlwaysInterleave]
    [ResponseTimeout("00:00:05")]
    Task<GroupLocation> LocateAsync(long epoch);

    /// <summary>What the view holds for a key, given as its codec's bytes.</summary>
    [Alias("Find")]
    [AlwaysInterleave]
    [ResponseTimeout("00:00:02")]
    Task<WireAnswer?> FindAsync(ReadOnlyMemory<byte> key, ReadAt at);

    /// <summary>
    /// The same for whoever reckons the group of a key from a <see cref="ViewDescription"/>, which may be out of date.
    /// </summary>
    [Alias("FindOf")]
    [AlwaysInterleave]
    [ResponseTimeout("00:00:02")]
    Task<GroupAnswer> FindOfAsync(string view, ReadOnlyMemory<byte> key, ReadAt at);

    /// <summary>Everything that is held for a key, given as its codec's bytes.</summary>
    [Alias("Inspect")]
    [AlwaysInterleave]
    [ResponseTimeout("00:00:02")]
    Task<KeyReport?> InspectAsync(ReadOnlyMemory<byte> key, ReadAt at);

    /// <summary>Keys of the view from a position on.</summary>
    [Alias("Keys")]
    [AlwaysInterleave]
    [ResponseTimeout("00:00:05")]
    Task<KeysPage> ListKeysAsync(long from, int limit, ReadAt at);

    /// <summary>The keys in quarantine.</summary>
    [Alias("Quarantine")]
    [AlwaysInterleave]
    Task<GroupQuarantine> ListQuarantinedAsync();

    /// <summary>What it has done.</summary>
    [Alias("Describe")]
    [AlwaysInterleave]
    [ResponseTimeout("00:00:05")]
    Task<GroupStatus?> DescribeAsync();
}

/// <summary>Where a key group runs.</summary>
/// <param name="Silo">Its silo; null: it does not run in this epoch, at least not yet.</param>
/// <param name="IsOver">Whether the epoch is over.</param>
[GenerateSerializer]
[Immutable]
[Alias("Weir.GroupLocation")]
public readonly record struct GroupLocation(
    [property: Id(0)] Orleans.Runtime.SiloAddress? Silo, [property: Id(1)] bool IsOver);

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
