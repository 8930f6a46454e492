namespace Weir.Client;

using Weir.Contracts;

/// <summary>How a <see cref="Producer{T}"/> behaves.</summary>
public sealed record ProducerOptions
{
    /// <summary>
    /// A name of 1 to 500 characters under which the log counts what this producer has sent, so that a program that
    /// starts again goes on where it was (see <see cref="Producer{T}.StoredAsync"/>). One producer of a name may be in
    /// use; a newer one fences it. Default null: a new name for each producer.
    /// </summary>
    public string? Name { get; init; }

    /// <summary>
    /// The incarnation of a named producer, 0 or more: a producer with a lower one than the log has seen is refused as
    /// <see cref="WeirError.ProducerFenced"/>. Default null: the clock, in steps of 100 ns.
    /// </summary>
    public long? Epoch { get; init; }

    /// <summary>
    /// Sends wait while this many bytes are not stored yet, 64 KiB to 1 GiB, counting 64 bytes for each batch beside
    /// its payload. Each waiting caller may exceed it by one batch. Default 16 MiB.
    /// </summary>
    public long MaxPendingBytes { get; init; } = 16 << 20;

    /// <summary>
    /// How long an append is repeated while the service does not answer, 0 to 1 h; then the producer fails as
    /// <see cref="WeirError.Unavailable"/>. Default null: <see cref="WeirClientOptions.RetryFor"/>.
    /// </summary>
    public TimeSpan? RetryFor { get; init; }

    /// <summary>
    /// Called for every stored batch, within a partition in order, for different partitions at the same time. It runs
    /// on a thread of the pool, must return at once and must not throw: the producer fails with what it throws.
    /// </summary>
    public Action<BatchReceipt>? Stored { get; init; }

    internal void Validate()
    {
        if (Name is { Length: 0 or > 500 })
            throw new ArgumentException($"A producer's name has 1 to 500 characters, not {Name.Length}.", nameof(Name));
        ArgumentOutOfRangeException.ThrowIfLessThan(Epoch ?? 0, 0, nameof(Epoch));
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxPendingBytes, 64 << 10);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaxPendingBytes, 1L << 30);
        ArgumentOutOfRangeException.ThrowIfLessThan(RetryFor ?? TimeSpan.Zero, TimeSpan.Zero, nameof(RetryFor));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(
            RetryFor ?? TimeSpan.Zero, TimeSpan.FromHours(1), nameof(RetryFor));
    }
}
