namespace Weir.Contracts.Keys;

using Orleans.Concurrency;
using Weir.Engine.Time;

/// <summary>
/// A key whose own grain holds its state, as its key group calls it. The grain is the one of <see cref="IKeyGrain"/>,
/// with the same grain key.
/// </summary>
[Alias("Weir.IHostedKeyGrain")]
public interface IHostedKeyGrain : IGrainWithStringKey
{
    /// <summary>
    /// Applies the next events and steps of time. Functions may wait for long, so this has long to answer.
    /// </summary>
    [Alias("Apply")]
    [ResponseTimeout("01:00:00")]
    Task<WireKeyAnswer> ApplyAsync([Immutable] WireKeyCall call);

    /// <summary>The state after the last call.</summary>
    [Alias("Snapshot")]
    Task<ReadOnlyMemory<byte>> SnapshotAsync(long epoch);

    /// <summary>Ends all epochs up to this one: what the grain holds is of no use any more.</summary>
    [Alias("Forget")]
    [AlwaysInterleave]
    Task ForgetAsync(long epoch);
}

/// <summary>Events and steps of time for a key.</summary>
[GenerateSerializer]
[Immutable]
[Alias("Weir.WireKeyCall")]
public sealed record WireKeyCall
{
    /// <summary>The epoch of the group.</summary>
    [Id(0)]
    public required long Epoch { get; init; }

    /// <summary>The key's place among the keys of its group.</summary>
    [Id(1)]
    public required long Birth { get; init; }

    /// <summary>How many calls came before in this epoch.</summary>
    [Id(2)]
    public required long Version { get; init; }

    /// <summary>What the key begins with, or null.</summary>
    [Id(3)]
    public ReadOnlyMemory<byte>? State { get; init; }

    /// <summary>The edge that the events came over, or -1.</summary>
    [Id(4)]
    public required int Edge { get; init; }

    /// <summary>Events and steps of time.</summary>
    [Id(5)]
    public required ReadOnlyMemory<byte> Work { get; init; }
}

/// <summary>What a key answers its group.</summary>
[GenerateSerializer]
[Immutable]
[Alias("Weir.WireKeyAnswer")]
public sealed record WireKeyAnswer(
    [property: Id(0)] bool IsEmpty,
    [property: Id(1)] bool HasView,
    [property: Id(2)] EventTime NextEventTimer,
    [property: Id(3)] EventTime NextClockTimer,
    [property: Id(4)] long LateEvents,
    [property: Id(5)] ReadOnlyMemory<byte> Output,
    [property: Id(6)] long DeadLetters);
