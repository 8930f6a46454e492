namespace Weir.Connectors.Chunks;

using System.Buffers.Binary;
using System.IO.Hashing;
using Weir.Engine.Time;

/// <summary>
/// A row of the log: consecutive batches of one append call. It covers the offsets <c>[From, Next)</c> and its batches
/// share one stamp. Invariant: immutable; readers keep slices of <see cref="Body"/>.
/// </summary>
internal sealed class Chunk
{
    public required long Partition { get; init; }

    public required long From { get; init; }

    public required long Next { get; init; }

    public required EventTime Stamp { get; init; }

    public required long PayloadBytes { get; init; }

    /// <summary>The directory of batches and their payloads; see <see cref="ChunkEncoder"/>.</summary>
    public required byte[] Body { get; init; }

    public bool Covers(long offset) => From <= offset && offset < Next;

    /// <summary>Over the body and its place, so that a row in the wrong place is found as well as a changed byte.
    /// </summary>
    public long Checksum()
    {
        Span<byte> place = stackalloc byte[5 * sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(place, Partition);
        BinaryPrimitives.WriteInt64LittleEndian(place[8..], From);
        BinaryPrimitives.WriteInt64LittleEndian(place[16..], Next);
        BinaryPrimitives.WriteInt64LittleEndian(place[24..], Stamp.Milliseconds);
        BinaryPrimitives.WriteInt64LittleEndian(place[32..], PayloadBytes);
        return (long)XxHash3.HashToUInt64(Body, (long)XxHash3.HashToUInt64(place));
    }
}
