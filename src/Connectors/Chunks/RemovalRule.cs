namespace Weir.Connectors.Chunks;

using Weir.Engine.Time;
using Weir.Protocol.Logs;

/// <summary>Which of the oldest batches go: any of the three reasons is enough.</summary>
/// <param name="Before">Batches below this offset.</param>
/// <param name="StampBelow">Batches stamped before this.</param>
/// <param name="BytesAbove">Batches as long as the partition has more payload bytes than this.</param>
internal readonly record struct RemovalRule(long Before, EventTime StampBelow, long BytesAbove)
{
    public static RemovalRule Truncate(long before) => new(before, EventTime.MinValue, long.MaxValue);

    public static RemovalRule Retain(RetentionPolicy policy, EventTime now) => new(
        Before: 0,
        policy.Age is { } age ? now - age : EventTime.MinValue,
        policy.BytesPerPartition ?? long.MaxValue);

    /// <summary>Whether a batch or chunk that ends at <paramref name="next"/> goes when the partition would keep
    /// <paramref name="bytes"/> with it.</summary>
    public bool Removes(long next, EventTime stamp, long bytes) =>
        next <= Before || stamp < StampBelow || bytes > BytesAbove;
}
