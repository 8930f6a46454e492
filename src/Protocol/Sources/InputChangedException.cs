namespace Weir.Protocol.Sources;

/// <summary>
/// A partition no longer holds what was read from it before a checkpoint, so a replay could not give the same results.
/// </summary>
public sealed class InputChangedException(string topic, int partition, InputDigest expected, InputDigest found)
    : Exception(
        $"The input of {topic}/{partition} is not what a checkpoint was taken of: offsets {expected.From} to "
        + $"{expected.Next} had {expected.Batches} batches with the hash {expected.Hash:x16}, and now there are "
        + $"{found.Batches} up to {found.Next} with {found.Hash:x16}. Restore the topic, or start the job anew.")
{
    /// <summary>The topic.</summary>
    public string Topic { get; } = topic;

    /// <summary>The partition.</summary>
    public int Partition { get; } = partition;
}
