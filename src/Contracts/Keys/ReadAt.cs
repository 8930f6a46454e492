namespace Weir.Contracts.Keys;

using Orleans.Concurrency;

/// <summary>At which time of its job a key is read.</summary>
/// <param name="Kind">Live, at the last checkpoint, or at a named one.</param>
/// <param name="Checkpoint">The number of the checkpoint if <paramref name="Kind"/> names one, else 0.</param>
[GenerateSerializer]
[Immutable]
[Alias("Weir.ReadAt")]
public readonly record struct ReadAt(
    [property: Id(0)] ReadKind Kind, [property: Id(1)] long Checkpoint)
{
    /// <summary>
    /// What the running job holds now (default). While the job recovers, or does not run, the answer is that of its last
    /// checkpoint, and says so.
    /// </summary>
    public static readonly ReadAt Live;

    /// <summary>What the last complete checkpoint holds: the same for all keys that name the same checkpoint.</summary>
    public static readonly ReadAt LastCheckpoint = new(ReadKind.LastCheckpoint, 0);

    /// <summary>What a retained checkpoint or a savepoint holds.</summary>
    /// <param name="checkpoint">Its number, 1 or more.</param>
    public static ReadAt AsOf(long checkpoint)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(checkpoint);
        return new ReadAt(ReadKind.AsOf, checkpoint);
    }
}

/// <summary>See <see cref="ReadAt"/>.</summary>
public enum ReadKind
{
    /// <summary><see cref="ReadAt.Live"/>.</summary>
    Live = 0,

    /// <summary><see cref="ReadAt.LastCheckpoint"/>.</summary>
    LastCheckpoint = 1,

    /// <summary><see cref="ReadAt.AsOf"/>.</summary>
    AsOf = 2,
}
